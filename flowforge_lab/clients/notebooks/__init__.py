"""Notebooks, run with parameters in a kernel of their own; what they compute comes back as values."""

from .model import (
    CellEnded,
    CellPrinted,
    CellStarted,
    KernelReady,
    NotebookEvent,
    NotebookJob,
    NotebookResult,
)
from .page import write_page
from .runner import NotebookRunner

__all__ = [
    "CellEnded",
    "CellPrinted",
    "CellStarted",
    "KernelReady",
    "NotebookEvent",
    "NotebookJob",
    "NotebookResult",
    "NotebookRunner",
    "write_page",
]
