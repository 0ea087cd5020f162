"""What may be done over a connection: which statements, to which tables, with which columns."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

import msgspec

from flowforge_lab.errors import NodeError

Verb = Literal["select", "insert", "update", "delete"]
MAX_NAME_BYTES = 63
"""PostgreSQL cuts longer names off, so that what was judged would not be what is meant."""


class TableName(NamedTuple):
    """A table with its schema, spelt as the database keeps it."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class TablePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The white list of a connection.

    `tables` are names or patterns such as `sales.*`; a name without a schema is of `schema`. `columns` limits
    tables to some of their columns; `functions` are those that SQL may call besides the well-known ones, or
    though they act on the server.
    """

    statements: frozenset[Verb] = frozenset({"select"})
    tables: tuple[str, ...] = ("*",)
    columns: Mapping[str, tuple[str, ...]] = {}
    functions: frozenset[str] = frozenset()
    schema: str = "public"

    @property
    def is_open(self) -> bool:
        """Whether every table may be used with all its columns."""
        return "*" in self.tables and not self.columns

    def table(self, written: str) -> TableName:
        """Return a table by its name as written in a form, `orders` or `sales.orders`.

        Raises:
            NodeError: no table has such a name (`sql.invalid`).
        """
        schema, _, name = written.rpartition(".")
        for part in (schema or self.schema, name):
            check_name(part)
        return TableName(schema or self.schema, name)

    def allow(self, verb: Verb, table: TableName) -> None:
        """Let a statement of this kind use the table.

        Raises:
            NodeError: the connection does not allow it (`sql.not_allowed`).
        """
        self.allow_verb(verb)
        if not any(self._fits(pattern, table) for pattern in self.tables):
            msg = f"the table {table} is not on the connection's list"
            raise not_allowed(msg)

    def allow_verb(self, verb: Verb) -> None:
        """Let a statement of this kind run.

        Raises:
            NodeError: the connection does not allow it (`sql.not_allowed`).
        """
        if verb not in self.statements:
            has = ", ".join(sorted(self.statements)) or "none"
            msg = f"the connection allows no {verb}; it allows: {has}"
            raise not_allowed(msg)

    def columns_of(self, table: TableName) -> tuple[str, ...] | None:
        """Return the only columns of the table that may be used; `None` where all may."""
        for written, columns in self.columns.items():
            if self._fits(written, table):
                return columns
        return None

    def allow_columns(self, table: TableName, names: Iterable[str]) -> None:
        """Let a statement use columns of the table.

        Raises:
            NodeError: one of them is not on the list (`sql.not_allowed`), or cannot be a name.
        """
        known = self.columns_of(table)
        for name in names:
            check_name(name)
            if known is not None and name not in known:
                msg = f"the column {name!r} of {table} is not on the connection's list"
                raise not_allowed(msg)

    def _fits(self, pattern: str, table: TableName) -> bool:
        if pattern == "*":
            return True
        full = pattern if "." in pattern else f"{self.schema}.{pattern}"
        return fnmatchcase(str(table), full)


def check_name(name: str) -> None:
    """Refuse what cannot be the name of anything.

    Raises:
        NodeError: it is empty, too long, or has a character no name has (`sql.invalid`).
    """
    is_named = bool(name) and "\x00" not in name
    if not is_named or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
        title = "the statement cannot be run"
        detail = f"expected a name of 1 to {MAX_NAME_BYTES} bytes, found {name!r:.80}"
        raise NodeError(title, type="sql.invalid", detail=detail, is_transient=False)


def not_allowed(detail: str) -> NodeError:
    """Return the error for what the connection does not allow."""
    return NodeError(
        "the connection does not allow this",
        type="sql.not_allowed",
        detail=detail,
        is_transient=False,
    )
