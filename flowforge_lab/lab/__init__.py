"""Knows how the parts become a lab: the one place where concrete parts are wired, `open_lab`.

Never: does the work of a part.
"""

from .bench import LabBench
from .circuits import OpenCircuit
from .collector import spared_collector
from .databases import database_status, move_store, set_up_lab_database, shared_place
from .dead_letters import ids_of as dead_letter_ids
from .debugger import Debugger
from .eyes import LabEyes
from .hindsight import backtests_of, recordings_of
from .inspector import Inspector
from .lab import Lab, open_lab
from .lent import LentLab
from .logs import JsonLines, log_to_stderr
from .metrics_port import metrics_served
from .notebooks import going_on_of, notebooks_of, plan_of
from .parts import Parts
from .place import FOLDER, find_root, root_for
from .projects import session_book
from .runner import LabRunner
from .shared import open_session, shared_lab
from .upkeep import CRASH_PATIENCE_SECONDS, examined, swept

__all__ = [
    "CRASH_PATIENCE_SECONDS",
    "FOLDER",
    "Debugger",
    "Inspector",
    "JsonLines",
    "Lab",
    "LabBench",
    "LabEyes",
    "LabRunner",
    "LentLab",
    "OpenCircuit",
    "Parts",
    "backtests_of",
    "database_status",
    "dead_letter_ids",
    "examined",
    "find_root",
    "going_on_of",
    "log_to_stderr",
    "metrics_served",
    "move_store",
    "notebooks_of",
    "open_lab",
    "open_session",
    "plan_of",
    "recordings_of",
    "root_for",
    "session_book",
    "set_up_lab_database",
    "shared_lab",
    "shared_place",
    "spared_collector",
    "swept",
]
