"""Connections between a page of JupyterLab and the session behind what it shows."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .desk import Desk
from .doors import RESOURCE, refuse_strangers
from .labs import Labs
from .talks import EditorTalk, Message, Send, Talk, ViewerTalk

_MAX_WAITING = 500
_TOO_BUSY = 1013
_NOT_JSON = 1003


class _TalkSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A connection to one session. What a page asks for is done in order, in a thread of its own."""

    auth_resource = RESOURCE
    begin: Callable[[Labs, Send], Talk]

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let somebody in whom the Jupyter server knows."""
        await refuse_strangers(self)
        await super().get(*args, **kwargs)

    def get_compression_options(self) -> dict[str, Any] | None:
        """Compress nothing on its way within a machine."""
        return None

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to do what the page asks for."""
        super().open(*args, **kwargs)
        desk: Desk = self.settings["flowforge"]
        self._home = IOLoop.current()
        self._asked: asyncio.Queue[Message | None] = asyncio.Queue(_MAX_WAITING)
        self._talk = type(self).begin(desk.labs, self.tell)
        self._home.spawn_callback(self._work)

    def on_message(self, text: str | bytes) -> None:
        """Take what the page asks for; a page that asks faster than it can be done is let go."""
        try:
            message = json.loads(text)
            self._asked.put_nowait(message if isinstance(message, dict) else {})
        except ValueError:
            self.close(_NOT_JSON, "not JSON")
        except asyncio.QueueFull:
            self.close(_TOO_BUSY, "too many at once")

    def on_close(self) -> None:
        """End the session once what was asked for is done."""
        super().on_close()
        if hasattr(self, "_asked"):
            self._home.spawn_callback(self._asked.put, None)

    async def _work(self) -> None:
        try:
            while (message := await self._asked.get()) is not None:
                await asyncio.to_thread(self._talk.take, message)
                if self._asked.empty():
                    await asyncio.to_thread(self._talk.settle)
        finally:  # also where the session stumbled: a page that is let go connects anew
            await asyncio.to_thread(self._talk.close)
            self.close()

    def tell(self, message: Message) -> None:
        """Hand a message to the page, from any thread."""
        self._home.add_callback(self._write, json.dumps(message, default=str))

    def _write(self, text: str) -> None:
        try:
            self.write_message(text)
        except WebSocketClosedError:
            self.log.debug("a page of FlowForge is gone")


class EditorSocket(_TalkSocket):
    """The editor on a document."""

    begin = EditorTalk


class ViewerSocket(_TalkSocket):
    """The viewer of an execution."""

    begin = ViewerTalk
