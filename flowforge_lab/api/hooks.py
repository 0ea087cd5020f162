"""Webhooks as they come in: plain ASGI, since each costs time that the workflow should have."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.services import Reply, Webhooks
from flowforge_lab.triggers import Call, CallError

from .guard import limited
from .problems import answer_to

logger = logging.getLogger(__name__)


class HookDoor:
    """Serves `<workflow>[/path]` behind `prefix`; `is_test` for workflows as they are now."""

    def __init__(self, prefix: str, webhooks: Webhooks, *, is_test: bool = False) -> None:
        self._prefix = prefix
        self._webhooks = webhooks
        self._is_test = is_test

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        try:
            reply = await self._answer(scope, receive)
        except ClientDisconnect:
            return
        except (FlowForgeError, HTTPException) as error:
            await answer_to(error)(scope, receive, send)
            return
        except Exception as error:
            logger.exception("a webhook failed", extra={"path": scope["path"]})
            await answer_to(error)(scope, receive, send)
            return
        await _send(reply, send, has_body=scope["method"] != "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        workflow_id, _, path = scope["path"].removeprefix(self._prefix).strip("/").partition("/")
        client = scope.get("client")
        call = Call(
            scope["method"],
            path,
            headers=scope["headers"],
            query=scope["query_string"],
            client=client[0] if client else "",
            is_test=self._is_test,
        )
        hook, params = await self._webhooks.find(workflow_id, call)
        try:
            call.body = await _body(limited(receive, int(hook.config.max_body)))
        except HTTPException as error:
            if error.status_code == 413:  # noqa: PLR2004  # too large
                raise hook.too_large() from error
            raise CallError(error.status_code, "webhook.body", str(error.detail)) from error
        return await self._webhooks.receive(hook, call, params)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if not message.get("more_body", False):
        return bytes(message.get("body", b""))
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _send(reply: Reply, send: Send, *, has_body: bool) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body if has_body else b""})
