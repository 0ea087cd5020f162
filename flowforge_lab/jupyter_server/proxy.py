"""The dashboard of a lab's own server, handed on to pages of JupyterLab: nothing but the screen."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketHandler,
    websocket_connect,
)

from flowforge_lab.errors import FlowForgeError

from .beside import KEY_HEADER, Where
from .desk import Desk
from .doors import RESOURCE, refuse_strangers

_SENT = ("Accept", "Accept-Language", "If-None-Match", "If-Modified-Since", "User-Agent")
_KEPT = ("Content-Type", "Cache-Control", "Etag", "Last-Modified", "Referrer-Policy")
_POLICY = "Content-Security-Policy"
_OURS = frozenset(("token", "theme"))
_SECONDS = 60.0
_MAX_BYTES = 64 * 1024 * 1024
_GONE = 1011


class _Through:
    """What pages and connections have in common: where the server is, and what it is told of a request."""

    settings: dict[str, Any]
    request: Any
    get_query_argument: Any

    async def where(self, key: str) -> Where:
        """Return where the server of a lab is; it is started anew if it has ended.

        Raises:
            HTTPError: this was never asked for, or the server does not start.
        """
        desk: Desk = self.settings["flowforge"]
        beside = desk.find_dashboard(key)
        if beside is None:
            raise web.HTTPError(404, "open the dashboard anew")
        try:
            return await asyncio.to_thread(beside.up)
        except FlowForgeError as error:
            raise web.HTTPError(502, str(error)) from error

    def headers_for(self, where: Where) -> HTTPHeaders:
        """Return what is handed on of a request: never its cookies and tokens, which are Jupyter's."""
        headers = HTTPHeaders({KEY_HEADER: where.key})
        for name in _SENT:
            if name in self.request.headers:
                headers[name] = self.request.headers[name]
        if (theme := self.get_query_argument("theme", "")) in {"dark", "light"}:
            headers["Cookie"] = f"flowforge_theme={theme}"
        return headers

    def query(self) -> str:
        """Return the query of the request, with its `?`, without what is meant for the Jupyter server."""
        pairs = parse_qsl(self.request.query, keep_blank_values=True)
        return f"?{urlencode([pair for pair in pairs if pair[0] not in _OURS])}"


class DashboardHandler(_Through, JupyterHandler):
    """The page of the dashboard, and the files it is made with."""

    auth_resource = RESOURCE

    @web.authenticated
    @authorized
    async def get(self, key: str, path: str | None = None) -> None:
        """Answer with what the lab's server answers."""
        where = await self.where(key)
        asked = HTTPRequest(
            f"{where.url}/{path or ''}{self.query()}",
            headers=self.headers_for(where),
            follow_redirects=False,
            request_timeout=_SECONDS,
        )
        try:
            answer = await AsyncHTTPClient(max_body_size=_MAX_BYTES).fetch(
                asked, raise_error=False
            )
        except (OSError, HTTPClientError) as error:
            raise web.HTTPError(502, "the server of the lab does not answer") from error
        self.set_status(answer.code)
        for name in (*_KEPT, _POLICY):
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        self.finish(answer.body or b"")


class DashboardSocket(_Through, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """The connection that keeps a page of the dashboard alive."""

    auth_resource = RESOURCE
    _other: WebSocketClientConnection | None = None

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Let somebody in whom the Jupyter server knows, and connect them."""
        await refuse_strangers(self)
        self._home = IOLoop.current()
        where = await self.where(args[0])
        url = f"ws{where.url.removeprefix('http')}/ws{self.query()}"
        asked = HTTPRequest(url, headers=self.headers_for(where))
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        self._offered = [name.strip() for name in offered.split(",") if name.strip()]
        try:
            self._other = await websocket_connect(
                asked,
                on_message_callback=self._tell,
                max_message_size=_MAX_BYTES,
                subprotocols=self._offered or None,
            )
        except (OSError, HTTPClientError) as error:
            raise web.HTTPError(502, "the server of the lab does not answer") from error
        await super().get(*args, **kwargs)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Return what the lab's server has chosen of it."""
        chosen = None if self._other is None else self._other.selected_subprotocol
        return chosen if chosen in subprotocols else None

    async def on_message(self, message: str | bytes) -> None:
        """Hand a message of the page on."""
        if self._other is not None:
            await self._other.write_message(message, binary=isinstance(message, bytes))

    def _tell(self, message: str | bytes | None) -> None:
        """Hand a message of the server on; `None` says that it has gone."""
        if message is None:
            self.close(_GONE, "the server of the lab has ended")
            return
        try:
            self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            self.on_close()

    def on_close(self) -> None:
        """Let go of the other side as well."""
        super().on_close()
        if self._other is not None:
            self._other.close()
