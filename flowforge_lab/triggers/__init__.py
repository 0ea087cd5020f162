"""Knows when triggers start a workflow: the fires of its schedules, and which of the missed ones count.

Never: starts anything, or asks what time it is.
"""

from .schedules import Fire, Fires, due_fires, first_fires, last_fire, next_fire

__all__ = ["Fire", "Fires", "due_fires", "first_fires", "last_fire", "next_fire"]
