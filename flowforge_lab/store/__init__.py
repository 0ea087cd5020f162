"""Knows the journal, blobs, the catalogue and the history: everything that must survive.

Never: decides what happens next in an execution, or opens the journal's file outside its owner.
"""

from .backup import restore
from .blobs import FileBlobs
from .catalogue import Catalogue
from .database import DatabaseStatus, Moved, SetUp, Target
from .doctor import Finding
from .doorway import Terms
from .enclosed import EnclosedHistory, QueryLimits, Questions, read_arrow, read_arrow_rows
from .history import History
from .housekeeping import HousekeepingPlan
from .journal import StoreJournal
from .keepers import look_at_database, move_to_database, set_up_database
from .layout import Layout
from .objects import ObjectsTarget
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
from .users import BookingRow, UserRow, UserTable
from .variables import VariableTable

__all__ = [
    "UNFINISHED",
    "Activation",
    "BookingRow",
    "Catalogue",
    "DatabaseStatus",
    "DeadLetter",
    "Draft",
    "Due",
    "DueReason",
    "EnclosedHistory",
    "ExecutionHead",
    "FileBlobs",
    "Finding",
    "History",
    "HousekeepingPlan",
    "Label",
    "Layout",
    "Moved",
    "ObjectsTarget",
    "Pin",
    "Publisher",
    "QueryLimits",
    "Questions",
    "Recorded",
    "Schedule",
    "Schedules",
    "Sealed",
    "Sealer",
    "SecondLevel",
    "SetUp",
    "Store",
    "StoreJournal",
    "Target",
    "Terms",
    "UserRow",
    "UserTable",
    "Variable",
    "VariableTable",
    "Version",
    "Workflow",
    "look_at_database",
    "move_to_database",
    "open_published",
    "open_store",
    "read_arrow",
    "read_arrow_rows",
    "restore",
    "set_up_database",
]
