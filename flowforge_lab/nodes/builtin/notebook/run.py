"""Run a Jupyter notebook with parameters, bring values back, and keep the executed copy.

Parameters replace those of the notebook's cell tagged `parameters`; a data frame arrives as the
path of a Parquet file. `outputs` names variables to bring back after the last cell: tables come as
data frames, numbers, texts, lists and dates as they are. The notebook runs in its own folder, in a
kernel that is used once; nothing is written into the original.

With `html` the executed copy is written as a page too, which opens in any browser; with `without_code` it is
a report. `pdf` does the same as a PDF, printed by the Chromium or Chrome of the machine. Both come in
`files` as well, to be attached to a mail or a message.

After a failure it can go on from the cell that failed: with `flowforge notebook resume`, or in a further
attempt with `retry_from: failed_cell`. Cells before it keep their outputs. Those that later ones need run
again, if their text proves that they only calculate or read, or `effects` says so of the whole. With
`keep_kernel` the kernel itself is there for a while, with all its variables, and JupyterLab can attach to it.
What cannot be had again is told, and nothing is run then.

Best practice: keep plots and words in the notebook, and hand on only the figures that the next
nodes need. Say in `effects` if the notebook changes nothing outside, so that a crash or a retry
may run it again. Fetch and calculate in different cells.
Troubleshooting: `notebook.no_kernel` lists the kernels there are; when a cell fails, open the
copy: all outputs up to there are in it. `notebook.kernel_died` mostly means that memory ran out,
`notebook.memory` that it took more than the lab allows; `notebook.not_resumable` names the cells that
set what later ones need and cannot run twice. `notebook.print` has what the browser said; without one
it is `library.missing`.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from flowforge_lab.clients import (
    CellEnded,
    CellPrinted,
    CellStarted,
    KernelKept,
    KernelReady,
    NotebookEvent,
    NotebookJob,
    NotebookResumed,
    media_type_of,
    path_inside,
    write_page,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    NOTEBOOK_VALUES,
    AnyValue,
    Attempt,
    Effects,
    ForNotebook,
    Model,
    NoInputs,
    SourceFile,
    node_type,
)
from flowforge_lab.nodes.file_values import FileValue
from flowforge_lab.values import Duration

_HOUR = 3600.0
_DAY = 86_400.0
_MAX_SENT_BYTES = 25_000_000
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class Config(Model):
    """Which notebook, and what goes in and out."""

    path: SourceFile = Field(
        min_length=1,
        description="The notebook, relative to the workflow's folder.",
        examples=["report.ipynb"],
    )
    parameters: Annotated[dict[Name, AnyValue], ForNotebook("path")] = Field(
        default_factory=dict,
        json_schema_extra=NOTEBOOK_VALUES,
        description="Values for the notebook's parameters; texts may be templates.",
        examples=[{"month": "{{ inputs.month }}", "delays": "{{ nodes.delays.rows }}"}],
    )
    outputs: list[Name] = Field(
        default_factory=list,
        description="Variables to bring back after the last cell.",
        examples=[["summary"]],
    )
    cell_timeout: Annotated[Duration, Field(gt=0)] | None = Field(
        default=None, description="How long each cell may take; the step's own limit holds anyway."
    )
    html: Literal["none", "all", "without_code"] = Field(
        default="none",
        description="Whether to write the executed copy as an HTML page as well, with its code or"
        " without.",
    )
    pdf: Literal["none", "all", "without_code"] = Field(
        default="none",
        description="Whether to print the executed copy as a PDF as well, with its code or without.",
    )
    kernel: str = Field(default="", description="A kernel by name; by default the notebook's own.")
    retry_from: Literal["start", "failed_cell"] = Field(
        default="start",
        description="Where another attempt begins: at the start, or at the cell that failed.",
    )
    keep_kernel: Annotated[Duration, Field(gt=0, le=_DAY)] | None = Field(
        default=None,
        description="For how long a kernel in which a cell failed stays alive, to look into and to go on.",
    )
    effects: Literal["none", "reads", "writes"] = Field(
        default="writes",
        description="What the notebook does outside: nothing, only reading, or writing. After a "
        "crash, one that writes is not run again by itself.",
    )


class Outputs(Model):
    """What the notebook gave."""

    values: dict[str, Any] = Field(description="The variables brought back, by name.")
    notebook: str = Field(description="Where the executed copy is.")
    html: str = Field(
        default="", description="Where the same is as an HTML page, if one was asked for."
    )
    pdf: str = Field(default="", description="Where the same is as a PDF, if one was asked for.")
    files: list[FileValue] = Field(
        default_factory=list,
        description="The page and the PDF with their content, to send them; none of over 25 MB.",
    )
    cells: int = Field(description="How many code cells it has.")
    completed: int = Field(description="How many of them ran to their end.")
    elapsed: float = Field(description="Seconds of the run, with the start of the kernel.")
    resumed_from: int = Field(
        default=0, description="The code cell it went on from after a failure; 0 if all of it ran."
    )


def _effects(config: Mapping[str, Any]) -> Effects:
    effects = config.get("effects")
    return effects if effects in ("none", "reads") else "writes"


@node_type(
    "notebook.run",
    title="Notebook",
    outputs=Outputs,
    icon="notebook",
    color="#ea580c",
    effects="writes",
    effects_of=_effects,
    is_idempotent=False,
    timeout=_HOUR,
    keywords=("jupyter", "papermill", "report", "ipynb"),
)
async def run(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Run the notebook and tell how far it is."""
    path = path_inside(attempt.folder, config.path)
    copy = Path(attempt.artifacts) / path.name
    job = NotebookJob(
        path=path,
        copy=copy,
        parameters=config.parameters,
        outputs=tuple(config.outputs),
        kernel=config.kernel,
        cell_seconds=config.cell_timeout,
        earlier=_earlier(config, attempt, copy),
        is_repeatable=config.effects != "writes",
        keep_seconds=config.keep_kernel or 0.0,
    )
    done = await attempt.clients.notebooks.run(job, listen=_telling(attempt))
    for name in done.unknown_parameters:
        attempt.log(f"the notebook has no parameter {name!r}", level="warning")
    page = copy.with_suffix(".html") if config.html != "none" else None
    if page is not None:
        await asyncio.to_thread(write_page, copy, page, has_code=config.html == "all")
    pdf = copy.with_suffix(".pdf") if config.pdf != "none" else None
    if pdf is not None:
        await _print(copy, pdf, attempt, has_code=config.pdf == "all")
    return Outputs(
        values=done.values,
        notebook=str(copy),
        html="" if page is None else str(page),
        pdf="" if pdf is None else str(pdf),
        files=[
            await asyncio.to_thread(_file, path)
            for path in (page, pdf)
            if path is not None and _can_be_sent(path, attempt)
        ],
        cells=done.cells,
        completed=done.completed,
        elapsed=done.seconds,
        resumed_from=done.resumed_from,
    )


