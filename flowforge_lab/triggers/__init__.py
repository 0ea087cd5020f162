"""Knows when triggers start a workflow: fires of schedules and those missed that count, and which mails.

Never: starts anything, or asks what time it is.
"""

from .mail import MailFacts, MailWatch, is_watched, mail_watches
from .schedules import Fire, Fires, due_fires, first_fires

__all__ = [
    "Fire",
    "Fires",
    "MailFacts",
    "MailWatch",
    "due_fires",
    "first_fires",
    "is_watched",
    "mail_watches",
]
