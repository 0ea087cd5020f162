"""Knows when triggers start a workflow: fires of schedules and those missed, calls, mails, updates of bots.

Never: starts anything, listens to anything, or asks what time it is.
"""

from .calls import Call, CallError
from .incoming import TYPES, Incoming, read_update
from .mail import MailFacts, MailWatch, is_watched, mail_watches
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
from .schedules import Fire, Fires, due_fires, first_fires, last_fire, next_fire, next_fires
from .webhooks import Hook, Taken, find_step, hooks_in, inputs_in, open_hook, take

__all__ = [
    "KINDS",
    "TYPES",
    "Call",
    "CallError",
    "Fire",
    "Fires",
    "Found",
    "Hook",
    "Incoming",
    "Judged",
    "MailFacts",
    "MailWatch",
    "Question",
    "Route",
    "Router",
    "Taken",
    "due_fires",
    "find_step",
    "first_fires",
    "hooks_in",
    "inputs_in",
    "is_watched",
    "last_fire",
    "mail_watches",
    "next_fire",
    "next_fires",
    "open_hook",
    "question_from",
    "questions_for",
    "read_update",
    "routes_of",
    "take",
]
