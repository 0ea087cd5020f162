"""Knows the journal, blobs, the catalogue and the history: everything that must survive.

Never: decides what happens next in an execution, or opens the journal's file outside its owner.
"""

from .backup import restore
from .blobs import FileBlobs
from .catalogue import Catalogue
from .database import Target
from .doctor import Finding
from .doorway import Terms
from .history import History
from .housekeeping import HousekeepingPlan
from .journal import StoreJournal
from .layout import Layout
from .publishing import Publisher, open_published
from .records import (
    UNFINISHED,
    Activation,
    DeadLetter,
    Draft,
    Due,
    DueReason,
    ExecutionHead,
    Label,
    Pin,
    Recorded,
    Schedule,
    Variable,
    Version,
    Workflow,
)
from .schedules import Schedules
from .sealing import Sealed, Sealer
from .second_level import SecondLevel
from .store import Store, open_store
from .variables import VariableTable

__all__ = [
    "UNFINISHED",
    "Activation",
    "Catalogue",
    "DeadLetter",
    "Draft",
    "Due",
    "DueReason",
    "ExecutionHead",
    "FileBlobs",
    "Finding",
    "History",
    "HousekeepingPlan",
    "Label",
    "Layout",
    "Pin",
    "Publisher",
    "Recorded",
    "Schedule",
    "Schedules",
    "Sealed",
    "Sealer",
    "SecondLevel",
    "Store",
    "StoreJournal",
    "Target",
    "Terms",
    "Variable",
    "VariableTable",
    "Version",
    "Workflow",
    "open_published",
    "open_store",
    "restore",
]
