"""What the lab allows every HTTP request."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from flowforge_lab.values import Rate


class HttpPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Limits for all requests of a lab; a request may ask for less, never for more.

    `private_addresses` says who may reach loopback, private and link-local addresses: nobody, a
    request that asks for it, or everybody. `private_hosts` are host names and networks
    (`10.1.0.0/16`) that are always open. A host that fails `breaker_failures` times in a row is
    left alone for `breaker_seconds`; failures more than `breaker_window` seconds apart are not in a row.
    `host_rates` says by name, or by a glob such as `*.example.com`, how often a host may be asked.
    `proxy` is where requests go that name no other.
    """

    private_addresses: Literal["never", "by_request", "always"] = "by_request"
    private_hosts: tuple[str, ...] = ()
    max_response_bytes: int = 50_000_000
    max_redirects: int = 10
    max_per_second: float | None = None
    max_connections: int = 100
    breaker_failures: int = 5
    breaker_seconds: float = 30.0
    breaker_window: float = 60.0
    host_rates: Mapping[str, Rate] = {}
    user_agent: str = "flowforge-lab"
    proxy: str = ""

    def rate_of(self, host: str) -> Rate | None:
        """Return how often a host may be asked: what names it, else the first pattern that fits."""
        name = host.lower().rstrip(".")
        if name in self.host_rates:
            return self.host_rates[name]
        fitting = (rate for form, rate in self.host_rates.items() if fnmatchcase(name, form))
        return next(fitting, None)

    def opens_private(self, *, asked: bool) -> bool:
        """Return whether a request may reach private addresses."""
        return self.private_addresses == "always" or (
            asked and self.private_addresses == "by_request"
        )
