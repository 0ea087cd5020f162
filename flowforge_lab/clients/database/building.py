"""Statements from forms: names are quoted, values are bound, and nothing else reaches the text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from flowforge_lab.errors import NodeError

from .policy import TableName, TablePolicy, check_name
from .statements import (
    Delete,
    Dialect,
    Insert,
    Ready,
    Select,
    Statement,
    Update,
    Upsert,
    Where,
    WrittenSql,
)

MAX_BOUND = 20_000
"""How many values one INSERT binds at most; PostgreSQL takes 65,535."""
_SIGNS: Mapping[str, str] = {
    "equals": "=",
    "not_equals": "<>",
    "greater": ">",
    "at_least": ">=",
    "less": "<",
    "at_most": "<=",
}
_PATTERNS: Mapping[str, str] = {
    "contains": "%{}%",
    "starts_with": "{}%",
    "ends_with": "%{}",
}


def built(statement: Statement, policy: TablePolicy, dialect: Dialect) -> Iterator[Ready]:
    """Yield the statement for the driver; an insert of many rows comes in several.

    Raises:
        NodeError: the policy does not allow it (`sql.not_allowed`), or it can never run (`sql.invalid`).
    """
    match statement:
        case Select():
            yield _select(statement, policy, _Text(dialect))
        case Insert():
            policy.allow("insert", policy.table(statement.table))
            yield from _insert(statement, policy, dialect)
        case Upsert():
            policy.allow("insert", policy.table(statement.table))
            policy.allow("update", policy.table(statement.table))
            yield from _insert(statement, policy, dialect)
        case Update():
            yield _update(statement, policy, _Text(dialect))
        case Delete():
            yield _delete(statement, policy, _Text(dialect))
        case WrittenSql():
            from .judging import judged  # brings a parser of SQL, which forms can do without

            yield judged(statement, policy, dialect)


class _Text:
    """Text under way, with the values bound so far."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.values: dict[str, Any] = {}

    def value(self, value: Any) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s" if self._dialect == "postgres" else f"${name}"

    def name(self, name: str) -> str:
        check_name(name)
        quoted = '"' + name.replace('"', '""') + '"'
        return quoted.replace("%", "%%") if self._dialect == "postgres" else quoted

    def names(self, names: Sequence[str]) -> str:
        return ", ".join(map(self.name, names))

    def table(self, table: TableName) -> str:
        return f"{self.name(table.schema)}.{self.name(table.name)}"

    def pattern(self, form: str, value: Any) -> str:
        text = str(value).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return self.value(form.format(text))

    def ready(self, text: str, *, has_rows: bool, is_read: bool = False) -> Ready:
        return Ready(text, self.values, has_rows, is_read)


def _select(told: Select, policy: TablePolicy, text: _Text) -> Ready:
    table = policy.table(told.table)
    policy.allow("select", table)
    columns = told.columns or policy.columns_of(table) or ()
    policy.allow_columns(table, columns)
    policy.allow_columns(table, [key.column for key in told.order_by])
    order = ", ".join(
        f"{text.name(key.column)}{' DESC' if key.is_descending else ''} NULLS LAST"
        for key in told.order_by
    )
    parts = [
        f"SELECT {text.names(columns) or '*'} FROM {text.table(table)}",  # noqa: S608  # names quoted
        _where(told, table, policy, text=text),
        f"ORDER BY {order}" if order else "",
        f"LIMIT {int(told.limit)}" if told.limit is not None else "",
        f"OFFSET {int(told.offset)}" if told.offset else "",
    ]
    return text.ready(" ".join(filter(None, parts)), has_rows=True, is_read=True)


def _update(told: Update, policy: TablePolicy, text: _Text) -> Ready:
    table = policy.table(told.table)
    policy.allow("update", table)
    policy.allow_columns(table, told.values)
    if not told.values:
        msg = "there is nothing to set"
        raise _invalid(msg)
    changes = ", ".join(
        f"{text.name(column)} = {text.value(value)}" for column, value in told.values.items()
    )
    parts = [
        f"UPDATE {text.table(table)} SET {changes}",  # noqa: S608  # names quoted, values bound
        _where(told, table, policy, text=text),
        _returning(told.returning, table, policy, text=text),
    ]
    return text.ready(" ".join(filter(None, parts)), has_rows=bool(told.returning))


def _delete(told: Delete, policy: TablePolicy, text: _Text) -> Ready:
    table = policy.table(told.table)
    policy.allow("delete", table)
    parts = [
        f"DELETE FROM {text.table(table)}",  # noqa: S608  # names quoted, values bound
        _where(told, table, policy, text=text),
        _returning(told.returning, table, policy, text=text),
    ]
    return text.ready(" ".join(filter(None, parts)), has_rows=bool(told.returning))


