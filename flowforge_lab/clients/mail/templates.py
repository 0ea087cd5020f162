"""Texts with places for values: `{{ customer.name }}` in a file, escaped where the text is HTML."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowforge_lab.errors import NodeError

_PLACE = re.compile(r"\{\{([^{}]*)\}\}")
_PATH = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*")


def fill_template(text: str, values: Mapping[str, Any], *, is_html: bool) -> str:
    """Return the text with a value for each place; a list of records becomes a table.

    Raises:
        NodeError: a place names no value (`mail.template`).
    """

    def filled(place: re.Match[str]) -> str:
        name = place[1].strip()
        if not _PATH.fullmatch(name):
            msg = f"expected a name such as customer.name, found {name!r:.60}"
            raise _wrong(msg)
        value = _value_at(values, name)
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            return table_of_records(value, is_html=is_html)
        written = "" if value is None else str(value)
        return html.escape(written) if is_html else written

    return _PLACE.sub(filled, text)


def table_of_records(records: Sequence[Mapping[str, Any]], *, is_html: bool) -> str:
    """Return records as an HTML table, or as lines of text."""
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    rows = [
        ["" if record.get(name) is None else str(record[name]) for name in names]
        for record in records
    ]
    if not is_html:
        return "\n".join(" | ".join(row) for row in [names, *rows])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _value_at(values: Mapping[str, Any], path: str) -> Any:
    value: Any = values
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            msg = f"no value for {path!r}; there is: {', '.join(values) or 'nothing'}"
            raise _wrong(msg)
        value = value[name]
    return value


def _wrong(detail: str) -> NodeError:
    title = "the template cannot be filled in"
    return NodeError(title, type="mail.template", detail=detail, is_transient=False)
