"""One open editor: the true graph, its views, its problems, its file, the execution it shows."""

from .answering import answer
from .asking import View
from .bench import Bench
from .bundle import bundle_path
from .edits import EditError
from .runner import Listener, Run, Runner
from .session import EditorSession
from .sources import read_source
from .svg import Told, Traffic, workflow_svg

__all__ = [
    "Bench",
    "EditError",
    "EditorSession",
    "Listener",
    "Run",
    "Runner",
    "Told",
    "Traffic",
    "View",
    "answer",
    "bundle_path",
    "read_source",
    "workflow_svg",
]
