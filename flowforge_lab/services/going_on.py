"""How an execution that did not come to its end can go on, and doing it."""

from pathlib import PurePath
from typing import Any, Literal

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.events import Visit
from flowforge_lab.store import ExecutionHead, StoreJournal

from .executions import Executions
from .moments import microseconds
from .notebook_views import ResumeView
from .notebooks import Notebooks
from .restarting import NEWEST, SAME, Restarts

How = Literal["cell", "step", "here", "mended_step", "mended"]
_MAX_DUE = 1000
_BROKEN = frozenset(("failed", "cancelled"))


class WayOn(msgspec.Struct, frozen=True):
    """One way in which an execution can go on.

    `cell`: a new execution begins in the notebook that failed, as `notebook` says, which also says what
    stands in the way. `step`: a new one begins with the step that failed. `here`: it is not over, and nobody
    runs it: it goes on as it is, in this process. `mended_step` and `mended`: a new one, of the workflow as
    it is now, begins with the step that failed or with everything; `faults` stand in its way.
    """

    how: How
    node: str = ""
    visit: int = 0
    notebook: ResumeView | None = None
    faults: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.faults and (self.notebook is None or self.notebook.is_possible)

    @property
    def is_mended(self) -> bool:
        """Whether it takes the workflow as it is now, which is not as it was then."""
        return self.how in {"mended_step", "mended"}

    @property
    def title(self) -> str:
        """What it is, in a line."""
        if self.notebook is not None:
            name = PurePath(self.notebook.notebook).name
            return f"Go on in cell {self.notebook.first} of {self.notebook.count} of {name}"
        if self.how == "here":
            return "Go on here"
        what = "everything" if self.how == "mended" else f"the step {self.node!r}"
        how = ", in the workflow as it is now" if self.is_mended else ""
        return f"Begin again with {what}{how}"

    def told(self) -> dict[str, Any]:
        """Return it as a screen shows it, as JSON values."""
        view = self.notebook
        return {
            "how": self.how,
            "node": self.node,
            "title": self.title,
            "lines": list(_LINES.get(self.how, ()) if view is None else _lines_of(view)),
            "obstacles": list(self.faults if view is None else view.obstacles),
            "is_mended": self.is_mended,
            "is_possible": self.is_possible,
        }


_LINES = {
    "step": ("A new execution in the version of then; the steps before it keep what they gave.",),
    "mended_step": ("The workflow has changed since. The steps before it keep what they gave.",),
    "mended": ("The workflow has changed since. A new execution with the same inputs.",),
    "here": ("Whoever ran it has ended, and it is not over.",),
}


def _lines_of(view: ResumeView) -> tuple[str, ...]:
    if view.obstacles:
        return ("It cannot: not all that it needs can be had again.", *view.notes)
    cells = ", ".join(map(str, view.replayed))
    if view.is_attached:
        how = "It goes on in the kernel of then, which still has every variable."
    elif len(view.replayed) == 1:
        how = f"Cell {cells} runs again first, since later ones need what it sets."
    elif cells:
        how = f"Cells {cells} run again first, since later ones need what they set."
    else:
        how = "No cell before it has to run again."
    kept = "The cells before it keep their outputs. The notebook is read as it is now."
    return (how, kept, *view.notes)


class GoingOn:
    """Tells how executions can go on, and lets them."""

    def __init__(
        self,
        journal: StoreJournal,
        executions: Executions,
        restarts: Restarts,
        *,
        notebooks: Notebooks,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._executions = executions
        self._restarts = restarts
        self._notebooks = notebooks
        self._clock = clock

    async def ways(self, execution_id: str) -> tuple[WayOn, ...]:
        """Return the ways in which an execution can go on, the one that saves most first; nothing is run.

        Those in its own version come first. There are none for one that somebody runs, and for one that
        succeeded only that in a workflow which has changed since.

        Raises:
            NotFoundError: there is no such execution.
        """
        head = await self._executions.get(execution_id)
        if not head.is_finished:
            return (WayOn("here"),) if head.id in await self.cut_off() else ()
        visit = await self._broken(head)
        mended = await self._mended(head.id, visit)
        if visit is None:
            return mended
        step = WayOn("step", visit.node, visit.number)
        cell = await self._in_notebook(head.id, visit)
        return (step, *mended) if cell is None else (cell, step, *mended)

    async def _mended(self, execution_id: str, visit: Visit | None) -> tuple[WayOn, ...]:
        """Return the ways in the workflow as it is now; none if it has not changed."""
        whole = await self._restarts.newer(execution_id, None)
        if whole is None:
            return ()
        found = WayOn("mended", faults=whole.faults)
        if visit is None:
            return (found,)
        from_step = await self._restarts.newer(execution_id, visit.number)
        faults = from_step.faults if from_step else ()
        return WayOn("mended_step", visit.node, visit.number, faults=faults), found

    async def cut_off(self) -> frozenset[str]:
        """Return the executions that are not over and whose runner is gone."""
        due = await self._journal.due(microseconds(self._clock.now()), _MAX_DUE)
        return frozenset(one.execution_id for one in due if one.reason == "orphaned")

    async def _broken(self, head: ExecutionHead) -> Visit | None:
        """Return the latest visit that did not come to its end, of an execution that did not either."""
        if head.status not in _BROKEN:
            return None
        state = await self._executions.state(head.id)
        visits = [one for one in state.own_visits() if one.status in _BROKEN]
        failed = [one for one in visits if one.status == "failed"] or visits
        return failed[-1] if failed else None

    async def _in_notebook(self, execution_id: str, visit: Visit) -> WayOn | None:
        try:
            view = await self._notebooks.resumable(execution_id)
        except NotFoundError:  # no notebook failed, or nothing is left of it
            return None
        same = view.visit == visit.number
        return WayOn("cell", view.node, view.visit, view) if same else None

    async def go_on(self, execution_id: str, how: str = "") -> str:
        """Let an execution go on; return the one that runs now.

        By default that is the first way that is possible in its own version.

        Raises:
            ConflictError: it cannot, and the text says why.
            NotFoundError: there is no such execution.
        """
        head = await self._executions.get(execution_id)
        ways = await self.ways(head.id)
        usual = (one for one in ways if one.is_possible and not one.is_mended)
        way = next((one for one in ways if one.how == how) if how else usual, None)
        if way is None:
            what = f"in the way {how!r}" if how else "from where it stopped"
            msg = f"execution {head.id} ({head.status}) cannot go on {what}"
            raise ConflictError(msg)
        if way.how == "cell":
            return await self._notebooks.resume(head.id)
        if way.how != "here":
            version = NEWEST if way.is_mended else SAME
            return await self._restarts.restart(
                head.id, from_step=way.visit or None, version=version
            )
        if await self._executions.resume(head.id) is None:
            msg = f"execution {head.id} is run by somebody else by now"
            raise ConflictError(msg)
        return head.id
