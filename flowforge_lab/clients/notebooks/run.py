"""One run of one notebook, from its first cell, or the one to go on from, to its last."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError

from .collect import collected, request_for
from .kernels import Kernel
from .model import (
    CellEnded,
    CellStarted,
    CellStatus,
    KernelKept,
    KernelReady,
    Listen,
    NotebookJob,
    NotebookResult,
    NotebookResumed,
)
from .pool import KernelPool
from .resuming import Resumption
from .staying import KeptKernel

_SAVE_SECONDS = 1.0
_STATES: dict[str, CellStatus] = {
    "notebook.cell_timeout": "timed_out",
    "notebook.kernel_died": "kernel_died",
}
_WORTH_KEEPING = frozenset({"notebook.failed", "notebook.cell_timeout", "notebook.value"})


class NotebookRun:
    """One run of one notebook; `has_time` tells of one that is stopped whether its time was over.

    `kept` is the kernel that lives on, once the run failed.
    """

    def __init__(
        self,
        job: NotebookJob,
        notebook: Any,
        *,
        listen: Listen,
        clock: Clock,
        has_time: Callable[[], bool],
        fill: Callable[[], None],
    ) -> None:
        self._job = job
        self._notebook = notebook
        self._listen = listen
        self._clock = clock
        self._has_time = has_time
        self._completed = 0
        self._fill = fill
        self._saved_at = time.monotonic()
        self.kept: KeptKernel | None = None

    async def whole(self, kernels: KernelPool, resumption: Resumption) -> NotebookResult:
        """Run it and return what it gave; the kernel is gone then, or kept.

        Raises:
            NodeError: as `NotebookRunner.run` says.
        """
        started = time.perf_counter()
        self._notebook.mark_whole(start_time=self._now(), exception=None)
        status: CellStatus = "failed"
        try:
            kernel = await self._kernel(kernels, resumption)
            kernel.is_python = self._notebook.language == "python"
            kernel_seconds = time.perf_counter() - started
            self._listen(KernelReady(kernel.name, kernel_seconds))
            values = await self._in_kernel(kernel, resumption)
            status = "completed"
        except BaseException as error:
            status = self._state_of(error)
            raise
        finally:
            seconds = time.perf_counter() - started
            has_failed = None if status == "completed" else True
            self._notebook.mark_whole(end_time=self._now(), duration=seconds, exception=has_failed)
            self._notebook.note(status=status)
            self._notebook.save()
        return NotebookResult(
            values=values,
            cells=len(self._notebook.code),
            completed=self._completed,
            kernel_seconds=kernel_seconds,
            seconds=seconds,
            unknown_parameters=self._notebook.unknown_parameters,
            resumed_from=0 if resumption.is_whole else resumption.first + 1,
            notes=resumption.notes,
        )

    async def _kernel(self, kernels: KernelPool, resumption: Resumption) -> Kernel:
        if resumption.kept is None:
            return await kernels.take(
                self._notebook.kernel, self._job.folder or self._job.path.parent
            )
        kernel = Kernel.attach(resumption.kept)
        try:
            await kernel.get_ready()
            await kernel.take_over()
        except BaseException:
            await asyncio.shield(kernel.close())
            raise
        return kernel

    async def _in_kernel(self, kernel: Kernel, resumption: Resumption) -> dict[str, Any]:
        is_well = False
        try:
            values = await self._cells_and_values(kernel, resumption)
            is_well = True
        except NodeError as error:
            if self._job.keep_seconds and error.type in _WORTH_KEEPING:
                await self._keep(kernel, is_busy=error.type == "notebook.cell_timeout")
            raise
        finally:
            if self.kept is None:
                await asyncio.shield(kernel.close(politely=is_well))
        return values

    async def _keep(self, kernel: Kernel, *, is_busy: bool) -> None:
        if is_busy and not await kernel.interrupt():
            return
        self.kept = await kernel.keep(self._job.keep_seconds)
        if self.kept is not None:
            path = Path(self.kept.connection_file)
            self._listen(KernelKept(path, self._job.keep_seconds))
            facts = {name: getattr(self.kept, name) for name in self.kept.__struct_fields__}
            self._notebook.note(kernel=facts)

    async def _cells_and_values(self, kernel: Kernel, resumption: Resumption) -> dict[str, Any]:
        from .cells import CellRunner

        node, limit = self._notebook.node, self._job.max_output_bytes
        cells = CellRunner(node, kernel, max_bytes=limit, listen=self._listen)
        try:
            await self._go_back(cells, kernel, resumption)
            for position in range(resumption.first, len(self._notebook.code)):
                if not await self._cell(cells, position):
                    break
                await self._save_sometimes()
        finally:
            cells.finish()
            if cells.dropped_bytes:
                self._notebook.mark_whole(dropped_output_bytes=cells.dropped_bytes)
        return cells.values | await self._collected(kernel)

    async def _go_back(self, cells: Any, kernel: Kernel, resumption: Resumption) -> None:
        """Bring about the state before the cell to go on from; the outputs of cells that stay are kept."""
        if resumption.is_whole:
            return
        again = resumption.replayed
        told = NotebookResumed(
            resumption.first + 1,
            len(self._notebook.code),
            tuple(position + 1 for position in again),
            resumption.kept is not None,
            resumption.notes,
        )
        self._listen(told)
        self._notebook.note(resumed={"from": told.first, "replayed": list(told.replayed)})
        for position in range(resumption.first):
            if position in again:
                await self._cell(cells, position)
                continue
            if source := resumption.setup.get(position):
                await kernel.execute(source)
            index = self._notebook.code[position]
            self._notebook.carry_over(index, self._notebook.earlier.cells[position])
            self._completed += 1

    async def _cell(self, cells: Any, position: int) -> bool:
        """Run a cell; return whether the notebook goes on after it."""
        index, number, count = (
            self._notebook.code[position],
            position + 1,
            len(self._notebook.code),
        )
        cell = self._notebook.cell(index)
        first_line = cell.source.strip().partition("\n")[0][:120]
        self._listen(CellStarted(index, number, count, first_line))
        self._notebook.mark(index, "running", start_time=self._now())
        started = time.perf_counter()
        status: CellStatus = "failed"
        try:
            fault = await self._in_time(cells, cell, index)
            _refuse(fault, number, count)
            status = "completed"
            self._completed += 1
        except BaseException as error:
            status = self._state_of(error)
            raise
        finally:
            seconds = time.perf_counter() - started
            self._mark_end(index, status, seconds)
            self._listen(CellEnded(index, number, count, status, seconds))
        return fault is None

    def _state_of(self, error: BaseException) -> CellStatus:
        """Return the word for what ended a cell, or all of the notebook."""
        if isinstance(error, NodeError):
            return _STATES.get(error.type, "failed")
        if isinstance(error, asyncio.CancelledError):
            return "cancelled" if self._has_time() else "timed_out"
        return "failed"

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
            self._fill()  # a long run keeps nobody waiting for the next kernel
            self._saved_at = time.monotonic()

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _refuse(fault: Any, number: int, count: int) -> None:
    """Raise what a cell raised, unless it left in good order."""
    if fault is None or fault.is_goodbye:
        return
    raise NodeError(
        f"{fault.name}: {fault.text}"[:2_000],
        type="notebook.failed",
        detail=f"in code cell {number} of {count}\n{fault.traceback[-8_000:]}",
    )
