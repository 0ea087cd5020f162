"""The endpoint over Streamable HTTP, in both generations of the protocol."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from flowforge_lab.api.access import Access, Caller, caller_of
from flowforge_lab.api.hub import Hub
from flowforge_lab.api.versioning import product_version
from flowforge_lab.lab import Parts

from .desk import Desk
from .protocol import MAX_SESSIONS, Tools


class HttpEndpoint:
    """The tools of a lab over HTTP. A session answers to nobody but whoever opened it."""

    def __init__(self, parts: Parts, access: Access, hub: Hub) -> None:
        self._desk = Desk(parts, hub, access.renew)
        self._tools = Tools(self._desk, product_version())
        self._manager = StreamableHTTPSessionManager(
            self._tools.server,
            security_settings=_security(access),
            max_sessions=MAX_SESSIONS,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve for as long as one is inside."""
        async with self._manager.run(), asyncio.TaskGroup() as group:
            watching = group.create_task(self._tools.watch(), name="watch for other tools")
            try:
                yield
            finally:
                watching.cancel()

    def end(self) -> None:
        """Let calls under way answer how their executions stand, and streams end."""
        self._desk.is_ending.set()
        self._tools.listen.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that the guard let in."""
        scope["user"] = _known_as(caller_of(scope))
        await self._manager.handle_request(scope, receive, send)


def _known_as(caller: Caller) -> AuthenticatedUser:
    """Return who the SDK compares with whoever opened a session; what they showed stays with us."""
    who = caller.token_id or caller.session_id or caller.name
    return AuthenticatedUser(AccessToken(token="", client_id=f"{caller.way}:{who}", scopes=[]))


def _security(access: Access) -> TransportSecuritySettings:
    """Return what the SDK refuses by itself: foreign names of a server that only this machine reaches."""
    if not access.is_local:
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    names = [f"[{name}]" if ":" in name else name for name in sorted(access.names)]
    hosts = [*names, *(f"{name}:*" for name in names)]
    own = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[*own, *access.origins])
