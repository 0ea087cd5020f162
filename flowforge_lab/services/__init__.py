"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .checking import find_problems
from .crashes import Crashes, CutOff, Decision
from .dead_letters import DeadLetters, Retried, Version
from .editing import (
    EditError,
    EditorSession,
    Listener,
    Run,
    Runner,
    View,
    answer,
    bundle_path,
    read_source,
)
from .executions import Executions, StepView
from .feed import Feed
from .host import Host
from .moments import microseconds, moment
from .variables import LabVariables
from .workflows import Saved, Source, Workflows

__all__ = [
    "Crashes",
    "CutOff",
    "DeadLetters",
    "Decision",
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Host",
    "LabVariables",
    "Listener",
    "Retried",
    "Run",
    "Runner",
    "Saved",
    "Source",
    "StepView",
    "Version",
    "View",
    "Workflows",
    "answer",
    "bundle_path",
    "find_problems",
    "microseconds",
    "moment",
    "read_source",
]
