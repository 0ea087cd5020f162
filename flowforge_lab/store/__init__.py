"""Knows the journal, blobs, the catalogue and the history: everything that must survive.

Never: decides what happens next in an execution, or opens the journal's file outside its owner.
"""

from .records import (
    UNFINISHED,
    Draft,
    Due,
    DueReason,
    ExecutionHead,
    Recorded,
    Schedule,
    Variable,
    Version,
    Workflow,
)

__all__ = [
    "UNFINISHED",
    "Draft",
    "Due",
    "DueReason",
    "ExecutionHead",
    "Recorded",
    "Schedule",
    "Variable",
    "Version",
    "Workflow",
]
