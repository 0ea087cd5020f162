"""Bringing variables back from a Python kernel: a file of tagged JSON, and Parquet files for tables."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame, decode

_FILE = "values.json"

_SOURCE = """
def _flowforge_collect(names, folder):
    import base64, datetime, decimal, json, math, os, pathlib

    space, tables = get_ipython().user_ns, []

    def table(frame):
        place = f"{len(tables)}.parquet"
        named = [name for name in frame.index.names if name is not None]
        frame = frame.reset_index(drop=not named)
        frame.columns = [str(column) for column in frame.columns]
        frame.to_parquet(os.path.join(folder, place), index=False)
        columns = {column: str(kind) for column, kind in frame.dtypes.items()}
        tables.append({"digest": place, "row_count": len(frame), "columns": columns})
        return {"$frame": tables[-1]}

    def form(value):
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if hasattr(value, "to_parquet") and hasattr(value, "dtypes"):
            return table(value)
        if hasattr(value, "to_frame") and hasattr(value, "index"):
            return table(value.to_frame())
        if isinstance(value, datetime.timedelta):
            return {"$seconds": value.total_seconds()}
        if type(value).__module__.partition(".")[0] in {"numpy", "pandas"}:
            if type(value).__name__ in {"NaTType", "NAType"}:
                return None
            if hasattr(value, "to_pydatetime"):
                return form(value.to_pydatetime())
            return form(value.tolist() if hasattr(value, "tolist") else value.item())
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$float": str(value)}
        if isinstance(value, datetime.datetime):
            return {"$datetime": value.isoformat()}
        if isinstance(value, datetime.date):
            return {"$date": value.isoformat()}
        if isinstance(value, decimal.Decimal):
            return {"$decimal": str(value)}
        if isinstance(value, bytes):
            return {"$bytes": base64.b64encode(value).decode()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [form(item) for item in value]
        if isinstance(value, dict):
            return {"$dict": [[form(key), form(item)] for key, item in value.items()]}
        if isinstance(value, pathlib.PurePath):
            return str(value)
        raise TypeError(f"a {type(value).__name__} cannot leave the notebook")

    found = {}
    for name in names:
        try:
            found[name] = {"value": form(space[name])} if name in space else {"missing": True}
        except Exception as error:
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    with open(os.path.join(folder, "values.json"), "w", encoding="utf-8") as file:
        json.dump(found, file)
"""


def request_for(names: Sequence[str], folder: Path) -> str:
    """Return the source that writes the variables into the folder when the kernel runs it.

    It runs among names of its own: a notebook may call `open` or `type` what it wants.
    """
    source = f"{_SOURCE}\n_flowforge_collect({list(names)!r}, {str(folder)!r})\n"
    return f"__import__('builtins').exec({source!r}, {{}})"


def collected(names: Sequence[str], folder: Path) -> dict[str, Any]:
    """Return the variables that the kernel has written; the folder may go.

    Raises:
        NodeError: the notebook set no such variable, or it cannot leave (`notebook.value`).
    """
    found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    for name in names:
        if "value" not in found[name]:
            detail = found[name].get("error", "the notebook never sets it")
            title = f"no value {name!r} to bring back"
            raise NodeError(title, type="notebook.value", detail=detail, is_transient=False)
    return {name: _kept(decode(found[name]["value"]), folder) for name in names}


def _kept(value: Any, folder: Path) -> Any:
    if isinstance(value, Frame):
        content = (folder / value.digest).read_bytes()
        return Frame(row_count=value.row_count, columns=value.columns, load=lambda: content)
    if isinstance(value, list):
        return [_kept(item, folder) for item in value]
    if isinstance(value, dict):
        return {key: _kept(item, folder) for key, item in value.items()}
    return value
