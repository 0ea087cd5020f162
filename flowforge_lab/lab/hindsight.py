"""What a lab can learn from its history beyond its tables."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flowforge_lab.analysis import (
    Backtest,
    BegunHere,
    Capacity,
    Load,
    NodeHistory,
    Stage,
    VisitsHere,
    Watch,
    forecast_all,
)
from flowforge_lab.services import (
    Backtests,
    Process,
    Processes,
    Recordings,
    Source,
    VariablesFor,
    Written,
    nodes_ever,
)

from .limits import engine_limits, expression_limits
from .loop import LoopThread
from .parts import Parts


class Hindsight:
    """The part of a lab that tries, measures and explains what is over."""

    parts: Parts
    _loop: LoopThread

    def backtest(
        self,
        workflow: Source,
        *,
        since: datetime | None = None,
        where: str = "",
        limit: int | None = None,
        ignore: Collection[str] = (),
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Backtest:
        """Run past executions again in a workflow as it is written now, and return what would be different.

        Steps that act outside are not run: they give what they gave then, and where nothing was recorded
        fail with `backtest.not_recorded`. Nothing of it is kept in the lab. `where` is a condition in SQL
        over the columns of `executions`; outputs and requests of the nodes in `ignore` are not compared.
        `on_progress` is told how many are done, and of how many, from another thread.

        Raises:
            PlanError: the workflow is not valid.
            QueryError: the condition is none.
        """
        trying = backtests_of(self.parts).run(
            workflow,
            since=since,
            where=where,
            limit=limit,
            ignore=ignore,
            on_progress=on_progress,
        )
        return self._loop.run_sync(trying)

    def record(
        self,
        execution_id: str,
        folder: Path | str = "tests",
        *,
        ignore: Collection[str] = (),
        force: bool = False,
    ) -> Written:
        """Write an execution as a pytest that fails once its workflow no longer does what it did.

        The test stands in `folder` (of the lab, unless it is a whole path), the recording in `recordings`
        below it, with the values of the execution in it. Nodes whose outputs vary by themselves are found by
        trying twice; `ignore` names more of them. Steps that act outside are not run by the test.

        Raises:
            NotFoundError: there is no such execution, or its workflow has no file.
            ConflictError: it is not over, the workflow has changed since, or the files are there.
        """
        folder = self.parts.root / folder
        writing = recordings_of(self.parts).write(execution_id, folder, ignore=ignore, force=force)
        return self._loop.run_sync(writing)

    def node(self, node: str, *, workflow: str = "") -> NodeHistory:
        """Return a node over all executions of the past: `lab.node("load").outputs()` is a frame.

        `workflow` is an id; without it the node of that name is meant in any workflow.
        """
        store, unpack = self.parts.store, self.parts.engine.payloads.unpack

        def known(node: str, workflow: str) -> Mapping[str, Collection[str]]:
            asked = nodes_ever(store.catalogue, store.history, node=node, workflow=workflow)
            return self._loop.run_sync(asked)

        visits = VisitsHere(store.history, unpack, known)
        return NodeHistory(visits, node, workflow=workflow)

    def process(
        self, workflow: Source, *, since: datetime | None = None, where: str = ""
    ) -> Process:
        """Return how the executions of a workflow really went, beside the graph that it is now.

        It has `variants()`, `edges()`, `bottlenecks()`, `loops()` and `conformance()` as frames, a
        `picture()`, and exports for tools of process mining: `to_xes(file)`, `to_ocel(file)`. `where` is a
        condition in SQL over the columns of `executions`.
        """
        parts = self.parts
        processes = Processes(parts.store.history, parts.workflows, parts.registry)
        return self._loop.run_sync(processes.get(workflow, since=since, where=where))

    def capacity(self, workflow: Source, *limits: int, **load: Any) -> Capacity:
        """Return how long executions would wait if at most so many of a workflow ran at once.

        Arrivals and service times of the past are replayed, first come first served, for each of `limits`;
        `frame()` of the answer has a row for each. `load` are fields of `analysis.Load`: `on_limit` (`queue`,
        `drop`, `replace`), `key` (a column of `executions` whose values share a limit each, such as `user`),
        `arrivals` (2.0: twice as many come), `service` (2.0: each takes twice as long), `since`, `where`.

        Raises:
            QueryError: a limit, a factor or the condition is none.
        """
        id = self._loop.run_sync(self.parts.workflows.id_of(workflow))
        return forecast_all(self.parts.store.history, id, Load(limits, **load))

    def watch(
        self, *, workflow: str = "", since: datetime | None = None, every: float = 1.0
    ) -> Watch:
        """Return the executions that begin from now on, or since a time, whichever process runs them.

        `for news in lab.watch(): ...` waits for executions that begin, change or end, and gives frames of
        them; `frame()` has all of them as they stand now. `every` is how often it looks, in seconds.
        """
        begin = since or self.parts.clock.now()
        return Watch(BegunHere(self.parts.store.history, workflow=workflow, every=every), begin)


def backtests_of(parts: Parts) -> Backtests:
    """Return what tries past executions of a lab again."""
    return Backtests(parts.store.history, parts.workflows, stage_of(parts), clock=parts.clock)


def recordings_of(parts: Parts) -> Recordings:
    """Return what makes tests of the executions of a lab."""
    return Recordings(
        parts.executions,
        parts.workflows,
        parts.store.catalogue,
        stage=stage_of(parts),
        root=parts.root,
        registry=parts.registry,
    )


def stage_of(parts: Parts) -> Stage:
    """Return what rehearsals of a lab stand on."""
    store, settings = parts.store, parts.settings
    return Stage(
        get_blob=store.blobs.get,
        variables=VariablesFor(store.variables, parts.clock, parts.access.projects),
        folder_of=parts.workflows.folder_of,
        artifacts=store.layout.artifacts,
        limits=engine_limits(settings, parts.rates),
        expressions=expression_limits(settings),
    )
