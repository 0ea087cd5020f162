"""Knows what authors of node types and journals need for their tests: fakes that keep the rules of the
real parts, a real attempt, suites that every real part must pass.

Never: is imported by the product itself, and never patches: what stands here works, only smaller.
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
