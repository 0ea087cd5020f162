"""Databases by connection: statements built from forms, SQL that is judged, transactions, limits."""

from .client import Databases
from .policy import TablePolicy, Verb
from .statements import (
    Delete,
    Insert,
    Order,
    Ready,
    Select,
    Statement,
    Update,
    Upsert,
    Where,
    WrittenSql,
)
from .work import Address, Outcome, Work

__all__ = [
    "Address",
    "Databases",
    "Delete",
    "Insert",
    "Order",
    "Outcome",
    "Ready",
    "Select",
    "Statement",
    "TablePolicy",
    "Update",
    "Upsert",
    "Verb",
    "Where",
    "Work",
    "WrittenSql",
]
