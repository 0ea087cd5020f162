"""Knows what tests of node types and journals need: fakes that keep the rules, a real attempt, suites.

Never: is imported by the product itself, or patches: what stands here works, only smaller.
"""

from flowforge_lab.analysis import Rehearsed, rehearse_recording

from .attempts import Called, LogLine, TestAttempt, a_real_attempt
from .local_server import LocalServer, Received, Reply
from .memory import MemoryBlobs, MemoryJournal
from .qstash_server import QstashServer, SignedCall
from .telegram import LocalBot, Person, TelegramServer
from .variables import MemoryVariables
from .virtual_clock import VirtualClock

__all__ = [
    "Called",
    "LocalBot",
    "LocalServer",
    "LogLine",
    "MemoryBlobs",
    "MemoryJournal",
    "MemoryVariables",
    "Person",
    "QstashServer",
    "Received",
    "Rehearsed",
    "Reply",
    "SignedCall",
    "TelegramServer",
    "TestAttempt",
    "VirtualClock",
    "a_real_attempt",
    "rehearse_recording",
]
