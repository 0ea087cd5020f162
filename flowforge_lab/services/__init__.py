"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .checking import find_problems
from .crashes import Crashes, CutOff, Decision
from .dead_letters import DeadLetters, Retried, Version
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
from .migrations import Migration, Migrations
from .moments import microseconds, moment
from .operating import Operations
from .pins import Pinned, Pins
from .replaying import Replay, ReplayedState
from .restarting import Changes
from .seeding import Place
from .sides import compare_documents, read_written
from .single import Given
from .variables import LabVariables
from .versions import Versions, VersionView
from .workflows import Saved, Source, Workflows

__all__ = [
    "Changes",
    "Crashes",
    "CutOff",
    "DeadLetters",
    "Debugging",
    "Decision",
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Given",
    "Host",
    "LabVariables",
    "Listener",
    "Migration",
    "Migrations",
    "Operations",
    "Pinned",
    "Pins",
    "Place",
    "Replay",
    "ReplayedState",
    "Retried",
    "Run",
    "Runner",
    "Saved",
    "Snapshot",
    "Source",
    "StepView",
    "Version",
    "VersionView",
    "Versions",
    "View",
    "Waiting",
    "Workflows",
    "answer",
    "bundle_path",
    "compare_documents",
    "find_problems",
    "microseconds",
    "moment",
    "read_source",
    "read_written",
]
