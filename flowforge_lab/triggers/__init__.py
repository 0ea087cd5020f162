"""Knows when triggers start a workflow: fires of schedules and those missed that count, calls, mails.

Never: starts anything, listens to anything, or asks what time it is.
"""

from .calls import Call, CallError
from .mail import MailFacts, MailWatch, is_watched, mail_watches
from .schedules import Fire, Fires, due_fires, first_fires
from .webhooks import Hook, Taken, find_step, hooks_in, inputs_in, open_hook, take

__all__ = [
    "Call",
    "CallError",
    "Fire",
    "Fires",
    "Hook",
    "MailFacts",
    "MailWatch",
    "Taken",
    "due_fires",
    "find_step",
    "first_fires",
    "hooks_in",
    "inputs_in",
    "is_watched",
    "mail_watches",
    "open_hook",
    "take",
]
