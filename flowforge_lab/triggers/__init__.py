"""Knows when triggers start a workflow: fires of schedules, and which missed ones count; calls to webhooks.

Never: starts anything, listens to anything, or asks what time it is.
"""

from .calls import Call, CallError
from .schedules import Fire, Fires, due_fires, first_fires
from .webhooks import Hook, Taken, find_step, hooks_in, inputs_in, open_hook, take

__all__ = [
    "Call",
    "CallError",
    "Fire",
    "Fires",
    "Hook",
    "Taken",
    "due_fires",
    "find_step",
    "first_fires",
    "hooks_in",
    "inputs_in",
    "open_hook",
    "take",
]
