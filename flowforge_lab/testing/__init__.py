"""Knows fakes that keep the rules of the real parts, and suites that every real part must pass.

Never: is imported by the product itself.
"""

from .memory import MemoryBlobs, MemoryJournal

__all__ = ["MemoryBlobs", "MemoryJournal"]
