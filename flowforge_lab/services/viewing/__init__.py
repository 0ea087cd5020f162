"""One execution on a screen: its steps and times, any moment of it, and what may be done to it."""

from .answering import answer_viewer
from .comparing import compare_steps
from .eyes import Eyes
from .picture import execution_svg
from .recording import Recording
from .session import ViewerSession

__all__ = [
    "Eyes",
    "Recording",
    "ViewerSession",
    "answer_viewer",
    "compare_steps",
    "execution_svg",
]
