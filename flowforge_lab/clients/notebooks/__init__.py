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

__all__ = [
    "CellEnded",
    "CellPrinted",
    "CellStarted",
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
    "Resumption",
    "read_shape",
    "write_page",
]
