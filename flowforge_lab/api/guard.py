"""The one guard before everything that is served: host, origin, token, role, size and patience."""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import LOCAL, Access, Caller, may, needed_role
from .problems import problem

MAX_BODY_BYTES = 10_000_000
BODY_SECONDS = 30.0
_HOOKS = ("/api/webhooks/", "/api/webhooks-test/")
_ADDRESSES = "/waits/"
_CROSS = "cross-site"


class Guard:
    """Looks at requests and websockets alike. What it lets in has a `caller` in its state."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        refusal, caller = self._judge(scope, headers)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send=send)
            return
        scope.setdefault("state", {})["caller"] = caller
        if scope["type"] == "http" and not scope["path"].startswith(_HOOKS):
            receive = limited(receive, MAX_BODY_BYTES)
        await self._app(scope, receive, send)

    def _judge(self, scope: Scope, headers: Mapping[str, str]) -> tuple[Response | None, Caller]:
        """Return why a request is refused, if it is, and who sent it."""
        path = scope["path"]
        foreign = self._foreign(scope.get("method", ""), path, headers)
        if foreign:
            return problem(403, "access.origin", foreign), LOCAL
        length = headers.get("content-length", "")
        if length and not path.startswith(_HOOKS) and _is_over(length):
            return too_large(), LOCAL
        if not self._access.asks_for_tokens or self._access.is_open(path):
            return None, LOCAL
        return self._let_in(scope.get("method", "GET"), path, headers)

    def _let_in(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[Response | None, Caller]:
        """Return why whoever shows a token, or none, is refused, if they are, and who they are."""
        caller = self._access.find(headers.get("authorization", ""))
        if caller is None:
            told = "a valid token is needed: `Authorization: Bearer ...`"
            ways = {"WWW-Authenticate": "Bearer"}
            return problem(401, "access.credentials", told, headers=ways), LOCAL
        needed = needed_role(method, path)
        if not may(caller.role, needed):
            told = f"this takes the role {needed}; the token {caller.name!r} has {caller.role}"
            return problem(403, "access.role", told), caller
        return None, caller

    def _foreign(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """Return what is foreign about a request: a page of somebody else must not speak for its reader."""
        host = headers.get("host", "")
        if not self._access.accepts_host(host):
            return f"this server is not {host[:100]!r}"
        is_hook = path.startswith(_HOOKS[0]) and not self._access.is_local
        is_link = method == "GET" and path.startswith(
            _ADDRESSES
        )  # in a mail, read on a page of others
        if is_hook or is_link:
            return ""
        origin = headers.get("origin", "")
        if origin and not self._access.accepts_origin(origin, host):
            return f"pages of {origin[:100]!r} may not call here"
        if not origin and headers.get("sec-fetch-site") == _CROSS:
            return "pages of other sites may not call here"
        return ""


def limited(receive: Receive, max_bytes: int, seconds: float = BODY_SECONDS) -> Receive:
    """Return `receive` with an end to the size of a body, and to the time it may take to come."""
    left = max_bytes
    ends_at: float | None = None

    async def receive_some() -> Message:
        nonlocal left, ends_at
        if ends_at is None:
            ends_at = asyncio.get_running_loop().time() + seconds
        if ends_at == 0.0:  # the body is here: what comes next is that the caller has gone
            return await receive()
        try:
            async with asyncio.timeout_at(ends_at):
                message = await receive()
        except TimeoutError:
            msg = f"the body did not come within {seconds:g} s"
            raise HTTPException(408, msg, headers={"Connection": "close"}) from None
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(
                413, f"more than {max_bytes:,} bytes", headers={"Connection": "close"}
            )
        if not message.get("more_body", False):
            ends_at = 0.0
        return message

    return receive_some


def too_large() -> Response:
    """Return the refusal of a request that says how large it is."""
    return problem(
        413,
        "request.too_large",
        f"at most {MAX_BODY_BYTES:,} bytes",
        headers={"Connection": "close"},
    )


def _is_over(length: str) -> bool:
    return not length.isdigit() or len(length) > 18 or int(length) > MAX_BODY_BYTES  # noqa: PLR2004  # digits


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _refuse(refusal: Response, scope: Scope, receive: Receive, *, send: Send) -> None:
    if scope["type"] == "http":
        await refusal(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close", "code": 4401 if refusal.status_code == 401 else 4403})  # noqa: PLR2004  # HTTP's
