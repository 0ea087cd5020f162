"""What a run of a notebook is told, says and gives."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

CellStatus = Literal["pending", "running", "completed", "failed"]


class NotebookJob(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook to run, and where the executed copy goes.

    `outputs` are the variables to bring back after the last cell. A parameter that is a frame
    arrives as the path of a Parquet file beside the copy. `seconds` is for the whole run,
    `cell_seconds` for each cell. Without `kernel` the notebook's own is used.
    """

    path: Path
    copy: Path
    parameters: Mapping[str, Any] = {}
    outputs: tuple[str, ...] = ()
    kernel: str = ""
    seconds: float | None = None
    cell_seconds: float | None = None
    max_output_bytes: int = 10_000_000


class NotebookResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave: values by name, how many cells there are and ran, and what we wondered about."""

    values: dict[str, Any]
    cells: int
    completed: int
    kernel_seconds: float
    seconds: float
    unknown_parameters: tuple[str, ...] = ()


class KernelReady(msgspec.Struct, frozen=True):
    """The kernel takes cells now, after that many seconds."""

    kernel: str
    seconds: float


class CellStarted(msgspec.Struct, frozen=True):
    """The `number`th of `count` code cells runs; `index` is its place in the notebook."""

    index: int
    number: int
    count: int
    source: str


class CellPrinted(msgspec.Struct, frozen=True):
    """The cell wrote to `stdout` or `stderr`."""

    index: int
    stream: str
    text: str


class CellEnded(msgspec.Struct, frozen=True):
    """The cell is over."""

    index: int
    number: int
    count: int
    status: CellStatus
    seconds: float


NotebookEvent = KernelReady | CellStarted | CellPrinted | CellEnded
Listen = Callable[[NotebookEvent], None]
