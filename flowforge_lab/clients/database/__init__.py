"""Databases by connection: statements built from forms, SQL that is judged, transactions, limits."""

from .building import (
    Delete,
    Insert,
    Order,
    Select,
    Statement,
    Update,
    Upsert,
    Where,
    WrittenSql,
)
from .client import Address, Databases, Outcome, Work
from .policy import TablePolicy, Verb

__all__ = [
    "Address",
    "Databases",
    "Delete",
    "Insert",
    "Order",
    "Outcome",
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
