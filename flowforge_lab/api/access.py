"""Who may ask what: the terms under which a server lets somebody in, and the roles."""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from flowforge_lab.services import ROLES, Role, Token, Tokens

LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
_OPEN = ("/health/", "/api/webhooks/", "/api/resume/", "/waits/", "/api-docs")
_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_NEEDED: tuple[tuple[str, Role], ...] = (
    ("/api/secrets", "admin"),
    ("/api/tokens", "admin"),
    ("/api/executions", "operator"),
    ("/api/dead-letters", "operator"),
    ("/api/waits", "operator"),
    ("/api/queue", "operator"),
    ("/api/webhooks-test/", "operator"),
    ("/api/", "editor"),
)
"""What it takes to change something, by where it is; the first that fits counts."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `token_id` is empty for whoever sits at this machine and needs none."""

    name: str
    role: Role
    token_id: str = ""


LOCAL = Caller("local", "admin")


class Access:
    """The terms of one server: it asks for tokens once others can reach it, or one exists.

    Others can where it listens to more than this machine, or has a public name that leads to it.
    `origins` are those of pages that may call beside our own; `names` those by which the server is known.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        host: str = "127.0.0.1",
        public_url: str = "",
        origins: tuple[str, ...] = (),
    ) -> None:
        self._tokens = tokens
        self.is_local = is_loopback(host)
        self.origins = frozenset(origins)
        known = (urlsplit(public_url).hostname or "") if public_url else ""
        self.names = LOCAL_NAMES | {known, host.strip("[]")} - {""}
        self.has_public_name = bool(known) and not is_loopback(known)

    @property
    def asks_for_tokens(self) -> bool:
        """Whether a caller has to show a token."""
        return not self.is_local or self.has_public_name or not self._tokens.is_empty

    def is_open(self, path: str) -> bool:
        """Whether an address asks for no token: it has its own way to know who calls, or tells nothing."""
        return path.startswith(_OPEN)

    def find(self, authorization: str) -> Caller | None:
        """Return who shows this header, if anybody the lab knows."""
        scheme, _, text = authorization.partition(" ")
        token = self._tokens.find(text.strip()) if scheme.lower() == "bearer" else None
        return None if token is None else _caller(token)

    def is_still(self, caller: Caller) -> bool:
        """Whether somebody who was let in before still may be: a token can end while a stream is open."""
        if caller.token_id:
            return self._tokens.is_valid(caller.token_id)
        return not self.asks_for_tokens

    def accepts_host(self, host: str) -> bool:
        """Whether a request is meant for this server, and not led here by a foreign name."""
        return not self.is_local or hostname(host) in self.names

    def accepts_origin(self, origin: str, host: str) -> bool:
        """Whether the page that sends a request is our own, or one that is allowed to."""
        if origin in self.origins:
            return True
        parts = urlsplit(origin)
        return bool(parts.netloc) and parts.netloc.lower() == host.lower()


def needed_role(method: str, path: str) -> Role:
    """Return the role that a request takes."""
    if method in _READS:
        return "viewer"
    if path.startswith("/api/projects/") and "/executions" in path:
        return "operator"
    return next((role for prefix, role in _NEEDED if path.startswith(prefix)), "admin")


def may(role: Role, needed: Role) -> bool:
    """Whether a role holds another one."""
    return ROLES.index(role) >= ROLES.index(needed)


def hostname(host: str) -> str:
    """Return the name in a `Host` header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    """Whether an address to listen at can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Return who the guard let in."""
    found: Caller = scope.get("state", {}).get("caller", LOCAL)
    return found


def _caller(token: Token) -> Caller:
    return Caller(token.name, token.role, token.id)
