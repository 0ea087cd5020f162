"""Notebooks, run with parameters in a kernel of their own; what they compute comes back as values."""

from .model import (
    CellEnded,
    CellPrinted,
    CellStarted,
    KernelKept,
    KernelReady,
    NotebookEvent,
    NotebookJob,
    NotebookLimits,
    NotebookResult,
    NotebookResumed,
)
from .page import write_page
from .resuming import Resumption
from .runner import NotebookRunner
from .shape import NotebookShape, Parameter, read_shape
from .tying import Fabric, Piece, Tie, tie
from .weaving import WovenCell, WovenNotebook, read_woven

__all__ = [
    "CellEnded",
    "CellPrinted",
    "CellStarted",
    "Fabric",
    "KernelKept",
    "KernelReady",
    "NotebookEvent",
    "NotebookJob",
    "NotebookLimits",
    "NotebookResult",
    "NotebookResumed",
    "NotebookRunner",
    "NotebookShape",
    "Parameter",
    "Piece",
    "Resumption",
    "Tie",
    "WovenCell",
    "WovenNotebook",
    "read_shape",
    "read_woven",
    "tie",
    "write_page",
]
