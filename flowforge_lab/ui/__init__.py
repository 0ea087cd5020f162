"""Knows the pages that are served: the editor, the viewer and the dashboard.

Never: keeps anything itself; what is shown is asked of the services.
"""

from .editor import FlowEditor, open_editor
from .viewer import FlowViewer, open_viewer

__all__ = ["FlowEditor", "FlowViewer", "open_editor", "open_viewer"]
