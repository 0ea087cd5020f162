"""Which addresses of a Jupyter server are ours. All lie below `flowforge/`, behind its own authentication."""

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join

from .calls import (
    BundleHandler,
    CancelHandler,
    DashboardCall,
    OverviewHandler,
    RestartHandler,
    ResumeHandler,
    WaysHandler,
)
from .desk import Desk
from .ground import Ground
from .notebooks import ForeseeCall, NotebookCall, ScheduleCall
from .proxy import DashboardHandler, DashboardSocket
from .sockets import EditorSocket, ViewerSocket

_ID = r"([0-9a-zA-Z-]{1,64})"
_KEY = r"([0-9a-f]{16})"
_ADDRESSES = (
    (r"api/overview", OverviewHandler),
    (r"api/dashboard", DashboardCall),
    (r"api/notebook", NotebookCall),
    (r"api/notebook/foresee", ForeseeCall),
    (r"api/notebook/schedule", ScheduleCall),
    (rf"api/executions/{_ID}/cancel", CancelHandler),
    (rf"api/executions/{_ID}/restart", RestartHandler),
    (rf"api/executions/{_ID}/resume", ResumeHandler),
    (rf"api/executions/{_ID}/ways", WaysHandler),
    (r"(editor\.js)", BundleHandler),
    (r"editor", EditorSocket),
    (r"viewer", ViewerSocket),
    (rf"dashboard/{_KEY}/ws", DashboardSocket),
    (rf"dashboard/{_KEY}/((?:static|components)/.*|health/live)?", DashboardHandler),
)


def add_addresses(server: Any) -> None:
    """Add our addresses to a Jupyter server."""
    web_app = server.web_app
    web_app.settings["flowforge"] = Desk(_ground_of(server))
    base = web_app.settings["base_url"]
    found = [(url_path_join(base, "flowforge", pattern), kind) for pattern, kind in _ADDRESSES]
    web_app.add_handlers(".*$", found)


def _ground_of(server: Any) -> Ground:
    """Return what the server's contents manager shows; one that keeps no files on disk has no folder."""
    manager = server.contents_manager
    root = getattr(manager, "root_dir", None)
    is_disk = root and hasattr(manager, "_get_os_path")
    return Ground(Path(str(root)) if is_disk else None, has_hidden=bool(manager.allow_hidden))
