"""Knows when triggers start a workflow: the fires of schedules, which missed ones count, who gets an update.

Never: starts anything, or asks what time it is.
"""

from .incoming import TYPES, Incoming, read_update
from .routes import (
    KINDS,
    Found,
    Judged,
    Question,
    Route,
    Router,
    question_from,
    questions_for,
    routes_of,
)
from .schedules import Fire, Fires, due_fires, first_fires

__all__ = [
    "KINDS",
    "TYPES",
    "Fire",
    "Fires",
    "Found",
    "Incoming",
    "Judged",
    "Question",
    "Route",
    "Router",
    "due_fires",
    "first_fires",
    "question_from",
    "questions_for",
    "read_update",
    "routes_of",
]
