"""Running a piece of code, or a function of ours on frames, outside this process."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame

from . import parcel
from .limits import CodeLimits, LogTo, ProgressTo
from .pool import WorkerPool

_TABLES = "flowforge_lab.clients.code.tables"


class CodeJob(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of code: its text, or a function `module:name`, with its inputs by name.

    `directory` is the current folder of the code, from which it can import. A text gives as its
    result what it calls `result`; a function what it returns.
    """

    directory: Path
    inputs: Mapping[str, Any] = {}
    source: str = ""
    target: str = ""
    limits: CodeLimits = CodeLimits()


def _silent(message: str, *, level: str = "info", source: str = "node") -> None:
    pass


def _still(fraction: float, text: str = "") -> None:
    pass


class CodeRunner:
    """Runs code in worker processes; a process that ran a user's text is used for nothing else."""

    def __init__(self, *, warm: int = 0, max_workers: int | None = None) -> None:
        self._pool = WorkerPool(warm=warm, max_workers=max_workers)

    async def run(
        self, job: CodeJob, *, log: LogTo = _silent, progress: ProgressTo = _still
    ) -> Any:
        """Return the result of the job as a value that may flow along an edge.

        May be cancelled: the process and all that it started are killed.

        Raises:
            NodeError: of type `code.raised`, `.crashed`, `.memory`, `.timeout` or `.too_large`.
        """
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="flowforge-code-"))
        try:
            await asyncio.to_thread(_pack_inputs, job, folder)
            await self._call(job, folder, log=log, progress=progress)
            return await asyncio.to_thread(_outcome, job, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def read_frame(
        self, contents: Sequence[tuple[bytes, str]], *, items: str = "", directory: Path
    ) -> Frame:
        """Return one frame of CSV, JSON or Parquet `(bytes, format)`, below each other.

        Raises:
            NodeError: one of them is no table (`code.raised`).
        """
        inputs = {"contents": [list(pair) for pair in contents], "items": items}
        job = CodeJob(directory=directory, inputs=inputs, target=f"{_TABLES}:read_tables")
        frame: Frame = await self.run(job)
        return frame

    async def warm_up(self) -> None:
        """Start the processes that are kept ready, without waiting for them."""
        await self._pool.warm_up()

    async def close(self) -> None:
        """End the idle processes."""
        await self._pool.close()

    async def _call(self, job: CodeJob, folder: Path, *, log: LogTo, progress: ProgressTo) -> None:
        limits = job.limits
        message = {
            "folder": str(folder),
            "directory": str(job.directory.resolve()),
            "source": job.source,
            "target": job.target,
            "max_memory_bytes": limits.max_memory_bytes,
            "max_log_bytes": limits.max_log_bytes,
            "max_result_bytes": limits.max_result_bytes,
        }
        async with self._pool.lend(reuse=bool(job.target)) as worker:
            try:
                async with asyncio.timeout(limits.seconds):
                    is_done = await worker.call(message, log, progress)
            except TimeoutError as error:
                text = f"the code ran longer than {limits.seconds:g} s"
                raise NodeError(text, type="code.timeout", is_transient=False) from error
            if not is_done:
                raise _crashed(await worker.kill())


def _pack_inputs(job: CodeJob, folder: Path) -> None:
    try:
        parcel.pack(dict(job.inputs), folder, "inputs")
    except TypeError as error:
        msg = "the inputs cannot be given to the code"
        raise NodeError(
            msg,
            type="code.inputs",
            detail=str(error),
            is_transient=False,
        ) from error


def _outcome(job: CodeJob, folder: Path) -> Any:
    fault = folder / "fault"
    if fault.exists():
        raise _faulty(job, json.loads(fault.read_text(encoding="utf-8")))
    return parcel.unpack(folder, "result")


def _faulty(job: CodeJob, fault: Mapping[str, Any]) -> NodeError:
    if "title" in fault:
        kind, detail = fault["type"], fault["detail"]
        return NodeError(fault["title"], type=kind, detail=detail, is_transient=False)
    match fault["type"]:
        case "code.too_large":
            text = f"the result takes {fault['size']:,} bytes"
            detail = f"at most {job.limits.max_result_bytes:,} are allowed"
        case "code.memory":
            text = "the code needs more memory than it may have"
            detail = f"{job.limits.max_memory_bytes or 0:,} bytes are allowed; {_place(fault)}"
        case _:
            text, detail = (
                fault["message"],
                "\n".join(filter(None, (_place(fault), fault["traceback"]))),
            )
    return NodeError(
        text,
        type=fault["type"],
        detail=detail,
        is_transient=fault["type"] == "code.raised" and not fault["is_syntax"],
    )


def _place(fault: Mapping[str, Any]) -> str:
    return f"line {fault['line']}: {fault['source']}" if fault["line"] else ""


def _crashed(code: int) -> NodeError:
    if code >= 0:
        return NodeError(
            "the code ended its process", type="code.crashed", detail=f"exit code {code}"
        )
    killed = "; the system may have run out of memory" if code == -9 else ""  # noqa: PLR2004  # SIGKILL
    return NodeError("the code crashed", type="code.crashed", detail=f"signal {-code}{killed}")
