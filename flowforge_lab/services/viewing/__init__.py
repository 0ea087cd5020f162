"""One execution on a screen: its steps and times, any moment of it, what may be asked of it and done to it."""

from .answering import answer_viewer
from .comparing import compare_steps
from .eyes import Eyes
from .here import Here, evaluate_here, find_here
from .recording import Recording
from .session import ViewerSession

__all__ = [
    "Eyes",
    "Here",
    "Recording",
    "ViewerSession",
    "answer_viewer",
    "compare_steps",
    "evaluate_here",
    "find_here",
]
