"""Knows questions over the history, answered as pandas frames while executions run elsewhere.

Never: writes anything, or holds up who runs.
"""

from .backtesting import (
    NOT_RECORDED,
    Backtest,
    Case,
    Difference,
    PastExecution,
    Recorded,
    Stage,
    Trial,
    What,
    acts_outside,
    find_past,
    read_past,
    try_again,
)
from .frames import Frames
from .outputs import NodeHistory
from .tables import TABLES, Query, Selection, TableName, select
from .watching import Watch

__all__ = [
    "NOT_RECORDED",
    "TABLES",
    "Backtest",
    "Case",
    "Difference",
    "Frames",
    "NodeHistory",
    "PastExecution",
    "Query",
    "Recorded",
    "Selection",
    "Stage",
    "TableName",
    "Trial",
    "Watch",
    "What",
    "acts_outside",
    "find_past",
    "read_past",
    "select",
    "try_again",
]
