"""Knows how the product looks and acts inside a notebook.

Never: keeps anything itself; what is shown is asked of the services.
"""

from .editor import Editor, EditorWidget
from .magics import load
from .run_form import RunForm
from .viewer import Viewer, ViewerWidget

__all__ = ["Editor", "EditorWidget", "RunForm", "Viewer", "ViewerWidget", "load"]
