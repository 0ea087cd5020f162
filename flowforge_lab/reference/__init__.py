"""Knows how node types and workflow files describe themselves: fields, reference pages, the JSON Schema.

Never: writes a description of its own; fields are read from the models, errors and examples from files.
"""

from .examples import example_of
from .fields import Field, fields_of
from .file_schema import workflow_schema
from .kinds import brief_of
from .pages import errors_page, node_page, nodes_index, parts_of
from .troubles import Trouble, all_troubles, can_fail_with, troubles_of

__all__ = [
    "Field",
    "Trouble",
    "all_troubles",
    "brief_of",
    "can_fail_with",
    "errors_page",
    "example_of",
    "fields_of",
    "node_page",
    "nodes_index",
    "parts_of",
    "troubles_of",
    "workflow_schema",
]
