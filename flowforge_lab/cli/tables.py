"""Tables and values as people read them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from flowforge_lab.errors import Problem
from flowforge_lab.values import Frame

from .answers import plain, rows_of
from .words import GLYPHS, one_line

_SHOWN_ROWS = 12
_SHOWN_COLUMNS = 10
_SHOWN_CHARS = 2000
_CELL_CHARS = 60


def table_of(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> Table:
    """Return a plain table; texts are shown as they are, never read as markup."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, header_style="bold", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return table


def status_text(status: str) -> Text:
    """Return a status with its glyph and colour."""
    glyph, style = GLYPHS.get(status, ("·", ""))
    return Text(f"{glyph} {status}", style=style)


def problems_table(problems: Sequence[Problem], *, file: str = "") -> RenderableType:
    """Return problems as a table: where, what, and what would mend it."""
    rows = [
        (
            Text(problem.severity, style="red" if problem.severity == "error" else "yellow"),
            problem.line or "",
            problem.node,
            problem.field,
            problem.message,
            problem.hint,
        )
        for problem in problems
    ]
    table = table_of(("", "line", "node", "field", "problem", "hint"), rows)
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    count = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    head = Text(f"{file}: {count}" if file else count, style="bold red" if errors else "yellow")
    return Group(head, table)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def shown(value: Any) -> RenderableType:
    """Return a value for the eye: frames and lists of rows as tables, the rest as JSON, all cut to size."""
    if isinstance(value, Frame):
        return rows_table(rows_of(value, _SHOWN_ROWS), value.row_count, list(value.columns))
    if _is_rows(value):
        return rows_table([plain(row) for row in value[:_SHOWN_ROWS]], len(value), list(value[0]))
    if isinstance(value, Mapping) and any(isinstance(item, Frame) for item in value.values()):
        return Group(*(part for name, item in value.items() for part in _named(name, item)))
    if isinstance(value, str):
        return Text(_cut(value))
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    return Syntax(_cut(text), "json", background_color="default", word_wrap=True)


def _named(name: str, value: Any) -> tuple[RenderableType, ...]:
    label = (f"{name}: ", "bold")
    if value is None or isinstance(value, str | int | float):
        text = _cell(value) if isinstance(value, float) else _cut(str(value))
        return (Text.assemble(label, text),)
    return (Text.assemble(label), shown(value))


def _is_rows(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, Mapping) and row.keys() == value[0].keys() for row in value)
    )


def rows_table(rows: Sequence[Mapping[str, Any]], count: int, columns: list[str]) -> Group:
    """Return rows as a table, with a note where it holds less than all `count` rows and columns."""
    kept = columns[:_SHOWN_COLUMNS]
    table = table_of(kept, ([_cell(row.get(name)) for name in kept] for row in rows))
    notes = []
    if count > len(rows):
        notes.append(f"… {count - len(rows):,} more of {count:,} rows")
    if len(columns) > len(kept):
        notes.append(f"… {len(columns) - len(kept)} more columns")
    return Group(table, *(Text(note, style="dim") for note in notes))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    return one_line(text, _CELL_CHARS) if value is not None else ""


def _cut(text: str) -> str:
    if len(text) <= _SHOWN_CHARS:
        return text
    return f"{text[:_SHOWN_CHARS]}\n… {len(text) - _SHOWN_CHARS:,} more characters"
