"""The app: every endpoint, behind one guard."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

from flowforge_lab.lab import Parts

from .access import Access
from .guard import Guard
from .hooks import HookDoor
from .hub import Hub
from .problems import translate_errors
from .routes import executions, projects, upkeep, workflows

_ABOUT = """The REST interface of a FlowForge lab. Failures are problem details (RFC 9457) with a stable
`code`. `ANY /api/webhooks/{workflow}[/path]` calls the webhooks of active workflows, `/api/webhooks-test/...`
those of workflows as they are now."""
_DOCS = "/api-docs"


def make_app(parts: Parts, access: Access) -> FastAPI:
    """Return the app over an open lab; whoever serves it also runs its `state.hub`."""
    app = _documented()
    app.state.parts = parts
    app.state.access = access
    app.state.hub = Hub(parts.store.journal)
    app.router.routes[:0] = [
        Mount("/api/webhooks-test", HookDoor(parts.webhooks, is_test=True)),
        Mount("/api/webhooks", HookDoor(parts.webhooks)),
    ]
    for router in (
        executions.router,
        projects.router,
        workflows.router,
        workflows.cron,
        upkeep.router,
    ):
        app.include_router(router)
    translate_errors(app)
    app.add_middleware(Guard, access=access)
    if access.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(access.origins),
            allow_methods=["*"],
            allow_headers=["*"],
        )
    return app


def _documented() -> FastAPI:
    """Return an app whose documentation needs nothing from elsewhere."""
    from fastapi_offline import FastAPIOffline

    facts: dict[str, Any] = {
        "title": "FlowForge Lab",
        "version": _version(),
        "description": _ABOUT,
        "openapi_url": f"{_DOCS}/openapi.json",
        "swagger_ui_oauth2_redirect_url": f"{_DOCS}/oauth2-redirect",
        "static_url": f"{_DOCS}/assets",
    }
    return FastAPIOffline(docs_url=_DOCS, redoc_url=None, **facts)


def _version() -> str:
    try:
        return version("flowforge-lab")
    except PackageNotFoundError:
        return f"source in {Path(__file__).parents[2].name}"
