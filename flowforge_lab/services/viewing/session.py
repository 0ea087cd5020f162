"""The authority behind the views of one execution: what a screen may know of it, and do to it."""

import threading
from collections.abc import Mapping
from typing import Any

from flowforge_lab.errors import ConflictError
from flowforge_lab.events import (
    Entry,
    ExecutionFinished,
    ExecutionState,
    Visit,
    apply,
    fold,
)
from flowforge_lab.nodes import ADDRESSED, Registry
from flowforge_lab.services.editing.asking import Asker, View, Views
from flowforge_lab.services.editing.execution import describe_step
from flowforge_lab.services.editing.picture import draw
from flowforge_lab.services.editing.preview import preview
from flowforge_lab.services.editing.pulse import Pulse
from flowforge_lab.services.here import evaluate_here, find_here
from flowforge_lab.services.looking import status_of, variables_in, waiting_in
from flowforge_lab.services.steps import logs_in, view_visit
from flowforge_lab.spec import Workflow
from flowforge_lab.store import ExecutionHead

from .comparing import compare_steps
from .eyes import Eyes, Stop
from .looks import looks_of
from .picture import execution_svg
from .recording import Recording

Message = dict[str, Any]
_PERIOD = 0.05
_MAX_WAITING = 50


class ViewerSession:
    """One execution that is shown: read, followed while it runs, looked into at any moment, steered.

    Safe to use from several threads. `close()` stops following; it may be called twice.
    """

    def __init__(
        self, execution_id: str, eyes: Eyes, registry: Registry, *, is_read_only: bool = False
    ) -> None:
        self.registry = registry
        self.is_read_only = is_read_only
        self._eyes = eyes
        self._lock = threading.RLock()
        self._views = Views()
        self._stop: Stop | None = None
        self._pulse = Pulse(self._flush, _PERIOD)
        self._begin(execution_id)

    def _begin(self, execution_id: str) -> None:
        """Read an execution from its start, and follow it if it is not over."""
        head = self._eyes.head(execution_id)
        with self._lock:
            self._unfollow()
            self.execution_id = head.id
            self._entries: list[Entry] = []
            self._early: dict[int, Entry] = {}
            self._recording = Recording()
            self._state = ExecutionState()
            self._changed: set[int] = set()
            self._past: tuple[int, ExecutionState] | None = None
        if not head.is_finished:
            self._stop = self._eyes.follow(head.id, self._take)
        for entry in self._eyes.read(head.id):
            self._take(entry)

    # Views.

    def join(self, view: View) -> None:
        """Tell this view of every change from now on; joining twice counts once."""
        self._views.join(view)

    def leave(self, view: View) -> None:
        """Tell this view nothing any more."""
        self._views.leave(view)

    def close(self) -> None:
        """Stop following, and forget the views."""
        self._pulse.stop()
        with self._lock:
            self._unfollow()
        self._views.clear()

    def _unfollow(self) -> None:
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    # What happens.

    def _take(self, entry: Entry) -> None:
        """Take entries in their order, each once, whichever way and however often they come."""
        with self._lock:
            if entry.execution_id != self.execution_id or entry.seq <= len(self._entries):
                return
            self._early[entry.seq] = entry
            while (following := self._early.pop(len(self._entries) + 1, None)) is not None:
                self._apply(following)
        self._pulse.ask()

    def _apply(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._changed |= self._recording.apply(entry)
        apply(self._state, entry)
        if isinstance(entry.event, ExecutionFinished):
            self._unfollow()

    def _flush(self) -> None:
        with self._lock:
            visits = [dict(self._recording.visits[number]) for number in sorted(self._changed)]
            self._changed.clear()
            message = {"kind": "visits", "visits": visits, "run": self.run()}
        self._views.tell(message)

    # What views ask for.

    def run(self) -> Message:
        """Return what is known of the execution as a whole."""
        with self._lock:
            status = status_of(self._state) if self._entries else "queued"
            return {**self._recording.run, "execution_id": self.execution_id, "status": status}

    @property
    def workflow(self) -> Workflow:
        """The workflow in the version that the execution runs."""
        digest = self._recording.run.get("digest") or self._eyes.head(self.execution_id).digest
        return self._eyes.workflow(digest)

    def state(self) -> Message:
        """Return everything a view must know to start with, as JSON values."""
        workflow = self.workflow
        with self._lock:
            visits = [dict(record) for record in self._recording.visits.values()]
            run = self.run()
        return {
            "kind": "state",
            "catalogue": looks_of(workflow, self.registry),
            "graph": draw(workflow, self.registry),
            "run": run,
            "visits": visits,
            "kin": [_line(head) for head in self._eyes.kin(self.execution_id)],
            "inputs": preview(self._inputs()),
            "read_only": self.is_read_only,
        }

    def _inputs(self) -> Any:
        started = self._state.started
        return {} if started is None else self._eyes.unpack(started.inputs)

    def picture(self) -> str:
        """Return the execution as it is now as an SVG document, which shows where no code runs."""
        workflow = self.workflow
        with self._lock:
            return execution_svg(workflow, self.registry, self._recording)

    def moment(self, seq: int | None = None) -> Message:
        """Return variables and what waits after the entry `seq`, or now."""
        state, entries = self._at(seq)
        waiting = waiting_in(state, self._eyes.unpack)[:_MAX_WAITING]
        last = entries[-1].event if entries else None
        return {
            "kind": "moment",
            "seq": seq,
            "event": "" if last is None else str(type(last).__struct_config__.tag),
            "of": getattr(last, "node", "") or getattr(last, "name", ""),
            "variables": {name: preview(value) for name, value in variables_in(state).items()},
            "waiting": [
                {
                    "node": one.node,
                    "from": one.source,
                    "input": preview(one.input),
                    "turns": one.turns,
                }
                for one in waiting
            ],
        }

    def _at(self, seq: int | None) -> tuple[ExecutionState, list[Entry]]:
        """Return the execution as it was after an entry; the last that was asked for is kept.

        It is never the state that grows with what happens: that one belongs to the lock.
        """
        with self._lock:
            entries = self._entries[: None if seq is None else max(seq, 1)]
            past = self._past
        if past is None or past[0] != len(entries):
            past = self._past = (len(entries), fold(entries))
        return past[1], entries

    def step(self, visit: int, seq: int | None = None) -> Message:
        """Return what went in and out of a visit, as it was after the entry `seq`."""
        state, entries = self._at(seq)
        if visit not in state.visits:
            return {"kind": "step", "visit": visit, "seq": seq, "detail": {}}
        step = view_visit(state, visit, logs_in(entries), unpack=self._eyes.unpack)
        detail = describe_step(step)
        if isinstance(step.output, Mapping) and isinstance(step.output.get("notebook"), str):
            detail["notebook"] = step.output["notebook"]
        detail["status"] = step.status
        if seq is None and step.status == "parked":
            detail["wait"] = _wait_of(state.visits[visit])
        return {"kind": "step", "visit": visit, "seq": seq, "detail": detail}

    def evaluate(
        self, text: str, node: str, *, visit: int | None = None, seq: int | None = None
    ) -> Any:
        """Return what an expression gives from a place, as it was after the entry `seq`.

        Raises:
            ExpressionError: it is none, or what it names is not there.
        """
        state, _ = self._at(seq)
        here = find_here(state, node, self.workflow, visit=visit)
        return evaluate_here(text, state, here, unpack=self._eyes.unpack, render=self._eyes.render)

    def compare(self, other: str) -> Message:
        """Return how this execution and another of the same workflow went, node by node."""
        head = self._eyes.head(other)
        mine, _ = self._at(None)
        theirs = fold(self._eyes.read(head.id))
        nodes = compare_steps(mine, theirs)
        return {"kind": "comparison", "with": _line(head), "nodes": nodes}

    def sides(self, node: str, other: str) -> Message:
        """Return the outputs of the latest visit of a node in this execution and in another."""
        theirs = list(self._eyes.read(self._eyes.head(other).id))
        _, mine = self._at(None)
        left, right = (self._last(node, entries) for entries in (mine, theirs))
        return {"kind": "sides", "node": node, "left": left, "right": right}

    def _last(self, node: str, entries: list[Entry]) -> Message | None:
        """Return the latest visit of a node in a journal, `None` where it has none."""
        state = fold(entries)
        made = [visit.number for visit in state.visits.values() if visit.node == node]
        if not made:
            return None
        return describe_step(
            view_visit(state, made[-1], logs_in(entries), unpack=self._eyes.unpack)
        )

    def others(self) -> Message:
        """Return the newest executions of the workflow, this one left out."""
        recent = self._eyes.recent(self._eyes.head(self.execution_id).workflow_id)
        lines = [_line(head) for head in recent if head.id != self.execution_id]
        return {"kind": "others", "executions": lines}

    def ways(self) -> Message:
        """Return how the execution can go on where it stopped."""
        found = () if self.is_read_only else self._eyes.ways(self.execution_id)
        return {"kind": "ways", "of": self.execution_id, "ways": list(found)}

    # What views do.

    def show(self, execution_id: str) -> None:
        """Show another execution in every view."""
        self._begin(execution_id)
        self._views.tell(self.state())

    def steer(self, deed: str, asker: Asker | None = None, **given: Any) -> str:
        """Pause, continue, step, cancel, change or fork the execution; return the id of a new one.

        Raises:
            ConflictError: it is only looked at here, or is not as it would have to be.
        """
        if self.is_read_only:
            msg = "this execution is only looked at here"
            raise ConflictError(msg)
        made = self._eyes.steer(self.execution_id, deed, **given)
        if deed in _CHANGING and asker is not None:
            asker.tell(self.moment())
        return made


def _wait_of(visit: Visit) -> Message:
    """Return what a parked visit waits for, without what would answer it."""
    until = None if visit.wake_at is None else visit.wake_at / 1e6
    kinds = ((ADDRESSED, "answer"), ("execution:", "execution"), ("", "somebody"))
    keys = [kind for key in visit.keys for start, kind in kinds if key.startswith(start)]
    return {"until": until, "for": keys[0] if keys else "time"}


_CHANGING = frozenset({"variable", "outputs"})


def _line(head: ExecutionHead) -> Message:
    names = ("id", "workflow_id", "status", "trigger", "parent", "origin", "error", "key")
    line: Message = {name: getattr(head, name) for name in names}
    line["created_at"] = head.created_at / 1e6
    line["finished_at"] = None if head.finished_at is None else head.finished_at / 1e6
    return line
