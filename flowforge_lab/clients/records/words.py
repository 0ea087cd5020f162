"""The words by which steps compare a field, and gather the values of one."""

from typing import Literal

Comparison = Literal[
    "equals",
    "not_equals",
    "greater",
    "at_least",
    "less",
    "at_most",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "empty",
    "not_empty",
]
Gathering = Literal[
    "count",
    "size",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "first",
    "last",
    "list",
    "unique",
    "nunique",
    "join",
]
