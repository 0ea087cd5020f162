"""Running notebooks, so many at a time; kernels that failed are kept alive where that is wished."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from flowforge_lab.clock import Clock, SystemClock
from flowforge_lab.errors import NodeError

from .model import Listen, NotebookEvent, NotebookJob, NotebookLimits, NotebookResult
from .pool import KernelPool
from .printing import print_page
from .resuming import Resumption, plan_resumption
from .run import NotebookRun
from .staying import KeptKernel

_PER_CORE = 2


def _deaf(event: NotebookEvent) -> None:
    pass


class NotebookRunner:
    """Runs notebooks, each in a kernel of its own that is used once."""

    def __init__(
        self, *, limits: NotebookLimits | None = None, clock: Clock | None = None
    ) -> None:
        self._limits = limits or NotebookLimits()
        self._kernels = KernelPool(self._limits)
        self._clock = clock or SystemClock()
        at_once = self._limits.at_once or (os.cpu_count() or 1) * _PER_CORE
        self._places = asyncio.Semaphore(at_once)
        self._press = asyncio.Lock()
        self._kept: list[KeptKernel] = []

    async def print_page(self, page: Path, pdf: Path) -> None:
        """Print an HTML file with the browser of the limits, one at a time.

        Raises: NodeError: `library.missing` without a browser, `notebook.print`.
        """
        async with self._press:
            await print_page(page, pdf, program=self._limits.browser)

    async def run(self, job: NotebookJob, *, listen: Listen = _deaf) -> NotebookResult:
        """Run the notebook and return what it gave; the copy is written in any case once it starts.

        May be cancelled: the kernel and all that it started are killed. This process keeps its
        folder and its signals.

        Raises: NodeError: before anything starts `notebook.not_found`, `.invalid`, `.no_kernel`,
                `.parameters` or `.not_resumable`; later `.failed`, `.timeout`, `.cell_timeout`,
                `.kernel_died`, `.memory`, `.value`.
        """
        try:
            return await self._run(job, listen)
        finally:
            self._kernels.fill()  # only now: a kernel that starts takes the time of those that run

    async def _run(self, job: NotebookJob, listen: Listen) -> NotebookResult:
        notebook, resumption = await asyncio.to_thread(_opened, job)
        async with self._places:
            limit = asyncio.timeout(job.seconds)
            run = NotebookRun(
                job,
                notebook,
                listen=listen,
                clock=self._clock,
                has_time=lambda: not limit.expired(),
                fill=self._kernels.fill,
            )
            try:
                async with limit:
                    return await run.whole(self._kernels, resumption)
            except TimeoutError as error:
                if not limit.expired():
                    raise
                title = f"the notebook ran longer than {job.seconds:g} s"
                raise NodeError(title, type="notebook.timeout", is_transient=False) from error
            finally:
                self._remember(run.kept)

    async def preview(self, job: NotebookJob) -> Resumption:
        """Return how the notebook would go on from `job.earlier`; nothing is run.

        Raises:
            NodeError: it or the earlier copy is no notebook, or its kernel is not installed.
        """
        return await asyncio.to_thread(lambda: _opened(job, is_asked=True)[1])

    def _remember(self, kept: KeptKernel | None) -> None:
        """Count a kernel that was kept; the oldest ends where those are too many."""
        self._kept = [one for one in self._kept if one.is_there]
        if kept is None:
            return
        self._kept.append(kept)
        while len(self._kept) > self._limits.max_kept:
            end_kept(self._kept.pop(0))

    async def warm_up(self) -> None:
        """Start the kernels that are kept ready, without waiting for them."""
        await self._kernels.warm_up()

    async def close(self) -> None:
        """End the kernels that are kept ready; those that failed and are kept live on for their time."""
        await self._kernels.close()


def end_kept(kept: KeptKernel) -> None:
    """End a kernel that was kept alive, before its time; harmless if it is gone."""
    if kept.is_there:
        with contextlib.suppress(OSError):
            os.killpg(kept.pid, signal.SIGKILL)
    Path(kept.connection_file).unlink(missing_ok=True)


def _opened(job: NotebookJob, *, is_asked: bool = False) -> tuple[Any, Resumption]:
    if not job.path.is_file():
        title = f"no notebook {job.path.name!r}"
        detail = f"looked in {job.path.parent}"
        raise NodeError(title, type="notebook.not_found", detail=detail, is_transient=False)
    from .document import EarlierCopy, Notebook

    notebook = Notebook(job)
    if job.outputs and notebook.language != "python":
        title = "values come back only from Python notebooks"
        detail = f"the kernel {notebook.kernel!r} speaks {notebook.language or 'something else'}"
        raise NodeError(title, type="notebook.value", detail=detail, is_transient=False)
    if job.earlier is None or not job.earlier.is_file():
        return notebook, Resumption(0)
    earlier = EarlierCopy(job.earlier)
    resumption = plan_resumption(
        notebook, earlier, outputs=job.outputs, is_repeatable=job.is_repeatable
    )
    if not is_asked:
        resumption.refuse()
    notebook.earlier = earlier
    return notebook, resumption
