"""Knows what can be asked of the product, one class a noun; used alike by every edge.

Never: knows HTTP, a screen or a notebook.
"""

from .editing import (
    EditError,
    EditorSession,
    Listener,
    Run,
    Runner,
    StepDetail,
    View,
    bundle_path,
    read_source,
)

__all__ = [
    "EditError",
    "EditorSession",
    "Listener",
    "Run",
    "Runner",
    "StepDetail",
    "View",
    "bundle_path",
    "read_source",
]
