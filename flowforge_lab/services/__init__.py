"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .checking import find_problems
from .executions import Executions, StepView
from .feed import Feed
from .host import Host
from .variables import LabVariables
from .workflows import Saved, Source, Workflows

__all__ = [
    "Executions",
    "Feed",
    "Host",
    "LabVariables",
    "Saved",
    "Source",
    "StepView",
    "Workflows",
    "find_problems",
]
