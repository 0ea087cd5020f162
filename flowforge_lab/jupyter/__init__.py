"""Knows how the product looks and acts inside a notebook.

Never: keeps anything itself; what is shown is asked of the services.
"""

from .editor import Editor
from .magics import load
from .reactive import Watched, mend, reactive
from .run_form import RunForm
from .viewer import Viewer, ViewerWidget

__all__ = ["Editor", "RunForm", "Viewer", "ViewerWidget", "Watched", "load", "reactive"]

mend()  # widgets of this room hold texts
