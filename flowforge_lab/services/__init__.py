"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .checking import find_problems
from .debugging import Debugging
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
from .looking import Snapshot, Waiting
from .moments import microseconds, moment
from .operating import Operations
from .replaying import Replay, ReplayedState
from .restarting import Changes
from .seeding import Place
from .single import Given
from .variables import LabVariables
from .workflows import Saved, Source, Workflows

__all__ = [
    "Changes",
    "Debugging",
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Given",
    "Host",
    "LabVariables",
    "Listener",
    "Operations",
    "Place",
    "Replay",
    "ReplayedState",
    "Run",
    "Runner",
    "Saved",
    "Snapshot",
    "Source",
    "StepView",
    "View",
    "Waiting",
    "Workflows",
    "answer",
    "bundle_path",
    "find_problems",
    "microseconds",
    "moment",
    "read_source",
]
