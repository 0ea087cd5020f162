"""Knows what tests of node types and journals need: fakes that keep the rules, a real attempt, suites.

Never: is imported by the product itself, or patches: what stands here works, only smaller.
"""

from flowforge_lab.analysis import Rehearsed, rehearse_recording

from .attempts import Called, LogLine, TestAttempt, a_real_attempt
from .local_server import LocalServer, Received, Reply
from .memory import MemoryBlobs, MemoryJournal
from .postgres_server import PostgresServer
from .qstash_server import QstashServer, SignedCall
from .redis_server import RedisServer
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
    "PostgresServer",
    "QstashServer",
    "Received",
    "RedisServer",
    "Rehearsed",
    "Reply",
    "SignedCall",
    "TelegramServer",
    "TestAttempt",
    "VirtualClock",
    "a_real_attempt",
    "rehearse_recording",
]
