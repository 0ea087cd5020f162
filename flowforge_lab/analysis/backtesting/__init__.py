"""Knows how past executions would go in an edited workflow, and what would be different then.

Never: writes to the lab, or reaches anything outside of it.
"""

from .differences import RESULT, Difference, What
from .past import PastExecution, Recorded, find_past, read_past
from .recording import (
    NotedVariables,
    Recording,
    Rehearsed,
    blobs_in,
    compared,
    make_recording,
    read_recording,
    rehearse_recording,
    try_once,
)
from .report import Backtest, Case
from .staging import NOT_RECORDED, Stage, acts_outside
from .trial import Ending, Trial, try_again

__all__ = [
    "NOT_RECORDED",
    "RESULT",
    "Backtest",
    "Case",
    "Difference",
    "Ending",
    "NotedVariables",
    "PastExecution",
    "Recorded",
    "Recording",
    "Rehearsed",
    "Stage",
    "Trial",
    "What",
    "acts_outside",
    "blobs_in",
    "compared",
    "find_past",
    "make_recording",
    "read_past",
    "read_recording",
    "rehearse_recording",
    "try_again",
    "try_once",
]
