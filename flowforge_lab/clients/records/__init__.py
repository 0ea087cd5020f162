"""Lists of records, worked through in this process by steps that are data: no code, no tables.

A record is a map of fields; a field that a record lacks counts as null, one that all lack is an error where a
step is about it. A dotted name such as `address.city` reaches into a field, unless the record has a field of
just that name.
"""

from .steps import apply_steps
from .words import Comparison, Gathering

__all__ = ["Comparison", "Gathering", "apply_steps"]
