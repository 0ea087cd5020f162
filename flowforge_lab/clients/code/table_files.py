"""What a worker does to files of tables: reads and writes CSV, Parquet, Excel, JSON and JSON lines.

Only workers import this file: pandas stays out of the process that keeps the time.
"""

import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from flowforge_lab.errors import NodeError

from .tables import apply_operations

Table = pd.DataFrame
Facts = Mapping[str, Any]
_ALL = "*"
_BY_ENDING = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def work_through(
    source: Facts, operations: Sequence[Facts], *, max_rows: int, write: Facts | None
) -> dict[str, Any]:
    """Return the table after all operations, its rows if they are few, and its file if one is wanted.

    Raises:
        NodeError: the file is no table (`frame.read`), an operation does not fit it (`frame.operation`), or
            it cannot be written so (`frame.write`).
    """
    table = source["frame"] if "frame" in source else read_table(source)
    done = apply_operations(table, operations, max_rows)
    return {**done, "content": None if write is None else write_table(done["frame"], write)}


def write_tables(tables: Sequence[Any], formats: Sequence[Facts]) -> list[bytes]:
    """Return a file for each of the tables.

    Raises:
        NodeError: one cannot be written so (`frame.write`).
    """
    frames = [one if isinstance(one, Table) else Table(one) for one in tables]
    return [write_table(one, facts) for one, facts in zip(frames, formats, strict=True)]


def read_table(source: Facts) -> Table:
    """Return the table in a file, or in its bytes."""
    kind = _kind_of(source, default="csv")
    place: Any = Path(source["path"]) if "path" in source else io.BytesIO(source["content"])
    with _told("frame.read", f"{source['name'] or 'the file'} is no {kind} table"):
        return _READ[kind](place, source)


def write_table(frame: Table, facts: Facts) -> bytes:
    """Return the bytes of a file with the table in it."""
    kind = _kind_of(facts, default="csv")
    sink = io.BytesIO()
    with _told("frame.write", f"the table cannot be written as {kind}"):
        _WRITE[kind](frame, sink, facts)
    return sink.getvalue()


def _kind_of(facts: Facts, *, default: str) -> str:
    if facts["format"] != "auto":
        return str(facts["format"])
    endings = [one for one in PurePosixPath(facts["name"]).suffixes if one.lower() != ".gz"]
    return _BY_ENDING.get(endings[-1].lower() if endings else "", default)


@contextmanager
def _told(kind: str, title: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        detail = "Excel files need openpyxl: pip install flowforge-lab[excel]"
        msg = "a library is missing"
        raise NodeError(msg, type="library.missing", detail=detail, is_transient=False) from error
    except MemoryError:
        raise
    except Exception as error:  # the readers raise whatever their formats do
        detail = str(error) or type(error).__name__
        raise NodeError(title, type=kind, detail=detail, is_transient=False) from error


def _read_csv(place: Any, source: Facts) -> Table:
    return _read_separated(place, source, source["separator"])


def _read_tsv(place: Any, source: Facts) -> Table:
    return _read_separated(place, source, "\t")


def _read_separated(place: Any, source: Facts, separator: str) -> Table:
    found = pd.read_csv(
        place,
        sep=separator,
        compression=_packing(source),
        dtype=_as_text(source),
        encoding=source["encoding"],
        decimal=source["decimal"],
    )
    return _with_all(found, source)


def _as_text(source: Facts) -> Any:
    """Return the types that are given, as pandas takes them: it guesses all others."""
    names: list[str] = source["text"]
    return str if _ALL in names else dict.fromkeys(names, str)


def _with_all(found: Table, source: Facts) -> Table:
    """Return the table if it has the columns that are to be text."""
    missing = [name for name in source["text"] if name != _ALL and name not in found.columns]
    if missing:
        msg = (
            f"no column {missing[0]!r} to be text; there are: {', '.join(map(str, found.columns))}"
        )
        raise ValueError(msg)
    return found


def _packing(source: Facts) -> Any:
    return "gzip" if source["name"].lower().endswith(".gz") else None


def _read_excel(place: Any, source: Facts) -> Table:
    sheet, types = source["sheet"] or 0, _as_text(source)
    found = pd.read_excel(place, sheet_name=sheet, engine="openpyxl", dtype=types)
    found = _with_all(found, source)
    return found.dropna(how="all", axis=1) if found.empty else found


def _read_json(place: Any, source: Facts) -> Table:
    rows = json.loads(_text(place, source))
    if not isinstance(rows, list):
        msg = f"expected a list of records, found {type(rows).__name__}"
        raise TypeError(msg)
    return Table(rows)


def _read_jsonl(place: Any, source: Facts) -> Table:
    lines = _text(place, source).splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        msg = "expected one record in each line"
        raise TypeError(msg)
    if not rows:
        msg = "there is no line in it"
        raise ValueError(msg)
    return Table(rows)


def _text(place: Any, source: Facts) -> bytes:
    content: bytes = place.read_bytes() if isinstance(place, Path) else place.getvalue()
    return gzip.decompress(content) if _packing(source) else content


def _read_parquet(place: Any, _source: Facts) -> Table:
    return pd.read_parquet(place)


_READ: Mapping[str, Callable[[Any, Facts], Table]] = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "excel": _read_excel,
    "json": _read_json,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
}


def _write_csv(frame: Table, sink: io.BytesIO, facts: Facts) -> None:
    frame.to_csv(sink, sep=facts["separator"], index=False)


def _write_tsv(frame: Table, sink: io.BytesIO, _facts: Facts) -> None:
    frame.to_csv(sink, sep="\t", index=False)


def _write_excel(frame: Table, sink: io.BytesIO, facts: Facts) -> None:
    """Write a sheet; Excel knows no time zones, so that times are given in UTC without one.

    Text stays text, also where it looks like a formula.
    """
    zoned = frame.select_dtypes(include=["datetimetz"]).columns
    plain = frame.assign(
        **{name: frame[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in zoned}
    )
    book = pd.ExcelWriter(sink, engine="openpyxl")
    plain.to_excel(book, sheet_name=facts["sheet"], index=False)
    for column in book.sheets[facts["sheet"]].iter_cols():
        for cell in column:
            if cell.data_type == "f":  # what a stranger wrote must not run
                cell.data_type = "s"
    book.close()  # writes it


def _write_json(frame: Table, sink: io.BytesIO, _facts: Facts) -> None:
    frame.to_json(sink, orient="records", date_format="iso", force_ascii=False)


def _write_jsonl(frame: Table, sink: io.BytesIO, _facts: Facts) -> None:
    frame.to_json(sink, orient="records", lines=True, date_format="iso", force_ascii=False)


def _write_parquet(frame: Table, sink: io.BytesIO, _facts: Facts) -> None:
    frame.to_parquet(sink, index=False, compression="zstd")


_WRITE: Mapping[str, Callable[[Table, io.BytesIO, Facts], None]] = {
    "csv": _write_csv,
    "tsv": _write_tsv,
    "excel": _write_excel,
    "json": _write_json,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
}
