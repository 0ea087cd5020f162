"""What the lab allows every HTTP request."""

from typing import Literal

import msgspec


class HttpPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Limits for all requests of a lab; a request may ask for less, never for more.

    `private_addresses` says who may reach loopback, private and link-local addresses: nobody, a
    request that asks for it, or everybody. `private_hosts` are host names and networks
    (`10.1.0.0/16`) that are always open. A host that fails `breaker_failures` times in a row is
    left alone for `breaker_seconds`.
    """

    private_addresses: Literal["never", "by_request", "always"] = "by_request"
    private_hosts: tuple[str, ...] = ()
    max_response_bytes: int = 50_000_000
    max_redirects: int = 10
    max_per_second: float | None = None
    max_connections: int = 100
    breaker_failures: int = 5
    breaker_seconds: float = 30.0
    user_agent: str = "flowforge-lab"

    def opens_private(self, *, asked: bool) -> bool:
        """Return whether a request may reach private addresses."""
        return self.private_addresses == "always" or (
            asked and self.private_addresses == "by_request"
        )
