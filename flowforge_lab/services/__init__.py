"""Knows what can be asked for, one class a noun; used alike by the command line, the screens and notebooks.

Never: knows who asks, or draws anything.
"""

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
from .migrations import Migration, Migrations
from .moments import microseconds, moment
from .pins import Pinned, Pins
from .sides import compare_documents, read_written
from .variables import LabVariables
from .versions import Versions, VersionView
from .workflows import Saved, Source, Workflows

__all__ = [
    "EditError",
    "EditorSession",
    "Executions",
    "Feed",
    "Host",
    "LabVariables",
    "Listener",
    "Migration",
    "Migrations",
    "Pinned",
    "Pins",
    "Run",
    "Runner",
    "Saved",
    "Source",
    "StepView",
    "VersionView",
    "Versions",
    "View",
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
