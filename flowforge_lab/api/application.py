"""The app: every endpoint, behind one guard."""

import asyncio
from typing import Any, Protocol

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from flowforge_lab.lab import Parts

from .access import Access
from .assistants.door import PATH as ASSISTANTS
from .assistants.door import AssistantsDoor
from .guard import Guard
from .hooks import HookDoor
from .hub import Hub
from .pages import plain_page
from .places import is_of_screen
from .problems import translate_errors
from .routes import (
    addresses,
    bots,
    executions,
    history,
    intake,
    keeping,
    mining,
    notebooks,
    operating,
    outputs,
    people,
    projects,
    sessions,
    trying,
    upkeep,
    users,
    versions,
    watching,
    workflows,
)
from .versioning import product_version

_ABOUT = """The REST interface of a FlowForge lab. Failures are problem details (RFC 9457) with a stable
`code`. `ANY /api/webhooks/{workflow}[/path]` calls the webhooks of active workflows, `/api/webhooks-test/...`
those of workflows as they are now."""
_DOCS = "/api-docs"
_TRIALS = 2
"""So many backtests are under way at once: they take the processor for as long as they run."""


class Screen(Protocol):
    """The dashboard: an app for the addresses of its own, and what it does beside answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that the guard let in."""

    async def run(self) -> None:
        """Do what it does beside answering, until cancelled."""


class Front:
    """The whole of what is served: the guard, behind it the webhooks, and all else by FastAPI as `api`.

    With a `screen` its addresses show the dashboard; without one `/` says how to get it.
    """

    def __init__(self, parts: Parts, access: Access, screen: Screen | None = None) -> None:
        self._screen = screen
        self.hub = Hub(parts.store.journal)
        self.assistants = AssistantsDoor(parts, access, self.hub)
        self.api = _make_api(parts, access, self.hub)

        async def workflow_of(execution_id: str) -> str | None:
            head = await parts.store.journal.find_head(execution_id)
            return None if head is None else head.workflow_id

        self._doors = (
            ("/api/webhooks/", HookDoor("/api/webhooks/", parts.webhooks)),
            ("/api/webhooks-test/", HookDoor("/api/webhooks-test/", parts.webhooks, is_test=True)),
        )
        self._served: ASGIApp = Guard(self._choose, access, workflow_of)
        if (
            access.origins
        ):  # before the guard: a browser asks without a token whether it may show one
            self._served = CORSMiddleware(
                self._served,
                allow_origins=sorted(access.origins),
                allow_methods=["*"],
                allow_headers=["*"],
                expose_headers=["Mcp-Session-Id"],
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, if the guard lets it in."""
        await self._served(scope, receive, send)

    async def _choose(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for prefix, door in self._doors:
                if scope["path"].startswith(prefix):
                    await door(scope, receive, send)
                    return
            if scope["path"].removesuffix("/") == ASSISTANTS:
                await self.assistants(scope, receive, send)
                return
        if self._screen is not None and is_of_screen(scope["path"]):
            await self._screen(scope, receive, send)
        elif self._screen is None and scope["type"] == "http" and scope["path"] == "/":
            await plain_page()(scope, receive, send)
        else:
            await self.api(scope, receive, send)


def _make_api(parts: Parts, access: Access, hub: Hub) -> FastAPI:
    app = _documented()
    app.state.parts = parts
    app.state.access = access
    app.state.hub = hub
    app.state.trials = asyncio.Semaphore(_TRIALS)
    for router in (
        executions.router,
        projects.router,
        sessions.router,
        workflows.router,
        workflows.cron,
        upkeep.router,
        addresses.router,
        people.router,
        intake.router,
        outputs.router,
        history.router,
        mining.router,
        trying.router,
        versions.router,
        operating.router,
        watching.router,
        keeping.router,
        users.router,
        bots.router,
        notebooks.router,
        notebooks.executions,
    ):
        app.include_router(router)
    translate_errors(app)
    return app


def _documented() -> FastAPI:
    """Return an app whose documentation needs nothing from elsewhere."""
    from fastapi_offline import FastAPIOffline

    facts: dict[str, Any] = {
        "title": "FlowForge Lab",
        "version": product_version(),
        "description": _ABOUT,
        "openapi_url": f"{_DOCS}/openapi.json",
        "swagger_ui_oauth2_redirect_url": f"{_DOCS}/oauth2-redirect",
        "static_url": f"{_DOCS}/assets",
    }
    shown = [Security(HTTPBearer(auto_error=False, description="`flowforge token create NAME`"))]
    return FastAPIOffline(docs_url=_DOCS, redoc_url=None, dependencies=shown, **facts)
