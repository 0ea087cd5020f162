"""Knows when triggers start a workflow: the fires of its schedules, and which of the missed ones count.

Never: starts anything, or asks what time it is.
"""

from .schedules import Fire, Fires, due_fires, first_fires

__all__ = ["Fire", "Fires", "due_fires", "first_fires"]
