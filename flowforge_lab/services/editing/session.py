"""The authority behind the views of one open workflow. Views are dumb: they send edits and show answers."""

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flowforge_lab.errors import ConflictError, Problem
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Document, Workflow

from .asking import Asker, View, Views
from .bench import Bench, Workbench
from .breakpoints import Breakpoints
from .catalogue import describe_types
from .edits import EditError, Op, apply_edits
from .execution import Message, ShownExecution
from .filing import Filing
from .names import names_at
from .notebooks import notebook_form
from .picture import draw
from .places import Places
from .ports import Ports, ports_of
from .pulse import Pulse
from .runner import Listener, Run, Runner
from .svg import workflow_svg

_VALIDATE_AFTER = 0.15


class EditorSession:
    """One open workflow: applies edits from every view, tells the others, judges, saves, runs.

    Safe to use from several threads. `close()` stops its timers; it may be called twice.
    """

    def __init__(
        self,
        document: Document,
        registry: Registry,
        *,
        runner: Runner | None = None,
        bench: Bench | None = None,
        is_read_only: bool = False,
        can_run: bool = True,
    ) -> None:
        self.registry = registry
        self.is_read_only = is_read_only
        self._can_run = can_run and runner is not None
        self._runner = runner
        self._lock = threading.RLock()
        self._filing = Filing(document)
        self._workflow = document.workflow
        self._places = Places(self._workflow, registry)
        self._views = Views()
        self._listeners: list[Callable[[Workflow], None]] = []
        self.bench = None if bench is None else Workbench(bench, registry)
        self._execution = ShownExecution(self._tell_all)
        self._problems: tuple[Problem, ...] = ()
        self._judged: Workflow | None = None
        self._judging = Pulse(self._judge, _VALIDATE_AFTER)
        self._stops = Breakpoints()
        self._catalogue: Message | None = None
        self._last_file: Message = self._filing.describe(self._workflow)

    # What is true now.

    @property
    def workflow(self) -> Workflow:
        """The workflow as it is in the editor."""
        return self._workflow

    @property
    def document(self) -> Document:
        """The document as it would be saved now, comments kept."""
        with self._lock:
            return self._filing.current(self._workflow)

    @property
    def is_dirty(self) -> bool:
        """Whether there is something to save."""
        with self._lock:
            return self._filing.is_dirty(self._workflow)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with the workflow as it is now."""
        if self._judged is not self._workflow:
            self._judge()
        return self._problems

    @property
    def statuses(self) -> Mapping[str, Message]:
        """What the shown execution did, by node."""
        return self._execution.statuses

    @property
    def run_status(self) -> Message | None:
        """What is known of the shown execution as a whole."""
        return self._execution.run

    # Views.

    def join(self, view: View) -> None:
        """Tell this view of every change from now on; joining twice counts once."""
        self._views.join(view)

    def leave(self, view: View) -> None:
        """Tell this view nothing any more."""
        self._views.leave(view)

    def watch(self, listener: Callable[[Workflow], None]) -> None:
        """Call `listener` with the workflow after each change, in the thread that made it."""
        self._listeners.append(listener)

    def _tell_all(self, message: Message, *, but: Asker | None = None) -> None:
        self._views.tell(message if but is None else {**message, "but": but.client})

    # Edits.

    def apply(self, ops: Iterable[Op]) -> None:
        """Apply edits from Python and show them everywhere.

        Raises:
            EditError: one of them does not fit; then none was applied.
        """
        self.edit(list(ops))

    def replace(self, workflow: Workflow) -> None:
        """Show another version of the workflow everywhere; its file stays what it was until saved."""
        with self._lock:
            self._set(workflow)
        self._tell_all(self.graph())
        self._after_change()

    def edit(self, ops: list[Op], asker: Asker | None = None) -> None:
        """Apply edits that a view has shown already, confirm them to it and tell the others.

        Raises:
            EditError: one of them does not fit; then none was applied.
        """
        if self.is_read_only:
            msg = "this editor is read only"
            raise EditError(msg)
        with self._lock:
            before = self._workflow
            after = apply_edits(self._places.settled(before, ops), ops, self.registry)
            self._workflow = after
            renames = [(op["node"], op["to"]) for op in ops if op["op"] == "rename"]
            for old, new in renames:
                self._filing.note_rename(old, new)
                self._execution.follow_rename(old, new)
                self._stops.rename(old, new)
                self._places.follow_rename(old, new)
            self._tell_edit(ops, asker, is_redrawn=bool(renames))
            self._tell_ports(before, after, ops)
        self._after_change()

    def _tell_edit(self, ops: list[Op], asker: Asker | None, *, is_redrawn: bool) -> None:
        """Confirm the edit to its view and show it to the others.

        Only Python knows the ports of a new node and where expressions name a renamed one, so such edits
        are told as the whole graph.
        """
        is_whole = is_redrawn or any(op["op"] in {"add_node", "set_graph"} for op in ops)
        others = self.graph() if is_whole else {"kind": "ops", "ops": ops}
        self._tell_all(others, but=asker)
        if asker is not None:
            own = {"kind": "confirmed", "seq": asker.seq}
            asker.tell(self.graph(asker.seq) if is_redrawn else own)

    def _tell_ports(self, before: Workflow, after: Workflow, ops: list[Op]) -> None:
        touched = {op.get("node") for op in ops if op["op"] == "config"}
        touched |= {op.get("id") for op in ops if op["op"] == "add_node"}
        changed: dict[str, Ports] = {}
        for id in touched:
            if isinstance(id, str) and id in after.nodes:
                ports = ports_of(after.nodes[id], self.registry)
                old = before.nodes.get(id)
                if old is None or ports_of(old, self.registry) != ports:
                    changed[id] = ports
        if changed:
            told = {id: ports.to_message() for id, ports in changed.items()}
            self._tell_all({"kind": "ports", "ports": told})

    def _set(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._places = Places(workflow, self.registry)

    def _after_change(self) -> None:
        self._tell_file()
        self._judging.ask()
        for listener in self._listeners:
            listener(self._workflow)

    # Problems.

    def _judge(self) -> None:
        workflow = self._workflow
        found = validate(workflow, self.registry, self._known())
        with self._lock:
            formal = self._filing.document.problems
            self._problems = tuple(dict.fromkeys((*formal, *found)))
            self._judged = workflow
        self._tell_all({"kind": "problems", "problems": [_written(one) for one in self._problems]})

    # The file.

    def _known(self) -> Surroundings:
        known = Surroundings() if self._runner is None else self._runner.surroundings()
        return known.of_file(self._filing.path)

    def save(self, path: Path | str | None = None, *, force: bool = False) -> Path:
        """Write the workflow to its file, or to `path`, and return where it is now.

        Raises:
            ConflictError: somebody else changed the file since it was read; nothing was written.
            NotFoundError: it has no file yet and `path` names none.
        """
        if self.is_read_only:
            msg = "this editor is read only; save it under another name in Python"
            raise ConflictError(msg)
        try:
            with self._lock:
                place = Path(path) if path is not None else None
                saved = self._filing.save(self._workflow, path=place, force=force)
                self._workflow = saved.workflow
        finally:
            self._tell_file(is_news=True)
        if self._runner is not None:
            self._runner.saved(saved)
        self._judging.ask()
        assert saved.path is not None  # noqa: S101  # a document that was written lies somewhere
        return saved.path

    def reload(self) -> None:
        """Show what the file says now; undo in a view brings back what was there.

        Raises:
            NotFoundError: the file is gone.
            DocumentError: it is no workflow any more; the editor stays as it is.
        """
        with self._lock:
            self._set(self._filing.reload())
        self._tell_all({**self.graph(), "reloaded": True})
        self._tell_file(is_news=True)
        self._after_change()

    def take(self, document: Document) -> None:
        """Show what was written elsewhere, as in a text editor; undo in a view brings back what was there."""
        with self._lock:
            self._set(self._filing.take(document))
        self._tell_all({**self.graph(), "reloaded": True})
        self._tell_file(is_news=True)
        self._after_change()

    def kept(self) -> Document:
        """Return the document as it is now, which whoever keeps the file has just written."""
        with self._lock:
            document = self._filing.current(self._workflow)
            self._filing.take(document)
        self._tell_file(is_news=True)
        if self._runner is not None:
            self._runner.saved(document)
        return document

    def check_file(self) -> bool:
        """Look whether somebody else changed the file, tell the views, and return whether it is so."""
        with self._lock:
            is_new = self._filing.check()
        self._tell_file(is_news=is_new)
        return self._filing.has_conflict

    def _tell_file(self, *, is_news: bool = False) -> None:
        with self._lock:
            shown = self._filing.describe(self._workflow)
            is_news = is_news or shown != self._last_file
            self._last_file = shown
        if is_news:
            self._tell_all({"kind": "file", "file": shown})

    # Running.

    def run(self, inputs: Mapping[str, Any] | None = None) -> Run:
        """Start an execution of the workflow as it is in the editor, and show it on the canvas.

        Raises:
            ConflictError: there is no lab to run it in, or one is under way.
            FlowForgeError: it cannot be started.
        """
        runner, document, given = self._runner, self.document, dict(inputs or {})
        stops = self._stops.of(self._workflow)
        return self.follow(
            None
            if runner is None
            else lambda listener: runner.run(document, given, listener, breakpoints=stops)
        )

    def set_breakpoint(self, node: str, condition: str | None) -> None:
        """Let what is run from here on stop before a node: always, or where a condition holds.

        An empty condition always does; `None` takes the breakpoint away.

        Raises:
            EditError: the node is not there, or nothing comes before it.
            ExpressionError: the condition is none.
        """
        with self._lock:
            self._stops.set(self._workflow, node, condition)
        self._tell_all({"kind": "breakpoints", "breakpoints": self._stops.of(self._workflow)})

    def go_on(self, *, is_step: bool = False) -> None:
        """Let the shown execution go on from where it stopped, by one step or until it stops again.

        Raises:
            ConflictError: it does not stand still.
        """
        self._execution.go_on(is_step=is_step)

    def follow(self, begin: Callable[[Listener], Run] | None) -> Run:
        """Show the execution that `begin` starts on the canvas.

        Raises:
            ConflictError: there is no lab to run it in, or one is under way.
            FlowForgeError: it cannot be started.
        """
        if self.bench is not None:
            self.bench.forget()
        return self._execution.start(self._workflow.nodes, begin)

    def cancel(self) -> None:
        """Ask the shown execution to stop."""
        self._execution.cancel()

    def close(self) -> None:
        """Stop the timers and forget the views."""
        self._judging.stop()
        self._execution.close()
        self._views.clear()

    # What views ask for.

    def state(self) -> Message:
        """Return everything a view must know to start with, as JSON values."""
        if self._catalogue is None:
            self._catalogue = describe_types(self.registry)
        with self._lock:
            self._filing.check()
            return {
                "kind": "state",
                "catalogue": self._catalogue,
                "graph": draw(self._workflow, self.registry, self._places.arranged),
                "problems": [_written(one) for one in self.problems],
                "statuses": dict(self._execution.statuses),
                "run": self._execution.run,
                "file": self._filing.describe(self._workflow),
                "read_only": self.is_read_only,
                "can_run": self._can_run,
                "can_try": self.bench is not None,
                "breakpoints": self._stops.of(self._workflow),
            }

    def picture(self) -> str:
        """Return the graph as it is now as an SVG document, which shows where no code runs."""
        return workflow_svg(self._workflow, self.registry)

    def graph(self, seq: int | None = None, reason: str = "") -> Message:
        """Return the true graph, as the answer to edit `seq` where one was asked for."""
        graph = draw(self._workflow, self.registry, self._places.arranged)
        return {"kind": "graph", "graph": graph, "seq": seq, "reason": reason}

    def detail(self, node: str) -> Message:
        """Return what went in and out of a node in the shown execution, as JSON values."""
        return self._execution.detail(node)

    def notebook(self, name: str) -> Message:
        """Return what a notebook beside the workflow takes."""
        return notebook_form(self._known().folder, name)

    def names(self, node: str) -> list[dict[str, str]]:
        """Return the names that expressions of a node may use."""
        secrets = tuple(sorted(self._known().secrets or ()))
        names = names_at(self._workflow, node, self.registry, secrets=secrets)
        return names if self.bench is None else self.bench.names(self._workflow, node, names)


def _written(problem: Problem) -> Message:
    names = ("code", "message", "node", "field", "hint", "severity")
    return {name: getattr(problem, name) for name in names}
