"""Knows questions over the history, answered as pandas frames while executions run elsewhere.

Never: writes anything, or holds up who runs.
"""

from .frames import Frames
from .tables import TABLES, Query, Selection, TableName, select

__all__ = ["TABLES", "Frames", "Query", "Selection", "TableName", "select"]
