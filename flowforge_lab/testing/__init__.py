"""Knows fakes that keep the rules of the real parts, and what authors of node types need in tests.

Never: is imported by the product itself.
"""

from .attempts import LogLine, TestAttempt, a_real_attempt
from .memory import MemoryBlobs, MemoryJournal
from .variables import MemoryVariables

__all__ = [
    "LogLine",
    "MemoryBlobs",
    "MemoryJournal",
    "MemoryVariables",
    "TestAttempt",
    "a_real_attempt",
]
