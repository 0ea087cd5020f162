"""Values of NumPy and pandas in forms that may flow, and back with every type, index and label.

Imported only where such a value was found.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

_MAX_SHOWN = 1_000
_TABULAR = ("bool", "int", "uint", "float", "str", "string", "boolean", "Int", "UInt", "Float")
_TIMES = ("datetime64[", "timedelta64[")

AS = "$as"


class TableForms:
    """Writes and reads them; what is in them is written by `exact` and read by `restored`."""

    def __init__(self, exact: Callable[[Any, int], Any], restored: Callable[[Any], Any]) -> None:
        self._exact = exact
        self._restored = restored

    def write(self, value: Any, depth: int) -> Any:  # noqa: C901, PLR0911  # one case a kind of value
        """Return the form of a value of NumPy or pandas.

        Raises:
            TypeError: there is none.
        """
        match value:
            case pd.DataFrame():
                return self._write_frame(value, depth)
            case pd.Series():
                frame = self._write_parts(value.to_frame(0), depth)
                return {AS: "Series", "name": self._exact(value.name, depth), **frame}
            case pd.Index():
                return self._write_index(value, depth)
            case _ if value is pd.NaT or value is pd.NA:
                return {AS: "missing", "value": str(value)}
            case pd.Timestamp():
                zone = None if value.tz is None else str(value.tz)
                naive = value if zone is None else value.tz_convert("UTC").tz_localize(None)
                return {
                    AS: "Timestamp",
                    "value": naive.isoformat(),
                    "unit": value.unit,
                    "zone": zone,
                }
            case pd.Timedelta():
                return {AS: "Timedelta", "value": value.isoformat(), "unit": value.unit}
            case np.ndarray():
                return self._write_array(value, depth)
            case np.generic():
                array = self._write_array(np.asarray(value), depth)
                shown = value.item()
                is_plain = isinstance(shown, bool | int | float | str)
                return {**array, AS: "scalar", **({"value": shown} if is_plain else {})}
        msg = f"a {type(value).__name__} has no form to travel in"
        raise TypeError(msg)

    def read(self, form: dict[str, Any]) -> Any:  # noqa: C901, PLR0911, PLR0912  # one case a form
        """Return the value of a form."""
        match form[AS]:
            case "DataFrame":
                return self._read_parts(form)
            case "Series":
                column = self._read_parts(form).iloc[:, 0]
                return column.rename(self._restored(form["name"]))
            case "missing":
                return pd.NaT if form["value"] == "NaT" else pd.NA
            case "Timestamp":
                time = pd.Timestamp(form["value"]).as_unit(form["unit"])
                return (
                    time
                    if form["zone"] is None
                    else time.tz_localize("UTC").tz_convert(form["zone"])
                )
            case "Timedelta":
                return pd.Timedelta(form["value"]).as_unit(form["unit"])
            case "array":
                return self._read_array(form)
            case "scalar":
                return self._read_array(form)[()]
            case "RangeIndex":
                return pd.RangeIndex(*form["value"]).rename(self._restored(form["name"]))
            case "MultiIndex":
                frame = self._read_parts(form)
                return pd.MultiIndex.from_frame(frame, names=self._restored(form["names"]))
            case "Index":
                return self._read_index(form)
        msg = f"no value is written as {form[AS]!r}"
        raise TypeError(msg)

    def _write_array(self, array: Any, depth: int) -> dict[str, Any]:
        if type(array) is not np.ndarray or array.dtype.fields:
            msg = f"a {type(array).__name__} of {array.dtype} has no form to travel in"
            raise TypeError(msg)
        if array.dtype == object:
            items = [self._exact(item, depth) for item in array.ravel().tolist()]
            return {AS: "array", "dtype": "object", "shape": list(array.shape), "items": items}
        told = {AS: "array", "dtype": array.dtype.str, "shape": list(array.shape)}
        if array.dtype.kind in "biu" and array.size <= _MAX_SHOWN:
            return {**told, "items": array.ravel().tolist()}
        return {**told, "bytes": array.tobytes()}

    def _read_array(self, form: dict[str, Any]) -> Any:
        if "bytes" in form:
            flat = np.frombuffer(form["bytes"], dtype=form["dtype"]).copy()
        elif form["dtype"] == "object":
            flat = np.empty(len(form["items"]), dtype=object)
            flat[:] = [self._restored(item) for item in form["items"]]
        else:
            flat = np.array(form["items"], dtype=form["dtype"])
        return flat.reshape(form["shape"])

    def _write_frame(self, frame: Any, depth: int) -> Any:
        if type(frame) is not pd.DataFrame:
            msg = f"a {type(frame).__name__} has no form to travel in"
            raise TypeError(msg)
        labels = frame.columns
        are_plain = all(type(label) is str for label in labels) and labels.is_unique
        is_plain = (
            are_plain
            and labels.name is None
            and frame.index.equals(pd.RangeIndex(len(frame)))
            and type(frame.index) is pd.RangeIndex
            and frame.index.name is None
            and len(labels) > 0
            and all(_is_tabular(kind) for kind in frame.dtypes)
            and all(not str(kind).startswith(_TIMES) for kind in frame.dtypes)
            and not frame.attrs
        )
        return frame if is_plain else {AS: "DataFrame", **self._write_parts(frame, depth)}

    def _write_parts(self, frame: Any, depth: int) -> dict[str, Any]:
        """Return the columns of a table: those that a table can hold in one, the others by themselves."""
        columns = {
            str(at): frame.iloc[:, at].reset_index(drop=True) for at in range(frame.shape[1])
        }
        table = {at: one for at, one in columns.items() if _is_tabular(one.dtype)}
        others = {
            at: self._write_column(one, depth) for at, one in columns.items() if at not in table
        }
        return {
            "table": pd.DataFrame(table) if table else None,
            "others": others,
            "types": [str(kind) for kind in frame.dtypes],
            "labels": self._write_index(frame.columns, depth),
            "index": self._write_index(frame.index, depth),
        }

    def _read_parts(self, form: dict[str, Any]) -> Any:
        table = form["table"]
        columns: dict[int, Any] = {}
        for at, kind in enumerate(form["types"]):
            if str(at) in form["others"]:
                columns[at] = self._read_column(form["others"][str(at)])
            else:
                columns[at] = table[str(at)].astype(kind)
        index = self._restored(form["index"])
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(index)))
        frame.index = index
        frame.columns = self._restored(form["labels"])
        return frame

    def _write_column(self, column: Any, depth: int) -> dict[str, Any]:
        kind = column.dtype
        if isinstance(kind, pd.CategoricalDtype):
            codes = self._write_array(column.cat.codes.to_numpy(), depth)
            known = self._write_index(kind.categories, depth)
            return {"codes": codes, "categories": known, "is_ordered": bool(kind.ordered)}
        if isinstance(kind, pd.IntervalDtype):
            ends = column.array
            sides = [self._write_index(pd.Index(side), depth) for side in (ends.left, ends.right)]
            return {"sides": sides, "closed": ends.closed}
        if isinstance(kind, pd.PeriodDtype):
            return {"ordinals": column.array.asi8.tolist(), "type": str(kind)}
        if getattr(kind, "kind", "") in {"O", "c"}:
            return self._write_array(column.to_numpy(), depth)
        msg = f"a column of {kind} has no form to travel in"
        raise TypeError(msg)

    def _read_column(self, form: dict[str, Any]) -> Any:
        if "codes" in form:
            codes, known = self._read_array(form["codes"]), self._restored(form["categories"])
            kind = pd.CategoricalDtype(known, ordered=form["is_ordered"])
            return pd.Series(pd.Categorical.from_codes(codes, dtype=kind))
        if "sides" in form:
            left, right = (self._restored(side) for side in form["sides"])
            return pd.Series(pd.arrays.IntervalArray.from_arrays(left, right, form["closed"]))
        if "ordinals" in form:
            return _read_periods(form)
        values = self._read_array(form)
        return pd.Series(values, dtype=values.dtype)

    def _write_index(self, index: Any, depth: int) -> dict[str, Any]:
        if type(index) is pd.RangeIndex:
            ends = [index.start, index.stop, index.step]
            return {AS: "RangeIndex", "value": ends, "name": self._exact(index.name, depth)}
        if isinstance(index, pd.MultiIndex):
            frame = index.to_frame(index=False, name=list(range(index.nlevels)))
            names = [self._exact(name, depth) for name in index.names]
            return {AS: "MultiIndex", "names": names, **self._write_parts(frame, depth)}
        column = pd.Series(index.array)
        is_table = _is_tabular(column.dtype)
        return {
            AS: "Index",
            "name": self._exact(index.name, depth),
            "type": str(index.dtype),
            "table": pd.DataFrame({"0": column})
            if is_table and len(column) > _MAX_SHOWN
            else None,
            "values": self._short(column, is_table=is_table, depth=depth),
            "freq": getattr(index, "freqstr", None)
            if str(index.dtype).startswith(_TIMES)
            else None,
        }

    def _short(self, column: Any, *, is_table: bool, depth: int) -> Any:
        """Return the values of an index: readable where they are few, nothing where a table holds them."""
        if not is_table:
            return self._write_column(column, depth)
        if len(column) > _MAX_SHOWN:
            return None
        return [self._exact(item, depth) for item in column.tolist()]

    def _read_index(self, form: dict[str, Any]) -> Any:
        values, kind = form["values"], form["type"]
        if form["table"] is not None:
            column = form["table"]["0"].astype(kind)
        elif isinstance(values, list):
            column = pd.Series([self._restored(item) for item in values], dtype=kind)
        else:
            column = self._read_column(values)
        index = pd.Index(column, name=self._restored(form["name"]))
        if form["freq"] is not None:
            index = pd.DatetimeIndex(index, freq=form["freq"]) if "datetime" in kind else index
        return index


def _is_tabular(kind: Any) -> bool:
    told = str(kind)
    return told.startswith((*_TABULAR, *_TIMES)) and not told.startswith("interval")


def _read_periods(form: dict[str, Any]) -> Any:
    made: Any = pd.PeriodIndex  # the stubs do not know how one is made of numbers
    return pd.Series(made.from_ordinals(form["ordinals"], freq=form["type"][7:-1]))
