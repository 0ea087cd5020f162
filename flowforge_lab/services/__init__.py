"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .alarms import LabAlarm
from .calls import LabCalls
from .checking import find_problems
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
from .notices import LoggedNotices, Notices, Recipients
from .shelf import Shelf
from .variables import LabVariables
from .waits import Answered, Waits, WaitView
from .workflows import Saved, Source, Workflows

__all__ = [
    "Answered",
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Host",
    "LabAlarm",
    "LabCalls",
    "LabVariables",
    "Listener",
    "LoggedNotices",
    "Notices",
    "Recipients",
    "Run",
    "Runner",
    "Saved",
    "Shelf",
    "Source",
    "StepView",
    "View",
    "WaitView",
    "Waits",
    "Workflows",
    "answer",
    "bundle_path",
    "find_problems",
    "microseconds",
    "moment",
    "read_source",
]
