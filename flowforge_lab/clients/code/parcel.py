"""Values between two processes: tagged JSON, with each frame as a Parquet file beside it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowforge_lab.values import Frame, decode, encode, normalise

_VALUES = "values"


def pack(value: Any, folder: Path, name: str) -> int:
    """Write the value to `name` in the folder and return how many bytes that took.

    Raises:
        TypeError: something in it can neither be journaled nor converted.
    """
    sizes: list[int] = []

    def write(frame: Frame) -> Frame:
        content = frame.to_parquet()
        place = f"{name}.{len(sizes)}.parquet"
        (folder / place).write_bytes(content)
        sizes.append(len(content))
        return frame.stored(place)

    text = json.dumps(encode(_swapped(normalise(value), write)))
    (folder / name).write_text(text, encoding="utf-8")
    return len(text) + sum(sizes)


def write_values(values: Any, folder: Path) -> None:
    """Write values for another process, which gets them by `read_values`."""
    pack(values, folder, _VALUES)


def read_values(folder: Path) -> Any:
    """Return the values that `write_values` wrote; the folder may go."""
    return unpack(folder, _VALUES)


def unpack(folder: Path, name: str) -> Any:
    """Return the value that was packed; its frames hold their bytes, and the folder may go."""

    def keep(frame: Frame) -> Frame:
        content = (folder / frame.digest).read_bytes()
        return Frame(row_count=frame.row_count, columns=frame.columns, load=lambda: content)

    return _swapped(_read(folder, name), keep)


def unpack_tables(folder: Path, name: str) -> Any:
    """Return the value that was packed, with pandas frames for its frames."""

    def table(frame: Frame) -> Any:
        import pandas as pd

        return pd.read_parquet(folder / frame.digest)

    return _swapped(_read(folder, name), table)


def _read(folder: Path, name: str) -> Any:
    return decode(json.loads((folder / name).read_text(encoding="utf-8")))


def _swapped(value: Any, change: Callable[[Frame], Any]) -> Any:
    if isinstance(value, Frame):
        return change(value)
    if isinstance(value, list):
        return [_swapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _swapped(item, change) for key, item in value.items()}
    return value
