"""Knows how past executions would go in an edited workflow, and what would be different then.

Never: writes to the lab, or reaches anything outside of it.
"""

from .differences import Difference, What
from .past import PastExecution, Recorded, find_past, read_past
from .report import Backtest, Case
from .staging import NOT_RECORDED, Stage, acts_outside
from .trial import Trial, try_again

__all__ = [
    "NOT_RECORDED",
    "Backtest",
    "Case",
    "Difference",
    "PastExecution",
    "Recorded",
    "Stage",
    "Trial",
    "What",
    "acts_outside",
    "find_past",
    "read_past",
    "try_again",
]
