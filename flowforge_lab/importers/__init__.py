"""Knows the workflow files of other products, and what in them can be said here.

Never: runs anything of them, takes credentials over, or fails for what is strange inside a document.
"""

from .files import import_file
from .foreign import SOURCES, Source, find_source, read_foreign
from .report import Fate, Imported, Line, Wanted

__all__ = [
    "SOURCES",
    "Fate",
    "Imported",
    "Line",
    "Source",
    "Wanted",
    "find_source",
    "import_file",
    "read_foreign",
]