async def _print(copy: Path, pdf: Path, attempt: Attempt, *, has_code: bool) -> None:
    """Print the executed copy by way of a page of it."""
    page = copy.with_suffix(".printed.html")
    try:
        await asyncio.to_thread(write_page, copy, page, has_code=has_code, is_enclosed=True)
        await attempt.clients.notebooks.print_page(page, pdf)
    finally:
        page.unlink(missing_ok=True)


def _can_be_sent(path: Path, attempt: Attempt) -> bool:
    """Whether a mail would take a file; one that is too large stays where it is, and that is told."""
    fits = path.stat().st_size <= _MAX_SENT_BYTES
    if not fits:
        text = f"{path.name} is over {_MAX_SENT_BYTES:,} bytes, and is not among 'files'"
        attempt.log(text, level="warning")
    return fits


def _file(path: Path) -> FileValue:
    return FileValue(name=path.name, type=media_type_of(path.name), content=path.read_bytes())


def _earlier(config: Config, attempt: Attempt, copy: Path) -> Path | None:
    """Return the copy to go on from: of another execution where that was asked, or of the attempt before."""
    is_again = attempt.number > 1 and copy.is_file()
    if is_again and (attempt.earlier is not None or config.retry_from == "failed_cell"):
        return copy
    if attempt.earlier is None:
        return None
    found = attempt.earlier / copy.name
    if not found.is_file():
        title = "there is nothing to go on from: the visit before left no executed copy"
        raise NodeError(title, type="notebook.not_resumable", is_transient=False)
    return found


def _telling(attempt: Attempt) -> Callable[[NotebookEvent], None]:
    def tell(event: NotebookEvent) -> None:
        match event:
            case KernelReady():
                attempt.progress(0.0, f"kernel {event.kernel} ready in {event.seconds:.1f} s")
            case NotebookResumed():
                _tell_resumed(event, attempt)
            case KernelKept():
                _tell_kept(event, attempt)
            case CellPrinted():
                for line in event.text.splitlines():
                    attempt.log(line, source=event.stream)
            case CellStarted() | CellEnded():
                _tell_cell(event, attempt)

    return tell


def _tell_cell(event: CellStarted | CellEnded, attempt: Attempt) -> None:
    is_over = isinstance(event, CellEnded)
    text = event.status if isinstance(event, CellEnded) else f"runs: {event.source}"
    done = event.number if is_over else event.number - 1
    attempt.progress(done / event.count, f"cell {event.number} of {event.count} {text}")


def _tell_kept(event: KernelKept, attempt: Attempt) -> None:
    how = f"jupyter console --existing {event.connection_file}"
    attempt.log(f"the kernel lives on for {event.seconds:g} s: {how}", level="warning")


def _tell_resumed(event: NotebookResumed, attempt: Attempt) -> None:
    again = ", ".join(map(str, event.replayed)) or "none"
    how = "in the kernel of the run before" if event.is_attached else f"cells run again: {again}"
    attempt.log(f"goes on from cell {event.first} of {event.count}, {how}")
    for note in event.notes:
        attempt.log(note, level="warning")
