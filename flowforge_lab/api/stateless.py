"""A server without a memory: each request opens the lab, does its work, and leaves nothing running.

For hosts that start a process for a request and freeze it behind the answer. Nobody looks at clocks there:
QStash, or any cron, calls `POST /api/queue/process`, which fires schedules that are due and goes on with
what waits.
"""

from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from flowforge_lab.lab import FOLDER, Parts, root_for
from flowforge_lab.settings import load_settings

from .access import Access, terms_of
from .application import Front
from .problems import problem

_EVERYWHERE = "0.0.0.0"  # noqa: S104  # it listens to nobody itself; whoever runs it does, so all must say who they are


class Stateless:
    """Serves the lab in `root`, by default the present folder's; an ASGI app."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, once all that it has started is done or parked, or its time is over."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http" or scope["path"].endswith("/stream"):
            await _refuse(scope, receive, send)
            return
        root = root_for(self._root)
        settings = load_settings(root / FOLDER)
        async with Parts(root, settings) as parts:
            front = Front(
                parts, Access(parts.access, parts.clock, terms_of(settings, _EVERYWHERE))
            )
            held: list[Message] = []

            async def hold_the_end(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    held.append(message)
                else:
                    await send(message)

            await front(scope, receive, hold_the_end)
            await parts.executions.settle(settings.stateless_seconds)
        for message in held:  # whoever froze this process behind the answer stops nothing
            await send(message)


async def stateless_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the lab of the present folder: `uvicorn flowforge_lab.api:stateless_app`."""
    await Stateless()(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4501})
        return
    told = "live events need a server that stays: `flowforge serve`"
    await problem(501, "server.stateless", told)(scope, receive, send)
