"""Knows questions over the history, answered as pandas frames while executions run elsewhere.

Never: writes anything, or holds up who runs.
"""

from .backtesting import (
    NOT_RECORDED,
    RESULT,
    Backtest,
    Case,
    Difference,
    NotedVariables,
    PastExecution,
    Recorded,
    Recording,
    Rehearsed,
    Stage,
    Trial,
    What,
    acts_outside,
    blobs_in,
    compared,
    find_past,
    make_recording,
    read_past,
    read_recording,
    rehearse_recording,
    try_again,
    try_once,
)
from .capacity import Capacity, Forecast, Job, Load, forecast, forecast_all
from .frames import Frames
from .mining import EventLog, Mined, Way
from .outputs import NodeHistory
from .tables import TABLES, Query, Selection, TableName, select
from .watching import Watch

__all__ = [
    "NOT_RECORDED",
    "RESULT",
    "TABLES",
    "Backtest",
    "Capacity",
    "Case",
    "Difference",
    "EventLog",
    "Forecast",
    "Frames",
    "Job",
    "Load",
    "Mined",
    "NodeHistory",
    "NotedVariables",
    "PastExecution",
    "Query",
    "Recorded",
    "Recording",
    "Rehearsed",
    "Selection",
    "Stage",
    "TableName",
    "Trial",
    "Watch",
    "Way",
    "What",
    "acts_outside",
    "blobs_in",
    "compared",
    "find_past",
    "forecast",
    "forecast_all",
    "make_recording",
    "read_past",
    "read_recording",
    "rehearse_recording",
    "select",
    "try_again",
    "try_once",
]
