"""Knows what a node type is (contract, registry, discovery) and the built-in ones, one file a kind.

Never: knows when a node runs, or what came before it.
"""

from .contract import (
    ERROR,
    IN,
    OUT,
    Answer,
    Attempt,
    Command,
    Effects,
    EffectsOf,
    Emit,
    Model,
    NodeType,
    NoInputs,
    Park,
    Port,
    node_type,
)
from .fields import (
    EXPRESSION,
    SECRET,
    VERBATIM,
    AnyValue,
    Expression,
    Marker,
    Python,
    Secret,
    Sql,
    Text,
)

__all__ = [
    "ERROR",
    "EXPRESSION",
    "IN",
    "OUT",
    "SECRET",
    "VERBATIM",
    "Answer",
    "AnyValue",
    "Attempt",
    "Command",
    "Effects",
    "EffectsOf",
    "Emit",
    "Expression",
    "Marker",
    "Model",
    "NoInputs",
    "NodeType",
    "Park",
    "Port",
    "Python",
    "Secret",
    "Sql",
    "Text",
    "node_type",
]
