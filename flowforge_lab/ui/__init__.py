"""Knows the pages that are served: the editor, the viewer and the dashboard.

Never: keeps anything itself; what is shown is asked of the services.
"""

from .dashboard import Dashboard, ServedDashboard
from .editor import FlowEditor, open_editor
from .viewer import FlowViewer, open_viewer

__all__ = [
    "Dashboard",
    "FlowEditor",
    "FlowViewer",
    "ServedDashboard",
    "open_editor",
    "open_viewer",
]
