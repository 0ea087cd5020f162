"""The dashboard behind a web server: one page, made on the server, alive over a websocket."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Any

import panel as pn
from bokeh.resources import Resources
from bokeh.settings import settings as bokeh_settings
from bokeh.util.token import get_session_id
from jinja2 import Environment
from markupsafe import Markup
from panel.io.fastapi import add_applications

from flowforge_lab.lab import LentLab, Parts

from .bokeh_sockets import Cleaner, let_go_of_closed_pages
from .fragment import ASSETS, stylesheet
from .live import Pulse
from .screen import Screen
from .visitor import Needed, Renew, Rights, Visitor

Scope = dict[str, Any]
Receive = Callable[[], Coroutine[Any, Any, Any]]
Send = Callable[[Any], Coroutine[Any, Any, None]]
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:;"
    " frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
UNUSED_SECONDS = 15.0
"""So long a page that lost its connection may come back to where it was."""
_CHECK_SECONDS = 5.0
_prepared: ContextVar[list[Screen]] = ContextVar("flowforge_screen")
"""The screen made for this request, until a page takes it: what keeps a context keeps no screen then."""


class ServedDashboard:
    """An ASGI app for the addresses of the dashboard; the guard of the server stands before it.

    Make it on the loop of the parts.
    `needed` is the role that a request takes, `renew` gives a visitor with the roles they have now.
    """

    def __init__(self, parts: Parts, *, needed: Needed, renew: Renew) -> None:
        bokeh_settings.resources = "server"
        let_go_of_closed_pages()
        self._lab = LentLab(parts)
        self._needed = needed
        self._renew = renew
        self.pulse = Pulse(parts)
        self.screens: dict[str, Screen] = {}
        served = add_applications(
            {"/": self._build},
            title="FlowForge Lab",
            location=False,
            check_unused_sessions_milliseconds=int(_CHECK_SECONDS * 1000),
            unused_session_lifetime_milliseconds=int(UNUSED_SECONDS * 1000),
        )
        self._app: Any = served.app
        if hasattr(
            served, "resources"
        ):  # files are named from the page on: it may lie below any address
            versioner = served.resources().path_versioner
            here = Resources(mode="server", root_url="./", path_versioner=versioner)
            served.resources = lambda _absolute=None: here
        self._cleaner = Cleaner(served)
        text = (ASSETS / "page.html").read_text(encoding="utf-8")
        self._template = Environment(autoescape=False).from_string(text)  # noqa: S701  # Bokeh's pieces are HTML

    @property
    def sessions(self) -> int:
        """How many pages are open, or were a moment ago."""
        return self._cleaner.sessions

    async def run(self) -> None:
        """Follow the lab and let go of pages that were closed, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pulse.run(), name="pulse of the screen")
            group.create_task(self._cleaner.run(), name="let go of closed pages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that was let in."""
        visitor = scope.get("state", {}).get("caller")
        if scope["type"] == "websocket" and not self._is_owner(scope, visitor):
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        elif scope["type"] == "http" and scope["path"] == "/":
            prepared = [await self._prepare(scope, visitor)]
            _prepared.set(prepared)
            try:
                await self._app(scope, receive, _with_headers(send))
            finally:
                for screen in prepared:  # no page took it
                    screen.stop()
        else:
            await self._app(scope, receive, send)

    async def _prepare(self, scope: Scope, visitor: Visitor) -> Screen:
        """Return a screen that shows what the address asks for, before Bokeh makes a session of it."""
        is_local = not getattr(visitor, "session_id", "")
        rights = Rights(visitor, needed=self._needed, renew=self._renew, is_local=is_local)
        screen = Screen(self._lab, rights, self.pulse)
        query = f"?{scope.get('query_string', b'').decode('latin-1')}"
        await screen.open(query, _theme_in(scope))
        return screen

    def _build(self) -> Any:
        """Put a screen that was prepared for this request into the page of a new session."""
        screen = _prepared.get().pop()
        page: Any = pn.state.curdoc
        session_id = page.session_context.id
        self.screens[session_id] = screen
        page.on_session_destroyed(lambda context: self._let_go(str(context.id)))
        screen.start(page.add_next_tick_callback)
        template: Any = pn.Template(template=self._template)
        for name, root in (("nav", screen.nav), ("main", screen.main)):
            template.add_panel(name, root)
        for name, text in (
            ("style", Markup(stylesheet())),  # noqa: S704  # our own file
            ("first_nav", screen.nav.html),
            ("first_main", screen.body.html),
            ("theme", screen.theme),
        ):
            template.add_variable(name, text)
        template.title = f"{screen.page.title} · FlowForge Lab"
        return template

    def _let_go(self, session_id: str) -> None:
        screen = self.screens.pop(session_id, None)
        if screen is not None:
            screen.stop()

    def _is_owner(self, scope: Scope, visitor: Visitor) -> bool:
        """Whether whoever connects is the one for whom the page was made."""
        protocols = scope.get("subprotocols", [])
        try:
            screen = self.screens.get(get_session_id(protocols[1]))
        except (IndexError, ValueError):
            return False
        return screen is not None and screen.desk.rights.visitor.name == visitor.name


def _theme_in(scope: Scope) -> str:
    headers: Mapping[bytes, bytes] = dict(scope.get("headers", []))
    try:
        found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get("flowforge_theme")
    except CookieError:
        return "dark"
    return "light" if found is not None and found.value == "light" else "dark"


def _with_headers(send: Send) -> Send:
    async def send_some(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return send_some
