"""Knows how a plan is run: ready steps, attempts, retries, waits; says in `ports` what it needs from outside.

Never: opens a file or a socket, or knows which store, screen or clock it works with.
"""

from .addresses import PATH, Addresses
from .alarms import Alarm, Failure
from .calling import Call, Calls
from .closing import head_of
from .endings import Ended, Mark, StandIn, mark_of
from .engine import Engine, Handle, Started
from .failures import error_value
from .migration import MIGRATE, obstacles
from .opening import MAX_PRIORITY, Seed, Start
from .outcome import Outcome
from .payloads import Payloads
from .ports import (
    Admission,
    Blobs,
    Claimed,
    Head,
    Journal,
    Lease,
    Listener,
    NewExecution,
    OnLimit,
    Signal,
    Wait,
)
from .rehearsal import rehearse
from .scope import NodesView, Values, execution_facts
from .signals import BY_PARENT
from .traces import Trace
from .world import Limits, World

__all__ = [
    "BY_PARENT",
    "MAX_PRIORITY",
    "MIGRATE",
    "PATH",
    "Addresses",
    "Admission",
    "Alarm",
    "Blobs",
    "Call",
    "Calls",
    "Claimed",
    "Ended",
    "Engine",
    "Failure",
    "Handle",
    "Head",
    "Journal",
    "Lease",
    "Limits",
    "Listener",
    "Mark",
    "NewExecution",
    "NodesView",
    "OnLimit",
    "Outcome",
    "Payloads",
    "Seed",
    "Signal",
    "StandIn",
    "Start",
    "Started",
    "Trace",
    "Values",
    "Wait",
    "World",
    "error_value",
    "execution_facts",
    "head_of",
    "mark_of",
    "obstacles",
    "rehearse",
]
