"""The one guard before everything that is served: host, origin, token, role, size and patience."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowforge_lab.access import NOBODY, Actor, act_as, acting

from .access import LOCAL, PROOF_HEADER, Access, Caller
from .places import needed_role, place_of
from .problems import problem

WorkflowOf = Callable[[str], Awaitable[str | None]]

MAX_BODY_BYTES = 10_000_000
BODY_SECONDS = 30.0
_HOOKS = ("/api/webhooks/", "/api/webhooks-test/")
_ADDRESSES = "/waits/"
_CROSS = "cross-site"
_KEY = re.compile(
    rb"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.)([A-Za-z0-9_-]{24})(?![A-Za-z0-9_-])"
)
"""The id of an execution and the secret behind it, as `engine.Addresses` makes them."""


class Guard:
    """Looks at requests and websockets alike. What it lets in has a `caller` in its state.

    `workflow_of` gives the workflow of an execution by its id, or nothing.
    """

    def __init__(self, app: ASGIApp, access: Access, workflow_of: WorkflowOf) -> None:
        self._app = app
        self._access = access
        self._workflow_of = workflow_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        refusal, caller = await self._judge(scope, headers)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send=send)
            return
        scope.setdefault("state", {})["caller"] = caller
        if scope["type"] == "http" and not scope["path"].startswith(_HOOKS):
            receive = limited(receive, MAX_BODY_BYTES)
        if not await self._may_answer(scope, caller):
            send = without_keys(send)
        with act_as(_actor(caller)):
            await self._app(scope, receive, send)

    async def _judge(
        self, scope: Scope, headers: Mapping[str, str]
    ) -> tuple[Response | None, Caller]:
        """Return why a request is refused, if it is, and who sent it."""
        path = scope["path"]
        if unfit := self._unfit(scope.get("method", ""), path, headers):
            return unfit, LOCAL
        address = (scope.get("client") or ("",))[0]
        if not self._access.asks_who:
            return None, LOCAL
        wanted = f"{path}?{query}" if (query := scope["query_string"].decode("latin-1")) else path
        caller = self._access.find(headers, address)
        if self._access.is_open(path):
            return None, caller or Caller("", NOBODY, address=address)
        method = scope.get("method", "GET")
        if caller is None:
            return self._stranger(method, wanted, headers, address=address), LOCAL
        return await self._let_in(method, path, headers, caller=caller), caller

    async def _may_answer(self, scope: Scope, caller: Caller) -> bool:
        """Whether somebody may be shown what answers a wait: whoever has it, may answer."""
        if caller.may("operator") or not caller.may_somewhere("viewer"):
            return True  # or nothing of the kind is shown
        place = place_of(scope.get("method", "GET"), scope["path"])
        workflow_id: str | None = place.id if place.kind == "workflow" else ""
        if place.kind == "execution" and caller.roles:
            workflow_id = await self._workflow_of(place.id)
        return caller.may("operator", workflow_id or "")

    def _stranger(
        self, method: str, path: str, headers: Mapping[str, str], *, address: str
    ) -> Response:
        """Refuse whoever shows nothing that is known; a browser is led to where people sign in."""
        if delay := self._access.too_many_strangers(address):
            return too_many(delay)
        wants_page = method == "GET" and "text/html" in headers.get("accept", "")
        if wants_page and self._access.has_accounts:
            return RedirectResponse(f"/login?{urlencode({'next': path})}", 303)
        told = "a valid token is needed: `Authorization: Bearer ...`"
        return problem(401, "access.credentials", told, headers={"WWW-Authenticate": "Bearer"})

    async def _let_in(
        self, method: str, path: str, headers: Mapping[str, str], *, caller: Caller
    ) -> Response | None:
        """Return why somebody who is known is refused, if they are."""
        if delay := self._access.too_soon(caller):
            return too_many(delay)
        if self._access.is_forged(method, caller, headers):
            told = f"a change by a signed-in browser needs the header {PROOF_HEADER}"
            return problem(403, "access.forged", told)
        needed = needed_role(method, path)
        if caller.may(needed) or await self._may_there(method, path, caller):
            return None
        told = f"this takes the role {needed}; {caller.name!r} has {caller.role or 'none'}"
        return problem(403, "access.role", told)

    async def _may_there(self, method: str, path: str, caller: Caller) -> bool:
        """Whether somebody has the role in what a request is about, if not in the lab."""
        place, needed = place_of(method, path), needed_role(method, path)
        if place.kind == "own":
            return True
        if place.kind == "any":
            return caller.may_somewhere(needed)
        if place.kind == "execution" and caller.roles:
            workflow_id = await self._workflow_of(place.id)
            return workflow_id is not None and caller.may(needed, workflow_id)
        if place.kind == "project":
            return caller.may_in(needed, place.id)
        return place.kind == "workflow" and caller.may(needed, place.id)

    def _unfit(self, method: str, path: str, headers: Mapping[str, str]) -> Response | None:
        """Refuse what nobody may send, whoever they are."""
        if foreign := self._foreign(method, path, headers):
            return problem(403, "access.origin", foreign)
        length = headers.get("content-length", "")
        if length and not path.startswith(_HOOKS) and _is_over(length):
            return too_large()
        return None

    def _foreign(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """Return what is foreign about a request: a page of somebody else must not speak for its reader."""
        host = headers.get("host", "")
        if not self._access.accepts_host(host):
            return f"this server is not {host[:100]!r}"
        is_hook = path.startswith(_HOOKS[0]) and not self._access.is_local
        is_link_in_mail = method == "GET" and path.startswith(_ADDRESSES)
        if is_hook or is_link_in_mail:  # read on a page of others
            return ""
        origin = headers.get("origin", "")
        if origin and not self._access.accepts_origin(origin, host):
            return f"pages of {origin[:100]!r} may not call here"
        if not origin and headers.get("sec-fetch-site") == _CROSS:
            return "pages of other sites may not call here"
        return ""


def without_keys(send: Send) -> Send:
    """Return `send` that blackens what answers waits, in events, steps and messages alike."""

    async def send_some(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = _KEY.sub(_blackened, message.get("body", b""))
            message = {**message, "body": body}
        elif message["type"] == "websocket.send" and message.get("text"):
            text = _KEY.sub(_blackened, message["text"].encode()).decode()
            message = {**message, "text": text}
        await send(message)

    return send_some


def _blackened(found: re.Match[bytes]) -> bytes:
    return found[1] + b"*" * len(found[2])


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


def too_many(seconds: int) -> Response:
    """Return the refusal of who asks too often, with when to come again."""
    told = f"too many requests: the next one in {seconds} s"
    return problem(429, "request.too_many", told, headers={"Retry-After": str(seconds)})


def _actor(caller: Caller) -> Actor:
    if caller is LOCAL:
        return acting()
    return Actor(caller.name, caller.way, caller.address)


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
