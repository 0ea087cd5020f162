"""Knows what authors of node types need for their tests: a real attempt, variables in memory.

Never: patches or pretends; what stands here works as the product does, only smaller.
"""

from .attempts import LogLine, TestAttempt, a_real_attempt
from .variables import MemoryVariables

__all__ = ["LogLine", "MemoryVariables", "TestAttempt", "a_real_attempt"]
