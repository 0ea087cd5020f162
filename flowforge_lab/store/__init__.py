"""Knows the journal, blobs, the catalogue and the history: everything that must survive.

Never: decides what happens next in an execution, or opens the journal's file outside its owner.
"""

from .blobs import FileBlobs
from .catalogue import Catalogue
from .doorway import Terms
from .journal import StoreJournal
from .layout import Layout
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
from .schedules import Schedules
from .store import Store, open_store
from .variables import VariableTable

__all__ = [
    "UNFINISHED",
    "Catalogue",
    "Draft",
    "Due",
    "DueReason",
    "ExecutionHead",
    "FileBlobs",
    "Layout",
    "Recorded",
    "Schedule",
    "Schedules",
    "Store",
    "StoreJournal",
    "Terms",
    "Variable",
    "VariableTable",
    "Version",
    "Workflow",
    "open_store",
]
