"""SQL text, understood without running it: whether DuckDB can read it, and which values it asks for."""

import atexit
import re
import threading
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any

_PLACE = re.compile(r"LINE (\d+): (.*)\n( *)\^")
_CUT = "..."
_one_at_a_time = threading.Lock()


@lru_cache(maxsize=512)
def sql_parameters(text: str) -> frozenset[str]:
    """Return the names of the `$values` that the statements in `text` ask for.

    Raises:
        ValueError: DuckDB cannot read it, with line and character; or there is no statement in it.
    """
    import duckdb

    try:
        with _one_at_a_time:
            statements = _parser().extract_statements(text)
    except duckdb.Error as error:
        raise ValueError(_told(str(error), text)) from error
    if not statements:
        msg = "there is no statement in it"
        raise ValueError(msg)
    return frozenset(name for statement in statements for name in statement.named_parameters)


def parameters_told(wanted: Collection[str], given: Collection[str]) -> str:
    """Return what does not fit between the values that SQL asks for and those given; empty if all does."""
    missing = ", ".join(f"${name}" for name in sorted(wanted) if name not in given)
    unused = ", ".join(f"${name}" for name in sorted(given) if name not in wanted)
    parts = [f"no value for {missing}"] * bool(missing) + [
        f"a value is given for {unused}, which the SQL does not ask for"
    ] * bool(unused)
    return "; ".join(parts)


@cache
def _parser() -> Any:
    """Return a connection of our own, so that we neither wait for nor disturb that of a notebook."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1})
    atexit.register(_close_parser)
    return connection


def _close_parser() -> None:
    """Leave nothing of DuckDB to the end of the interpreter, where it would complain."""
    _parser().close()
    _parser.cache_clear()


def _told(message: str, text: str) -> str:
    """Return DuckDB's complaint as one line that says where."""
    what = message.partition("\n")[0].removeprefix("Parser Error: ")
    place = _PLACE.search(message)
    if place is None:
        return what
    line, excerpt = int(place[1]), place[2]
    column = len(place[3]) - len(f"LINE {line}: ")
    if excerpt.startswith(_CUT):
        whole = text.split("\n")[line - 1 : line] or [""]
        start = whole[0].find(excerpt.removeprefix(_CUT).removesuffix(_CUT))
        column = start + column - len(_CUT) if start >= 0 else -1
    character = f", character {column + 1}" if column >= 0 else ""
    return f"line {line}{character}: {what}"
