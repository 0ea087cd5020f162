"""Knows the vocabulary of what happens in an execution, and how a row of the journal becomes an event.

Never: decides what happens next, or knows where the journal lies.
"""

from .entry import Entry, Row, from_row, to_row
from .state import ExecutionState, Visit, fold
from .vocabulary import (
    AnyEvent,
    AttemptFailed,
    AttemptStarted,
    CancelRequested,
    ErrorDetail,
    Event,
    ExecutionFinished,
    ExecutionResumed,
    ExecutionStarted,
    Logged,
    Progressed,
    Token,
    TokenDropped,
    VariableSet,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
)

__all__ = [
    "AnyEvent",
    "AttemptFailed",
    "AttemptStarted",
    "CancelRequested",
    "Entry",
    "ErrorDetail",
    "Event",
    "ExecutionFinished",
    "ExecutionResumed",
    "ExecutionStarted",
    "ExecutionState",
    "Logged",
    "Progressed",
    "Row",
    "Token",
    "TokenDropped",
    "VariableSet",
    "Visit",
    "VisitCancelled",
    "VisitFailed",
    "VisitParked",
    "VisitResumed",
    "VisitStarted",
    "VisitSucceeded",
    "fold",
    "from_row",
    "to_row",
]
