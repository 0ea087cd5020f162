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
from .firing import Firing
from .handing_out import Handing
from .host import Host
from .looking import Snapshot, Waiting
from .migrations import Migration, Migrations
from .moments import microseconds, moment
from .notices import LoggedNotices, Notices, Recipients
from .operating import Operations
from .own_types import examine_own_types
from .pins import Pinned, Pins
from .qstash_calls import QstashCalls, Received
from .queue import Queue, QueueState, QueueStats
from .remote_schedules import WEBHOOK, Delivery, RemoteSchedules, is_public
from .replaying import Replay, ReplayedState
from .restarting import Changes
from .seeding import Place
from .shelf import Shelf
from .sides import compare_documents, read_written
from .single import Given
from .variables import LabVariables
from .versions import Versions, VersionView
from .waits import Answered, Waits, WaitView
from .worker import Worker
from .workflows import Saved, Source, Workflows

__all__ = [
    "WEBHOOK",
    "Answered",
    "Begin",
    "Callees",
    "Changes",
    "Crashes",
    "CutOff",
    "DeadLetters",
    "Debugging",
    "Decision",
    "Delivery",
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Firing",
    "Given",
    "Handing",
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
    "QstashCalls",
    "Queue",
    "QueueState",
    "QueueStats",
    "Received",
    "Recipients",
    "RemoteSchedules",
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
    "Worker",
    "Workflows",
    "answer",
    "bundle_path",
    "compare_documents",
    "examine_own_types",
    "find_problems",
    "is_public",
    "microseconds",
    "moment",
    "read_source",
    "read_written",
]