def _insert(told: Insert | Upsert, policy: TablePolicy, dialect: Dialect) -> Iterator[Ready]:
    table = policy.table(told.table)
    columns = list(dict.fromkeys(name for row in told.rows for name in row))
    if told.rows and not columns:
        msg = "the rows have no fields"
        raise _invalid(msg)
    policy.allow_columns(table, columns)
    for given, chunk in _chunks(told, columns):
        text = _Text(dialect)
        rows = ", ".join(_row(row, given, text) for row in chunk)
        parts = [
            f"INSERT INTO {text.table(table)} ({text.names(given)}) VALUES {rows}",  # noqa: S608  # names quoted, values bound
            _on_conflict(told, given, policy, text=text) if isinstance(told, Upsert) else "",
            _returning(told.returning, table, policy, text=text),
        ]
        yield text.ready(" ".join(filter(None, parts)), has_rows=bool(told.returning))


def _chunks(
    told: Insert | Upsert, columns: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[Mapping[str, Any]]]]:
    """Yield the columns and rows of one statement after the other, in the order of the rows.

    A row to be added has the default of a field that it lacks. One that may be there already keeps it: rows
    with other fields are told in a statement of their own.
    """
    shapes: Iterable[tuple[Sequence[str], Sequence[Mapping[str, Any]]]] = [(columns, told.rows)]
    if isinstance(told, Upsert):
        by_shape = groupby(told.rows, key=lambda row: [name for name in columns if name in row])
        shapes = ((given, list(rows)) for given, rows in by_shape)
    for given, rows in shapes:
        at_once = max(MAX_BOUND // max(len(given), 1), 1)
        for start in range(0, len(rows), at_once):
            yield given, rows[start : start + at_once]


def _row(row: Mapping[str, Any], columns: Sequence[str], text: _Text) -> str:
    values = (text.value(row[name]) if name in row else "DEFAULT" for name in columns)
    return f"({', '.join(values)})"


def _on_conflict(told: Upsert, columns: Sequence[str], policy: TablePolicy, *, text: _Text) -> str:
    table = policy.table(told.table)
    policy.allow_columns(table, [*told.key, *(told.update or ())])
    if not told.key:
        msg = "an upsert needs the columns of a key"
        raise _invalid(msg)
    rest = [name for name in columns if name not in told.key]
    changed = rest if told.update is None else [name for name in told.update if name in columns]
    if not changed:
        return f"ON CONFLICT ({text.names(told.key)}) DO NOTHING"
    changes = ", ".join(f"{text.name(name)} = EXCLUDED.{text.name(name)}" for name in changed)
    return f"ON CONFLICT ({text.names(told.key)}) DO UPDATE SET {changes}"


def _returning(
    columns: Sequence[str], table: TableName, policy: TablePolicy, *, text: _Text
) -> str:
    if not columns:
        return ""
    policy.allow_verb("select")
    policy.allow_columns(table, columns)
    return f"RETURNING {text.names(columns)}"


def _where(
    told: Select | Update | Delete, table: TableName, policy: TablePolicy, *, text: _Text
) -> str:
    if not told.where:
        return ""
    policy.allow_columns(table, [one.column for one in told.where])
    between = " AND " if told.match == "all" else " OR "
    return "WHERE " + between.join(_condition(one, text) for one in told.where)


def _condition(one: Where, text: _Text) -> str:
    name, column, value = one.comparison, text.name(one.column), one.value
    if name in {"empty", "not_empty"} or (value is None and name in {"equals", "not_equals"}):
        is_null = name in {"empty", "equals"}
        return f"{column} IS NULL" if is_null else f"{column} IS NOT NULL"
    if name in {"in", "not_in"}:
        return _listed(name, column, value, text=text)
    if name in _SIGNS:
        return f"{column} {_SIGNS[name]} {text.value(value)}"
    no = "NOT " if name.startswith("not_") else ""
    form = _PATTERNS[name.removeprefix("not_")]
    return rf"{column} {no}LIKE {text.pattern(form, value)} ESCAPE '\'"


def _listed(name: str, column: str, value: Any, *, text: _Text) -> str:
    if not isinstance(value, list | tuple):
        msg = f"{name!r} needs a list of values, found {type(value).__name__}"
        raise _invalid(msg)
    if not value:
        return "FALSE" if name == "in" else "TRUE"
    no = "NOT " if name == "not_in" else ""
    return f"{column} {no}IN ({', '.join(map(text.value, value))})"


def _invalid(detail: str) -> NodeError:
    title = "the statement cannot be run"
    return NodeError(title, type="sql.invalid", detail=detail, is_transient=False)
