"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

from .alarms import LabAlarm
from .alert_rules import AlertRule
from .alerts import AlertFiring, Alerts, Preview
from .backtests import Backtests
from .bots import Bots, Delivered
from .callees import Callees
from .calls import LabCalls
from .checking import find_problems
from .crashes import Crashes, CutOff, Decision
from .dead_letters import Begin, DeadLetters, Retried
from .debugging import Debugging
from .documents import Documents, WorkflowLine, stamp_of
from .editing import (
    Bench,
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
from .executions import Executions
from .feed import Feed
from .firing import Firing
from .going_on import GoingOn, WayOn
from .handing_out import Handing
from .host import Host
from .importing import keep_imported
from .listing import MAX_PAGE_SIZE, PAGE_SIZE, Listing, Page, Sort, Wanted
from .looking import Snapshot, Waiting
from .mailboxes import Mailboxes
from .mapped_users import MappedUsers
from .measuring import Measuring
from .migrations import Migration, Migrations
from .moments import microseconds, moment
from .node_names import nodes_ever
from .notebook_check import NotebookCheck, VariableDifference
from .notebook_export import NotebookExport
from .notebook_flows import NotebookFlows
from .notebook_import import (
    CellRemark,
    ChainedCell,
    NotebookEdge,
    NotebookImport,
    NotebookNode,
    import_notebook,
)
from .notebook_plan import MAIL_KINDS, NotebookPlan
from .notebook_views import ForeseenNotebook, ResumeView, ScheduledNotebook
from .notebooks import Notebooks, PageForm, page_form_of
from .notices import LoggedNotices, Notices, Recipients, SentNotices
from .operating import Operations
from .own_types import examine_own_types
from .pins import Pinned, Pins
from .polling import Polling
from .processes import Process, Processes
from .qstash_calls import QstashCalls, Received
from .queue import Queue, QueueState, QueueStats
from .recordings import Recordings, Take, Written, paths_of, refuse_present, write_take
from .remote_schedules import WEBHOOK, Delivery, RemoteSchedules, is_carried, is_public
from .replaying import Replay, ReplayedState
from .replies import EXECUTION_HEADER, Reply, to_json
from .restarting import Changes
from .routing import Routing, Tried, data_update, text_update
from .seeding import Place
from .sessions import SessionBook, SessionPage, SessionView, WantedSessions
from .shelf import Shelf
from .sides import compare_documents, read_written
from .single import Given
from .slos import Slos, Standing
from .steps import StepView
from .tracing import send_traces
from .user_mapping import UserMapping, parse_mapping
from .users import RELINKS, Users
from .variables import LabVariables, VariablesFor, check_owner, variables_of
from .versions import Versions, VersionView
from .viewing import Eyes, Recording, ViewerSession, answer_viewer
from .waits import Answered, Waits, WaitView
from .webhooks import Webhooks, WebhookView, views_of
from .worker import Worker
from .workflows import Saved, Source, Workflows

__all__ = [
    "EXECUTION_HEADER",
    "MAIL_KINDS",
    "MAX_PAGE_SIZE",
    "PAGE_SIZE",
    "RELINKS",
    "WEBHOOK",
    "AlertFiring",
    "AlertRule",
    "Alerts",
    "Answered",
    "Backtests",
    "Begin",
    "Bench",
    "Bots",
    "Callees",
    "CellRemark",
    "ChainedCell",
    "Changes",
    "Crashes",
    "CutOff",
    "DeadLetters",
    "Debugging",
    "Decision",
    "Delivered",
    "Delivery",
    "Documents",
    "EditError",
    "EditorSession",
    "Executions",
    "Eyes",
    "Feed",
    "Firing",
    "ForeseenNotebook",
    "Given",
    "GoingOn",
    "Handing",
    "Host",
    "LabAlarm",
    "LabCalls",
    "LabVariables",
    "Listener",
    "Listing",
    "LoggedNotices",
    "Mailboxes",
    "MappedUsers",
    "Measuring",
    "Migration",
    "Migrations",
    "NotebookCheck",
    "NotebookEdge",
    "NotebookExport",
    "NotebookFlows",
    "NotebookImport",
    "NotebookNode",
    "NotebookPlan",
    "Notebooks",
    "Notices",
    "Operations",
    "Page",
    "PageForm",
    "Pinned",
    "Pins",
    "Place",
    "Polling",
    "Preview",
    "Process",
    "Processes",
    "QstashCalls",
    "Queue",
    "QueueState",
    "QueueStats",
    "Received",
    "Recipients",
    "Recording",
    "Recordings",
    "RemoteSchedules",
    "Replay",
    "ReplayedState",
    "Reply",
    "ResumeView",
    "Retried",
    "Routing",
    "Run",
    "Runner",
    "Saved",
    "ScheduledNotebook",
    "SentNotices",
    "SessionBook",
    "SessionPage",
    "SessionView",
    "Shelf",
    "Slos",
    "Snapshot",
    "Sort",
    "Source",
    "Standing",
    "StepView",
    "Take",
    "Tried",
    "UserMapping",
    "Users",
    "VariableDifference",
    "VariablesFor",
    "VersionView",
    "Versions",
    "View",
    "ViewerSession",
    "WaitView",
    "Waiting",
    "Waits",
    "Wanted",
    "WantedSessions",
    "WayOn",
    "WebhookView",
    "Webhooks",
    "Worker",
    "WorkflowLine",
    "Workflows",
    "Written",
    "answer",
    "answer_viewer",
    "bundle_path",
    "check_owner",
    "compare_documents",
    "data_update",
    "examine_own_types",
    "find_problems",
    "import_notebook",
    "is_carried",
    "is_public",
    "keep_imported",
    "microseconds",
    "moment",
    "nodes_ever",
    "page_form_of",
    "parse_mapping",
    "paths_of",
    "read_source",
    "read_written",
    "refuse_present",
    "send_traces",
    "stamp_of",
    "text_update",
    "to_json",
    "variables_of",
    "views_of",
    "workflow_svg",
    "write_take",
]
