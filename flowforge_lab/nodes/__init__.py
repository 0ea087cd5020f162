"""Knows what a node type is (contract, registry, discovery) and the built-in ones, one file a kind.

Never: knows when a node runs, or what came before it.
"""

from .contract import (
    ERROR,
    IN,
    OUT,
    VALUE,
    Answer,
    Attempt,
    Command,
    Effects,
    EffectsOf,
    Emit,
    Iterate,
    Model,
    NodeType,
    NoInputs,
    OnItemError,
    Park,
    Port,
    fits,
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
from .own_files import NodeTypeError
from .registry import ENTRY_POINTS, Registry, builtin_types
from .roles import role_at

__all__ = [
    "ENTRY_POINTS",
    "ERROR",
    "EXPRESSION",
    "IN",
    "OUT",
    "SECRET",
    "VALUE",
    "VERBATIM",
    "Answer",
    "AnyValue",
    "Attempt",
    "Command",
    "Effects",
    "EffectsOf",
    "Emit",
    "Expression",
    "Iterate",
    "Marker",
    "Model",
    "NoInputs",
    "NodeType",
    "NodeTypeError",
    "OnItemError",
    "Park",
    "Port",
    "Python",
    "Registry",
    "Secret",
    "Sql",
    "Text",
    "builtin_types",
    "fits",
    "node_type",
    "role_at",
]
