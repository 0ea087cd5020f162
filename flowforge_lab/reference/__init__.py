"""Knows how node types and workflow files describe themselves: fields, reference pages, the JSON Schema.

Never: writes a description of its own; all of it is read from the models.
"""

from .fields import Field, fields_of
from .file_schema import workflow_schema
from .kinds import brief_of
from .pages import node_page, nodes_index

__all__ = [
    "Field",
    "brief_of",
    "fields_of",
    "node_page",
    "nodes_index",
    "workflow_schema",
]
