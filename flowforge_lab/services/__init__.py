"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .alarms import LabAlarm
from .bots import Bots, Delivered
from .callees import Callees
from .calls import LabCalls
from .checking import find_problems
from .crashes import Crashes, CutOff, Decision
from .dead_letters import Begin, DeadLetters, Retried, Version
from .debugging import Debugging
from .documents import Documents, WorkflowLine, stamp_of
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
    workflow_svg,
)
from .executions import Executions, StepView
from .feed import Feed
from .host import Host
from .listing import MAX_PAGE_SIZE, PAGE_SIZE, Listing, Page, Sort, Wanted
from .looking import Snapshot, Waiting
from .mailboxes import Mailboxes
from .migrations import Migration, Migrations
from .moments import microseconds, moment
from .notices import LoggedNotices, Notices, Recipients, SentNotices
from .operating import Operations
from .own_types import examine_own_types
from .pins import Pinned, Pins
from .polling import Polling
from .replaying import Replay, ReplayedState
from .replies import EXECUTION_HEADER, Reply, to_json
from .restarting import Changes
from .routing import Routing, Tried
from .seeding import Place
from .shelf import Shelf
from .sides import compare_documents, read_written
from .single import Given
from .tokens import ROLES, Role, Token, Tokens
from .users import RELINKS, Users
from .variables import LabVariables
from .versions import Versions, VersionView
from .waits import Answered, Waits, WaitView
from .webhooks import Webhooks, WebhookView, views_of
from .workflows import Saved, Source, Workflows

__all__ = [
    "EXECUTION_HEADER",
    "MAX_PAGE_SIZE",
    "PAGE_SIZE",
    "RELINKS",
    "ROLES",
    "Answered",
    "Begin",
    "Bots",
    "Callees",
    "Changes",
    "Crashes",
    "CutOff",
    "DeadLetters",
    "Debugging",
    "Decision",
    "Delivered",
    "Documents",
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
    "Listing",
    "LoggedNotices",
    "Mailboxes",
    "Migration",
    "Migrations",
    "Notices",
    "Operations",
    "Page",
    "Pinned",
    "Pins",
    "Place",
    "Polling",
    "Recipients",
    "Replay",
    "ReplayedState",
    "Reply",
    "Retried",
    "Role",
    "Routing",
    "Run",
    "Runner",
    "Saved",
    "SentNotices",
    "Shelf",
    "Snapshot",
    "Sort",
    "Source",
    "StepView",
    "Token",
    "Tokens",
    "Tried",
    "Users",
    "Version",
    "VersionView",
    "Versions",
    "View",
    "WaitView",
    "Waiting",
    "Waits",
    "Wanted",
    "WebhookView",
    "Webhooks",
    "WorkflowLine",
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
    "stamp_of",
    "to_json",
    "views_of",
    "workflow_svg",
]
