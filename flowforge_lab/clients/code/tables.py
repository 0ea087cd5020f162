"""What a worker does to tables: reads them, and works through the operations of `data.frame`.

Only workers import this file: pandas stays out of the process that keeps the time.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype

from flowforge_lab.clients.http import items_at
from flowforge_lab.errors import NodeError

from .evaluation import computed

Table = pd.DataFrame
Operation = Mapping[str, Any]


def apply_operations(
    frame: Table | list[Any], operations: Sequence[Operation], max_rows: int
) -> dict[str, Any]:
    """Return the table after all operations, and its rows too if there are at most `max_rows`.

    Raises:
        NodeError: an operation does not fit the table (`frame.operation`).
    """
    table = frame if isinstance(frame, Table) else Table(frame)
    for index, operation in enumerate(operations):
        table = _applied(table, operation, index)
    table = table.reset_index(drop=True)
    rows = _records(table) if len(table) <= max_rows else None
    return {"frame": table, "rows": rows}


def _applied(frame: Table, operation: Operation, index: int) -> Table:
    try:
        return _OPERATIONS[operation["op"]](frame, operation)
    except MemoryError:
        raise
    except Exception as error:  # a formula in it may raise anything
        what = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        title = f"operations[{index}] ({operation['op']}): {what or type(error).__name__}"
        has = f"the table has: {', '.join(map(str, frame.columns))}"
        raise NodeError(title, type="frame.operation", detail=has, is_transient=False) from error


def _records(frame: Table) -> list[dict[str, Any]]:
    plain = frame.astype(object)
    rows: list[dict[str, Any]] = plain.where(frame.notna(), None).to_dict("records")  # type: ignore[assignment]  # the stubs say Hashable
    return rows


def _select(frame: Table, operation: Operation) -> Table:
    return frame[operation["columns"]]


def _filter(frame: Table, operation: Operation) -> Table:
    holds = computed(frame, operation["where"], operation["parameters"])
    if not isinstance(holds, pd.Series) or not _is_truth(holds):
        msg = "expected a formula that is true or false for each row"
        raise TypeError(msg)
    return frame.loc[holds]


def _is_truth(column: "pd.Series[Any]") -> bool:
    return is_bool_dtype(column.dtype) or column.dtype == object


def _assign(frame: Table, operation: Operation) -> Table:
    result = frame.copy()
    for name, formula in operation["columns"].items():
        result[name] = computed(result, formula, operation["parameters"])
    return result


def _group(frame: Table, operation: Operation) -> Table:
    by, aggregates = operation["by"], operation["aggregates"]
    if not by:
        values = {item["name"]: [_aggregate(frame, item)] for item in aggregates}
        return Table(values)
    groups = frame.groupby(by, dropna=False, sort=True, observed=True)
    columns = [
        (
            groups.size()
            if item["function"] == "size"
            else groups[item["column"]].agg(item["function"])
        ).rename(item["name"])
        for item in aggregates
    ]
    side_by_side: Table = pd.concat(columns, axis=1)
    return side_by_side.reset_index()


def _aggregate(frame: Table, item: Mapping[str, Any]) -> Any:
    if item["function"] == "size":
        return len(frame)
    return frame[item["column"]].agg(item["function"])


def _join(frame: Table, operation: Operation) -> Table:
    other = pd.DataFrame(operation["other"])
    left, right = operation["on"], operation["other_on"] or operation["on"]
    return frame.merge(
        other,
        how=operation["how"],
        left_on=left or None,
        right_on=right or None,
        suffixes=("", operation["suffix"]),
    )


def _pivot(frame: Table, operation: Operation) -> Table:
    wide = frame.pivot_table(
        index=operation["rows"],
        columns=operation["columns"],
        values=operation["values"],
        aggfunc=operation["function"],
        observed=True,
    )
    wide.columns = [str(name) for name in wide.columns]
    return wide.reset_index()


def _melt(frame: Table, operation: Operation) -> Table:
    return frame.melt(
        id_vars=operation["keep"],
        value_vars=operation["columns"] or None,
        var_name=operation["name_to"],
        value_name=operation["value_to"],
    )


def _append(frame: Table, operation: Operation) -> Table:
    return pd.concat([frame, pd.DataFrame(operation["other"])], ignore_index=True)


def _resample(frame: Table, operation: Operation) -> Table:
    on, by = operation["on"], operation["by"]
    timed = frame.assign(**{on: pd.to_datetime(frame[on])}).dropna(subset=[on]).set_index(on)
    if not by:
        return _filled(_stretches(timed, operation), operation["fill"]).reset_index()
    parts = []
    groups: Any = timed.groupby(by, dropna=False, sort=True, observed=True)
    for key, part in groups:
        stretch = _filled(_stretches(part, operation), operation["fill"]).reset_index()
        names: dict[str, Any] = dict(zip(by, key, strict=True))
        parts.append(stretch.assign(**names)[[*by, *stretch.columns]])
    return pd.concat(parts, ignore_index=True) if parts else frame.iloc[:0]


def _stretches(timed: Table, operation: Operation) -> Table:
    stretches = timed.resample(operation["every"])
    columns = [
        (
            stretches.size()
            if item["function"] == "size"
            else stretches[item["column"]].agg(item["function"])
        ).rename(item["name"])
        for item in operation["aggregates"]
    ]
    side_by_side: Table = pd.concat(columns, axis=1)
    return side_by_side


def _filled(frame: Table, fill: str) -> Table:
    if fill == "zero":
        return frame.fillna(0)
    return frame.ffill() if fill == "previous" else frame


def _split(frame: Table, operation: Operation) -> Table:
    name, into = operation["column"], operation["into"]
    column: Any = frame[name]
    parts = column.map(lambda value: _parts(value, operation["separator"]))
    if not into:
        return frame.assign(**{name: parts}).explode(name, ignore_index=True)
    new = {
        new_name: parts.map(lambda found, at=index: found[at] if at < len(found) else None)
        for index, new_name in enumerate(into)
    }
    return frame.assign(**new)


def _parts(value: Any, separator: str) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(separator)]
    if isinstance(value, Sequence) or hasattr(value, "tolist"):
        return list(value)
    return []


def _drop(frame: Table, operation: Operation) -> Table:
    return frame.drop(columns=operation["columns"])


def _sort(frame: Table, operation: Operation) -> Table:
    return frame.sort_values(
        operation["by"], ascending=not operation["descending"], kind="stable", na_position="last"
    )


def _head(frame: Table, operation: Operation) -> Table:
    return frame.head(operation["count"])


def _rename(frame: Table, operation: Operation) -> Table:
    renamed = frame.rename(columns=operation["columns"], errors="raise")
    twins = renamed.columns[renamed.columns.duplicated()]
    if len(twins):
        msg = f"two columns would be called {twins[0]!r}: drop or rename the other one"
        raise KeyError(msg)
    return renamed


def _drop_duplicates(frame: Table, operation: Operation) -> Table:
    return frame.drop_duplicates(operation["columns"] or None, keep=operation["keep"])


def _fillna(frame: Table, operation: Operation) -> Table:
    missing = [name for name in operation["values"] if name not in frame.columns]
    if missing:
        msg = f"no column {missing[0]!r}"
        raise KeyError(msg)
    return frame.fillna(operation["values"])


def _astype(frame: Table, operation: Operation) -> Table:
    result = frame.copy()
    for name, kind in operation["columns"].items():
        result[name] = (
            pd.to_datetime(result[name]) if kind == "datetime" else result[name].astype(kind)
        )
    return result


_OPERATIONS: dict[str, Callable[[Table, Operation], Table]] = {
    "select": _select,
    "filter": _filter,
    "assign": _assign,
    "group": _group,
    "join": _join,
    "pivot": _pivot,
    "melt": _melt,
    "append": _append,
    "resample": _resample,
    "split": _split,
    "drop": _drop,
    "sort": _sort,
    "head": _head,
    "rename": _rename,
    "drop_duplicates": _drop_duplicates,
    "fillna": _fillna,
    "astype": _astype,
}


def read_tables(contents: Sequence[Sequence[Any]], items: str) -> Table:
    """Return one table of CSV, JSON or Parquet `(bytes, format)`, below each other.

    Raises:
        NodeError: one of them is no table (`http.decode`).
    """
    return pd.concat(
        [_read(content, kind, items) for content, kind in contents], ignore_index=True
    )


def _read(content: bytes, kind: str, items: str) -> Table:
    kind = kind or _guess(content)
    try:
        if kind == "json":
            return _from_json(content, items)
        read = pd.read_parquet if kind == "parquet" else pd.read_csv
        return read(io.BytesIO(content))
    except (ValueError, TypeError, OSError) as error:
        title = f"the answer is no {kind} table"
        raise NodeError(
            title, type="http.decode", detail=str(error), is_transient=False
        ) from error


def _guess(content: bytes) -> str:
    start = content.lstrip()[:4]
    if start == b"PAR1":
        return "parquet"
    return "json" if start[:1] in {b"[", b"{"} else "csv"


def _from_json(content: bytes, items: str) -> Table:
    rows = items_at(json.loads(content), items)
    if not isinstance(rows, list):
        msg = f"expected a list of records, found {type(rows).__name__}"
        raise TypeError(msg)
    return pd.DataFrame(rows)
