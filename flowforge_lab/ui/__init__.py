"""Knows the pages that are served: the editor and the dashboard.

Never: keeps anything itself; what is shown is asked of the services.
"""

from .dashboard import Dashboard, ServedDashboard
from .editor import FlowEditor, open_editor

__all__ = ["Dashboard", "FlowEditor", "ServedDashboard", "open_editor"]
