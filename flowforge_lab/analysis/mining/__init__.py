"""Knows how executions really went: their ways, the edges they took and how long that was, and exports of it.

Never: runs anything, or guesses an order: which visit followed which stands in the journal.
"""

from .log import EventLog
from .mined import Mined, Way
from .ocel import write_ocel
from .xes import write_xes

__all__ = ["EventLog", "Mined", "Way", "write_ocel", "write_xes"]
