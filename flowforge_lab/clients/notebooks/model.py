"""What a run of a notebook is told, says and gives."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

CellStatus = Literal[
    "pending", "running", "completed", "failed", "timed_out", "cancelled", "kernel_died"
]


class NotebookJob(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook to run, and where the executed copy goes.

    `outputs` are the variables to bring back after the last cell. A parameter that is a frame
    arrives as the path of a Parquet file beside the copy. `seconds` is for the whole run,
    `cell_seconds` for each cell. Without `kernel` the notebook's own is used.

    `earlier` is the copy of a run that failed, to go on from; `is_repeatable` says that the notebook changes
    nothing outside, so that any of its cells may run again for that. A kernel in which a cell failed is kept
    alive for `keep_seconds`. It runs in `folder`, by default its own.
    """

    path: Path
    copy: Path
    parameters: Mapping[str, Any] = {}
    outputs: tuple[str, ...] = ()
    kernel: str = ""
    seconds: float | None = None
    cell_seconds: float | None = None
    max_output_bytes: int = 10_000_000
    earlier: Path | None = None
    is_repeatable: bool = False
    keep_seconds: float = 0.0
    folder: Path | None = None


class NotebookLimits(msgspec.Struct, frozen=True):
    """How much notebooks may take: at once (0: two a core), memory of each with all that it started.

    `warm` kernels are kept ready with `preload` imported; at most `max_kept` that failed are kept alive.
    `browser` is the program that prints PDFs, by default the first Chromium or Chrome that is found.
    """

    warm: int = 0
    preload: tuple[str, ...] = ("pandas", "duckdb")
    at_once: int = 0
    max_memory_bytes: int | None = None
    max_kept: int = 4
    browser: str = ""


class NotebookResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave: values by name, how many cells there are and ran, and what we wondered about.

    `resumed_from` is the number of the cell that it went on from, 0 where it ran from the start; `notes`
    say what an author should know of that.
    """

    values: dict[str, Any]
    cells: int
    completed: int
    kernel_seconds: float
    seconds: float
    unknown_parameters: tuple[str, ...] = ()
    resumed_from: int = 0
    notes: tuple[str, ...] = ()


class KernelReady(msgspec.Struct, frozen=True):
    """The kernel takes cells now, after that many seconds."""

    kernel: str
    seconds: float


class NotebookResumed(msgspec.Struct, frozen=True):
    """It goes on from a cell: those before it are `replayed` for their variables, or left as they were.

    With `is_attached` the kernel is that of the run before, with everything in it.
    """

    first: int
    count: int
    replayed: tuple[int, ...] = ()
    is_attached: bool = False
    notes: tuple[str, ...] = ()


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


class KernelKept(msgspec.Struct, frozen=True):
    """The kernel of a run that failed lives on for that many seconds; who has the file can attach to it."""

    connection_file: Path
    seconds: float


NotebookEvent = KernelReady | NotebookResumed | CellStarted | CellPrinted | CellEnded | KernelKept
Listen = Callable[[NotebookEvent], None]
