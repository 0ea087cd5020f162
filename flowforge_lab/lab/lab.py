"""A lab, as a notebook or a script uses it: calls that simply return what was asked for."""

import asyncio
import atexit
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flowforge_lab.analysis import Frames
from flowforge_lab.clients import ConnectionTest
from flowforge_lab.engine import Outcome, Start
from flowforge_lab.errors import Problem
from flowforge_lab.events import Entry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import (
    CutOff,
    Decision,
    Saved,
    Source,
    StepView,
)
from flowforge_lab.settings import Settings, load_settings
from flowforge_lab.spec import Document, read_text_inputs
from flowforge_lab.store import Due, ExecutionHead, Schedule
from flowforge_lab.store import Workflow as Listed
from flowforge_lab.variables import Secrets

from .bots import LabBots
from .circuits import OpenCircuit
from .dead_letters import LabDeadLetters
from .hindsight import Hindsight
from .importing import Importing
from .loop import LoopThread
from .operating import Operating
from .outside import Outside
from .parts import Parts
from .pins import WorkflowPins
from .place import FOLDER, root_for
from .upkeep import Upkeep
from .users import LabUsers
from .variables import VariableCalls
from .versions import LabVersions
from .waits import LabWaits


class Lab(Frames, VariableCalls, Operating, Hindsight, Outside, Importing, Upkeep):
    """One lab. Every call may be made from any thread, also from a notebook cell; close it, or use `with`.

    Its history answers as pandas frames: `executions()`, `steps()`, `events()`, `sql()`, ... The engine
    runs on a loop of its own thread; what a call waits for, it waits for there.
    """

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self._loop = LoopThread()
        self._is_closed = False
        try:
            self.parts = Parts(root, settings)
            self._loop.run_sync(self.parts.__aenter__())
            super().__init__(self.parts.store.history)
            atexit.register(self.close)
        except BaseException:
            self._loop.close()
            raise

    def __repr__(self) -> str:
        return f"Lab({str(self.root)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the lab; executions that still run are left to the next host. May be called twice."""
        if not self._is_closed:
            self._is_closed = True
            atexit.unregister(self.close)
            try:
                self._loop.run_sync(self.parts.close())
            finally:
                self._loop.close()

    # -- running

    def run(
        self,
        source: Source,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_event: Callable[[Entry], None] | None = None,
        with_pins: bool = False,
        **start: Any,
    ) -> Outcome:
        """Run a workflow and return what became of it, once it is over or paused; waits are waited for.

        `source` is a path, an id, or a workflow built in Python. `on_event` is called for each journal
        entry as it is acknowledged, from another thread. `with_pins` lets pinned outputs stand for running
        their nodes. `start` are further fields of `Start`, and `key_window`: for how many seconds a `key`
        starts nothing more of this workflow; for ever without it.

        Raises:
            PlanError: the workflow or its inputs are not valid; nothing was started.
            ConflictError: its key was used before; the text names the execution.
        """
        execution_id = self.start(source, inputs, on_event=on_event, with_pins=with_pins, **start)
        return self.wait(execution_id)

    def start(
        self,
        source: Source,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_event: Callable[[Entry], None] | None = None,
        with_pins: bool = False,
        key_window: float | None = None,
        **start: Any,
    ) -> str:
        """Start a workflow in the background and return the id of its execution."""
        if key_window is not None:
            if key_window <= 0:
                msg = f"key_window: expected seconds above 0, found {key_window:g}"
                raise ValueError(msg)
            start["key_until"] = self.parts.clock.stamp() + int(key_window * 1e6)
        wanted = Start(inputs={} if inputs is None else inputs, **start)
        if with_pins:
            wanted = self._loop.run_sync(self.parts.pins.into(source, wanted))
        return self._loop.run_sync(self._start(source, wanted, on_event))

    async def _start(
        self, source: Source, start: Start, on_event: Callable[[Entry], None] | None
    ) -> str:
        early: list[Entry] = []
        cancel = self.parts.feed.subscribe(early.append) if on_event else None
        try:
            execution_id = await self.parts.executions.start(source, start)
        finally:
            if cancel is not None:
                cancel()
        if on_event is not None:
            for entry in early:
                if entry.execution_id == execution_id:
                    on_event(entry)
            self.parts.feed.subscribe(on_event, execution_id=execution_id)
        return execution_id

    def wait(self, execution_id: str, *, is_patient: bool = True) -> Outcome:
        """Return what became of an execution, once it is over or paused, whoever runs it.

        With `is_patient=False` also once it waits for a time or an answer.
        """
        waiting = self.parts.executions.wait(execution_id, is_patient=is_patient)
        return self._loop.run_sync(waiting)

    def resume(self, execution_id: str) -> bool:
        """Go on with an execution that was cut off or whose time has come; false if nothing is to do."""
        head = self.get(execution_id)
        handle = self._loop.run_sync(self.parts.executions.resume(head.id))
        return handle is not None

    def cancel(self, execution_id: str, *, reason: str = "") -> None:
        """Stop an execution, wherever it runs."""
        head = self.get(execution_id)
        self._loop.run_sync(self.parts.executions.cancel(head.id, reason=reason))

    def due(self, *, patience: float = 0.0) -> list[Due]:
        """Return the executions that wait for a host: cut off, or past the time they waited for."""
        return self._loop.run_sync(self.parts.executions.due(patience=patience))

    def serve(self, *, until: Callable[[], bool] | None = None) -> None:
        """Be the live host of this lab until interrupted, or until `until()` holds.

        Raises:
            StoreFullError: the lab's folder is read-only.
        """
        self.parts.store.refuse_read_only()
        self._loop.run_sync(self._serve(until))

    async def _serve(self, until: Callable[[], bool] | None) -> None:
        if until is None:
            await self.parts.be_host()
            return
        async with asyncio.TaskGroup() as group:
            polling = group.create_task(self.parts.poll(), name="poll bots")
            try:
                while not await asyncio.to_thread(until):
                    await self.parts.host.look()
                    await self.parts.clock.sleep(self.settings.poll_seconds)
            finally:
                self.parts.host.leave()
                polling.cancel()

    def crashed(self) -> list[CutOff]:
        """Return the steps that a crash cut off and that ask whether to run again (`on_crash: ask`)."""
        return self._loop.run_sync(self.parts.crashes.all())

    def decide(self, execution_id: str, decision: Decision, *, visit: int = 0) -> None:
        """Let what a crash cut off in an execution run again, or fail; with `visit` only that one."""
        self._loop.run_sync(self.parts.crashes.decide(execution_id, decision, visit=visit))

    def circuits(self) -> list[OpenCircuit]:
        """Return the hosts that are left alone for now because they failed, in any process of the lab."""
        return self._loop.run_sync(self.parts.circuits.all())

    @property
    def dead_letters(self) -> LabDeadLetters:
        """The failed executions nobody has seen to: `lab.dead_letters()` is a frame of them."""
        return LabDeadLetters(self._loop, self.parts.dead_letters, self.parts.store.history)

    @property
    def waits(self) -> LabWaits:
        """What executions wait for, and the answers to it."""
        return LabWaits(self._loop, self.parts.waits)

    # -- workflows

    def read(self, source: Source) -> Document:
        """Return the document of a workflow."""
        return self._loop.run_sync(self.parts.workflows.read(source))

    def validate(self, source: Source) -> list[Problem]:
        """Return everything that is wrong with a workflow, errors first."""
        document = self.read(source)
        self._loop.run_sync(self.parts.workflows.look_around())
        return self.parts.workflows.validate(document)

    def save(
        self, document: Document, path: Path | str | None = None, *, force: bool = False
    ) -> Saved:
        """Write a workflow's file; one with errors is kept as a draft."""
        return self._loop.run_sync(self.parts.workflows.save(document, path, force=force))

    def keep(self, document: Document) -> Saved:
        """Keep a document that is written already: as the newest version, or as a draft if it has errors."""
        return self._loop.run_sync(self.parts.workflows.keep(document))

    def surroundings(self) -> Surroundings:
        """Return which connections and secrets a workflow of this lab may name."""
        return self.parts.surroundings()

    def text_inputs(self, source: Source, given: Mapping[str, str]) -> dict[str, Any]:
        """Return inputs given as text, each read by the type the workflow declares for it."""
        return read_text_inputs(self.read(source).workflow, given)

    def activate(self, source: Source) -> str:
        """Let the triggers of a workflow start it, and return its id."""
        return self._loop.run_sync(self.parts.workflows.activate(source)).workflow.id

    def deactivate(self, source: Source) -> str:
        """Stop the triggers of a workflow, and return its id."""
        return self._loop.run_sync(self.parts.workflows.deactivate(source))

    def workflows(self) -> list[Listed]:
        """Return the workflows that this lab has run, saved or activated."""
        return self._loop.run_sync(self.parts.workflows.all())

    def schedules(self) -> list[Schedule]:
        """Return when each schedule fires next, the next first."""
        return self._loop.run_sync(self.parts.store.schedules.all())

    # -- looking

    def get(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution; the start or the end of its id is enough."""
        return self._loop.run_sync(self.parts.executions.get(execution_id))

    def heads(
        self, *, status: Sequence[str] = (), workflow_id: str = "", limit: int = 20
    ) -> list[ExecutionHead]:
        """Return the summaries of the newest executions."""
        asked = self.parts.executions.recent(status=status, workflow_id=workflow_id, limit=limit)
        return self._loop.run_sync(asked)

    def steps_of(self, execution_id: str) -> list[StepView]:
        """Return each visit of one execution with its input, output, error and log."""
        head = self.get(execution_id)
        return self._loop.run_sync(self.parts.executions.steps(head.id))

    def entries(self, execution_id: str) -> list[Entry]:
        """Return the journal of one execution."""
        head = self.get(execution_id)
        return self._loop.run_sync(self.parts.executions.entries(head.id))

    def inputs_of(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution was started with."""
        head = self.get(execution_id)
        return self._loop.run_sync(self.parts.executions.inputs(head.id))

    def outcome_of(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended, without waiting for it."""
        head = self.get(execution_id)
        return self._loop.run_sync(self.parts.executions.outcome(head.id))

    def artifacts_of(self, execution_id: str) -> list[Path]:
        """Return the files that the steps of an execution kept, in order of the steps."""
        folder = self.parts.store.layout.artifacts / self.get(execution_id).id
        return sorted(path for path in folder.rglob("*") if path.is_file())

    @contextlib.contextmanager
    def watching(
        self, on_event: Callable[[Entry], None], execution_id: str = ""
    ) -> Iterator[None]:
        """Call `on_event` for what this lab's engine does (in one execution, or in all) meanwhile."""
        cancel = self.parts.feed.subscribe(on_event, execution_id=execution_id)
        try:
            yield
        finally:
            cancel()

    def publish(self) -> Path:
        """Bring `history.duckdb` up to date and return its path; any DuckDB client can read it.

        Raises:
            StoreFullError: it cannot be written; `export` writes to another place.
        """
        self.parts.store.refuse_read_only()
        self.parts.store.publisher.publish(at_most_every=0.0)
        return self.parts.store.layout.history

    def export(self, target: Path | str) -> None:
        """Write the whole history into one DuckDB file that needs nothing else."""
        self.parts.store.publisher.export(Path(target))

    # -- looking after the folder

    @property
    def is_read_only(self) -> bool:
        """Whether the lab's folder cannot be written: it shows the moment it was opened, and nothing runs."""
        return self.parts.store.is_read_only

    # -- what is set up

    @property
    def secrets(self) -> Secrets:
        """The secrets of this lab: names to list, values to set; they are never shown."""
        return self.parts.secrets

    def connections(self) -> dict[str, str]:
        """Return the kind of each connection, by its name."""
        found = sorted(self.parts.connections.items())
        return {name: str(fields.get("kind", "")) for name, fields in found}

    def test_connection(self, name: str) -> ConnectionTest:
        """Call a connection once, and tell whether it answers.

        Raises:
            NotFoundError: no connection of that name.
        """
        return self._loop.run_sync(self.parts.clients.connections.test(name))

    # -- groups of their own

    @property
    def versions(self) -> LabVersions:
        """The versions of workflows: listed, named, compared, brought back."""
        return LabVersions(self.parts, self._loop)

    @property
    def users(self) -> LabUsers:
        """The people the lab knows: `lab.users()` is a frame of them."""
        return LabUsers(self._loop, self.parts.users, self.parts.access.audit)

    @property
    def bots(self) -> LabBots:
        """The bots of the lab: their routes, their webhooks, what is posted to them."""
        return LabBots(self._loop, self.parts.bots)

    def pins(self, workflow: Source) -> WorkflowPins:
        """The pinned outputs of a workflow: listed, set, cleared; used by runs `with_pins`."""
        return WorkflowPins(self.parts, self._loop, workflow)


def open_lab(folder: Path | str | None = None, *, settings: Settings | None = None) -> Lab:
    """Return the lab in `folder`, or the one found at or above the present folder; made if there is none.

    The caller closes it. In a notebook one lab a kernel is enough. A lab whose folder cannot be written
    opens for looking: it shows the moment at which it was opened.

    Raises:
        NotFoundError: the named folder does not exist.
        StoreError: the lab cannot be opened; the text says why.
        SettingsError: `flowforge.toml` or the environment says something that cannot be used.
    """
    root = root_for(folder)
    return Lab(root, settings or load_settings(root / FOLDER))
