"""What a lab can do with executions beside starting them: hold, make anew, look back, debug."""

import getpass
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowforge_lab.engine import Outcome, Start
from flowforge_lab.services import (
    Changes,
    Delivery,
    Given,
    Place,
    Replay,
    Snapshot,
    Source,
    Standing,
    ViewerSession,
)

from .alerts import LabAlerts
from .debugger import Debugger
from .eyes import LabEyes
from .loop import LoopThread
from .notebooks import LabNotebooks
from .parts import Parts
from .queue import LabQueue


class Operating:
    """The part of a lab that looks after its executions; the start or end of an id is enough everywhere."""

    parts: Parts
    _loop: LoopThread

    @property
    def loop(self) -> LoopThread:
        """Where the parts of the lab run; `lab.loop.run_sync(work)` is how a screen calls them."""
        return self._loop

    def pause(self, execution_id: str, *, reason: str = "") -> None:
        """Let nothing new start in an execution; what runs finishes, then it is parked as `paused`.

        It stays so over restarts, until `unpause` or `cancel`; no timer wakes it. One that still waits
        for its turn in the queue is paused when that comes.

        Raises:
            NotFoundError: there is no such execution.
            ConflictError: it is over already.
        """
        paused = self.parts.operations.wishes.pause(execution_id, by=whoami(), reason=reason)
        self._loop.run_sync(paused)

    def unpause(self, execution_id: str) -> None:
        """Let a paused execution go on, here if nobody else runs it; nothing if it is not paused.

        Raises as `pause` does.
        """
        self._loop.run_sync(self.parts.operations.wishes.unpause(execution_id, by=whoami()))

    def restart(
        self,
        execution_id: str,
        *,
        from_step: Place | None = None,
        version: str = "same",
        **changes: Any,
    ) -> str:
        """Start an execution that is over anew, and return the id of the new one.

        `from_step` is a node (its latest visit is meant) or the number of a visit: what does not depend on
        it is taken over, all the rest is run. A step in the body of a loop cannot be begun at; the loop
        around it is. `version` is `same`, `newest`, or a label or digest. `changes` are fields of
        `services.Changes`: `inputs`, `variables`, `outputs` of nodes that are taken over, `pins`, `until`,
        `breakpoints`.

        Raises:
            ConflictError: it is not over; `fork` takes one that runs.
            NotFoundError: there is no such execution, step or version.
            PlanError: the version lacks what was done, or a change does not fit.
        """
        anew = self.parts.operations.restarts.restart(
            execution_id, from_step=from_step, version=version, changes=Changes(**changes)
        )
        return self._loop.run_sync(anew)

    def fork(self, execution_id: str, at: Place, *, version: str = "same", **changes: Any) -> str:
        """Start another execution from a visit of one that is over or runs, and return the new id.

        The original is left alone. `at`, `version`, `changes` and what is raised are as for `restart`.
        """
        forked = self.parts.operations.restarts.fork(
            execution_id, at, version=version, changes=Changes(**changes)
        )
        return self._loop.run_sync(forked)

    def replay(self, execution_id: str) -> Replay:
        """Return every state an execution went through, computed from its journal; no node runs."""
        return self._loop.run_sync(self.parts.operations.replay(execution_id))

    def at(
        self,
        execution_id: str,
        *,
        seq: int | None = None,
        time: datetime | str | None = None,
        visit: int | None = None,
    ) -> Snapshot:
        """Return an execution as it was: after the event `seq`, at a time, or when a visit began.

        Raises:
            NotFoundError: there is no such execution or visit, or it had not begun then.
            ValueError: not exactly one of the three is given.
        """
        asked = self.parts.operations.at(execution_id, seq=seq, time=time, visit=visit)
        return self._loop.run_sync(asked)

    def run_node(self, source: Source, node: str, **given: Any) -> Outcome:
        """Run one node of a workflow, and return what became of it; the result is its outputs.

        `given` are fields of `services.Given`: `input` (the value on its edge, of a join one by node id),
        `nodes` (outputs of earlier nodes by id), `item`, `index`, `inputs`, `payload`, `variables`. What
        is not given is what is pinned, else what it was in the last finished execution in which the node ran.

        Raises:
            NotFoundError: the workflow has no such node.
            PlanError: the workflow or its inputs are not valid; nothing was started.
        """
        return self._loop.run_sync(self._run_node(source, node, Given(**given)))

    async def _run_node(self, source: Source, node: str, given: Given) -> Outcome:
        execution_id = await self.parts.operations.single.start(source, node, given)
        return await self.parts.executions.wait(execution_id)

    def debug(
        self,
        source: Source,
        inputs: Mapping[str, Any] | None = None,
        *,
        breakpoints: Mapping[str, str] | None = None,
        **start: Any,
    ) -> Debugger:
        """Start a workflow under a debugger, which stops before nodes that have a breakpoint.

        `breakpoints` are conditions by node, empty to stop always; without any it stops right behind the
        trigger. `start` are further fields of `Start`.

        Raises:
            NotFoundError: a breakpoint names no node.
            ExpressionError: a condition is no expression; it says at which character.
            PlanError: the workflow or its inputs are not valid.
        """
        wanted = Start(inputs={} if inputs is None else inputs, **start)
        debugging = self.parts.operations.debugging
        execution_id = self._loop.run_sync(debugging.start(source, wanted, breakpoints))
        return Debugger(execution_id, self.parts, self._loop, by=whoami())

    def debugger(self, execution_id: str) -> Debugger:
        """Return a debugger of an execution that runs, is paused or is over; nothing changes by that.

        Raises:
            NotFoundError: there is no such execution.
        """
        head = self._loop.run_sync(self.parts.executions.get(execution_id))
        return Debugger(head.id, self.parts, self._loop, by=whoami())

    def viewer(
        self, execution_id: str, *, is_read_only: bool = False, by: str = ""
    ) -> ViewerSession:
        """Return what a screen shows of an execution, live: `Viewer` in a notebook hosts one.

        Close it. What is done in it is done in the name of `by`, else of the user of this process.

        Raises:
            NotFoundError: there is no such execution.
        """
        eyes = LabEyes(self.parts, self._loop, by=by or whoami())
        is_read_only = is_read_only or self.parts.store.is_read_only
        return ViewerSession(execution_id, eyes, self.parts.registry, is_read_only=is_read_only)

    def picture(self, execution_id: str) -> str:
        """Return how an execution stands or ended as an SVG document: its graph, and below it the timeline.

        Raises:
            NotFoundError: there is no such execution.
        """
        session = self.viewer(execution_id, is_read_only=True)
        try:
            return session.picture()
        finally:
            session.close()

    def prometheus(self, *, since: datetime | None = None) -> str:
        """Return metrics as Prometheus reads them: of this process, from the first call on.

        With `since` they are counted from the history instead, whichever process made it.
        """
        measuring = self.parts.measuring
        return measuring.text() if since is None else measuring.past(since)

    @property
    def alerts(self) -> LabAlerts:
        """The alert rules: `lab.alerts()` is a frame of what people were told of."""
        return LabAlerts(self._loop, self.parts.alerts)

    def slo(self) -> list[Standing]:
        """Return how workflows stand to what is promised of them in `slo.yaml`."""
        return self._loop.run_sync(self.parts.slos.standings())

    def deliveries(self) -> list[Delivery]:
        """Return how QStash got on with each schedule that it carries; none where it carries none.

        Raises:
            ServiceError: QStash does not answer.
        """
        return self._loop.run_sync(self._deliveries())

    async def _deliveries(self) -> list[Delivery]:
        remote = self.parts.remote_schedules
        return (
            [] if remote is None else await remote.states(await self.parts.store.schedules.all())
        )

    @property
    def notebooks(self) -> LabNotebooks:
        """The notebooks of the lab: scheduled, run, gone on with after a failure."""
        return LabNotebooks(self.parts, self._loop)

    @property
    def queue(self) -> LabQueue:
        """What is due in this lab: looked at, held, worked on."""
        return LabQueue(self.parts, self._loop)


def whoami() -> str:
    """Return the name of the user this process runs for; empty where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
