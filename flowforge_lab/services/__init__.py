"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .alarms import LabAlarm
from .callees import Callees
from .calls import LabCalls
from .checking import find_problems
from .crashes import Crashes, CutOff, Decision
from .dead_letters import Begin, DeadLetters, Retried, Version
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
from .notices import LoggedNotices, Notices, Recipients
from .operating import Operations
from .own_types import examine_own_types
from .pins import Pinned, Pins
from .replaying import Replay, ReplayedState
from .restarting import Changes
from .seeding import Place
from .shelf import Shelf
from .sides import compare_documents, read_written
from .single import Given
from .variables import LabVariables
from .versions import Versions, VersionView
from .waits import Answered, Waits, WaitView
from .workflows import Saved, Source, Workflows

__all__ = [
    "Answered",
    "Begin",
    "Callees",
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
    "LabAlarm",
    "LabCalls",
    "LabVariables",
    "Listener",
    "LoggedNotices",
    "Migration",
    "Migrations",
    "Notices",
    "Operations",
    "Pinned",
    "Pins",
    "Place",
    "Recipients",
    "Replay",
    "ReplayedState",
    "Retried",
    "Run",
    "Runner",
    "Saved",
    "Shelf",
    "Snapshot",
    "Source",
    "StepView",
    "Version",
    "VersionView",
    "Versions",
    "View",
    "WaitView",
    "Waiting",
    "Waits",
    "Workflows",
    "answer",
    "bundle_path",
    "compare_documents",
    "examine_own_types",
    "find_problems",
    "microseconds",
    "moment",
    "read_source",
    "read_written",
]
