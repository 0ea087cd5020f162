"""Running a notebook from its first cell to its last, and leaving nothing behind."""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.errors import NodeError

from .collect import collected, request_for
from .kernels import Kernel, KernelPool
from .model import (
    CellEnded,
    CellStarted,
    CellStatus,
    KernelReady,
    Listen,
    NotebookEvent,
    NotebookJob,
    NotebookResult,
)

_SAVE_SECONDS = 1.0
_PER_CORE = 2


def _deaf(event: NotebookEvent) -> None:
    pass


class NotebookRunner:
    """Runs notebooks, each in a kernel of its own that is used once; at most two at a time per core."""

    def __init__(self, *, warm: int = 0, clock: Clock | None = None) -> None:
        self._kernels = KernelPool(warm=warm)
        self._clock = clock or SystemClock()
        self._places = asyncio.Semaphore((os.cpu_count() or 1) * _PER_CORE)

    async def run(self, job: NotebookJob, *, listen: Listen = _deaf) -> NotebookResult:
        """Run the notebook and return what it gave; the copy is written in any case once it starts.

        May be cancelled: the kernel and all that it started are killed. This process keeps its
        folder and its signals.

        Raises: NodeError: before anything starts `notebook.not_found`, `.invalid`, `.no_kernel` or
                `.parameters`; later `.failed`, `.timeout`, `.cell_timeout`, `.kernel_died`,
                `.value`.
        """
        notebook = await asyncio.to_thread(_opened, job)
        async with self._places:
            run = _Run(job, notebook, listen=listen, clock=self._clock)
            limit = asyncio.timeout(job.seconds)
            try:
                async with limit:
                    return await run.whole(self._kernels)
            except TimeoutError as error:
                if not limit.expired():
                    raise
                title = f"the notebook ran longer than {job.seconds:g} s"
                raise NodeError(title, type="notebook.timeout", is_transient=False) from error

    async def warm_up(self) -> None:
        """Start the kernels that are kept ready, without waiting for them."""
        await self._kernels.warm_up()

    async def close(self) -> None:
        """End the kernels that are kept ready."""
        await self._kernels.close()


class _Run:
    """One run of one notebook."""

    def __init__(self, job: NotebookJob, notebook: Any, *, listen: Listen, clock: Clock) -> None:
        self._job = job
        self._notebook = notebook
        self._listen = listen
        self._clock = clock
        self._completed = 0
        self._saved_at = 0.0

    async def whole(self, kernels: KernelPool) -> NotebookResult:
        started = time.perf_counter()
        self._notebook.mark_whole(start_time=self._now(), exception=None)
        is_well = False
        try:
            kernel = await kernels.take(self._notebook.kernel, self._job.path.parent)
            kernel_seconds = time.perf_counter() - started
            self._listen(KernelReady(kernel.name, kernel_seconds))
            try:
                values = await self._cells_and_values(kernel)
                is_well = True
            finally:
                await asyncio.shield(kernel.close(politely=is_well))
        finally:
            seconds = time.perf_counter() - started
            facts = {"duration": seconds, "exception": None if is_well else True}
            self._notebook.mark_whole(end_time=self._now(), **facts)
            self._notebook.save()
        return NotebookResult(
            values=values,
            cells=len(self._notebook.code),
            completed=self._completed,
            kernel_seconds=kernel_seconds,
            seconds=seconds,
            unknown_parameters=self._notebook.unknown_parameters,
        )

    async def _cells_and_values(self, kernel: Kernel) -> dict[str, Any]:
        from .cells import CellRunner

        node, limit = self._notebook.node, self._job.max_output_bytes
        cells = CellRunner(node, kernel, max_bytes=limit, listen=self._listen)
        try:
            for number, index in enumerate(self._notebook.code, start=1):
                if not await self._cell(cells, index, number):
                    break
                await self._save_sometimes()
        finally:
            cells.finish()
            if cells.dropped_bytes:
                self._notebook.mark_whole(dropped_output_bytes=cells.dropped_bytes)
        return cells.values | await self._collected(kernel)

    async def _cell(self, cells: Any, index: int, number: int) -> bool:
        """Run a cell; return whether the notebook goes on after it."""
        cell, count = self._notebook.cell(index), len(self._notebook.code)
        first_line = cell.source.strip().partition("\n")[0][:120]
        self._listen(CellStarted(index, number, count, first_line))
        self._notebook.mark(index, "running", start_time=self._now())
        started = time.perf_counter()
        status: CellStatus = "failed"
        try:
            fault = await self._in_time(cells, cell, index)
            if fault is not None and not fault.is_goodbye:
                raise _raised(fault, number, count)
            status = "completed"
            self._completed += 1
        finally:
            seconds = time.perf_counter() - started
            self._mark_end(index, status, seconds)
            self._listen(CellEnded(index, number, count, status, seconds))
        return fault is None

    async def _in_time(self, cells: Any, cell: Any, index: int) -> Any:
        limit = asyncio.timeout(self._job.cell_seconds)
        try:
            async with limit:
                return await cells.run(cell, index)
        except TimeoutError as error:
            if not limit.expired():
                raise
            title = f"a cell ran longer than {self._job.cell_seconds:g} s"
            detail = cell.source.strip().partition("\n")[0][:200]
            raise NodeError(
                title, type="notebook.cell_timeout", detail=detail, is_transient=False
            ) from error

    def _mark_end(self, index: int, status: CellStatus, seconds: float) -> None:
        has_failed = None if status == "completed" else True
        facts = {"end_time": self._now(), "duration": seconds, "exception": has_failed}
        self._notebook.mark(index, status, **facts)

    async def _collected(self, kernel: Kernel) -> dict[str, Any]:
        if not self._job.outputs:
            return {}
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="flowforge-values-"))
        try:
            await kernel.execute(request_for(self._job.outputs, folder))
            return await asyncio.to_thread(collected, self._job.outputs, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _save_sometimes(self) -> None:
        if time.monotonic() - self._saved_at > _SAVE_SECONDS:
            await asyncio.to_thread(self._notebook.save)
            self._saved_at = time.monotonic()

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _opened(job: NotebookJob) -> Any:
    if not job.path.is_file():
        title = f"no notebook {job.path.name!r}"
        detail = f"looked in {job.path.parent}"
        raise NodeError(title, type="notebook.not_found", detail=detail, is_transient=False)
    from .document import Notebook

    notebook = Notebook(job)
    if job.outputs and notebook.language != "python":
        title = "values come back only from Python notebooks"
        detail = f"the kernel {notebook.kernel!r} speaks {notebook.language or 'something else'}"
        raise NodeError(title, type="notebook.value", detail=detail, is_transient=False)
    return notebook


def _raised(fault: Any, number: int, count: int) -> NodeError:
    return NodeError(
        f"{fault.name}: {fault.text}"[:2_000],
        type="notebook.failed",
        detail=f"in code cell {number} of {count}\n{fault.traceback[-8_000:]}",
    )
