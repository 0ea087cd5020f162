"""The execution that an editor shows: started, followed, cancelled, looked into."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flowforge_lab.errors import ConflictError
from flowforge_lab.events import Entry
from flowforge_lab.services.steps import StepView

from .following import Following, Status
from .preview import preview
from .pulse import Pulse
from .runner import Listener, Run

_PERIOD = 0.05
_MAX_LOG_LINES = 500
Message = dict[str, Any]


class ShownExecution:
    """At most one execution at a time; tells of it in at most 20 messages a second, by `tell`."""

    def __init__(self, tell: Callable[[Message], None]) -> None:
        self._tell = tell
        self._lock = threading.RLock()
        self._following = Following()
        self._run: Run | None = None
        self._nodes: tuple[str, ...] = ()
        self._changed: set[str] = set()
        self._is_run_changed = False
        self._pulse = Pulse(self.flush, _PERIOD)

    @property
    def run(self) -> Status | None:
        """What is known of the execution as a whole, as JSON values."""
        with self._lock:
            return self._following.run

    @property
    def statuses(self) -> Mapping[str, Status]:
        """What is known of each node, as JSON values."""
        with self._lock:
            return dict(self._following.statuses)

    @property
    def is_live(self) -> bool:
        """Whether an execution is under way."""
        run = self.run
        return run is not None and "finished_at" not in run

    def start(self, nodes: Iterable[str], begin: Callable[[Listener], Run] | None) -> Run:
        """Follow the execution that `begin` starts; what an earlier one showed is gone.

        Raises:
            ConflictError: there is nobody to run it, or one is under way.
            FlowForgeError: the runner refused.
        """
        if begin is None:
            msg = "this editor has no lab, so nothing can run in it"
            raise ConflictError(msg)
        with self._lock:
            if self.is_live:
                msg = "an execution is under way; cancel it or wait for its end"
                raise ConflictError(msg)
            following = self._following = Following()
            self._nodes = tuple(nodes)
            self._changed.clear()
        self._tell({"kind": "statuses", "statuses": {}, "fresh": True})
        run = begin(lambda entry: self._follow(following, entry))
        with self._lock:
            self._run = run
        return run

    def _follow(self, following: Following, entry: Entry) -> None:
        with self._lock:
            if following is not self._following:
                return
            before = following.run
            self._changed |= following.apply(entry)
            if following.run is not before:
                self._is_run_changed = True
                if following.run is not None and "finished_at" in following.run:
                    self._changed |= following.skip_rest(self._nodes)
        self._pulse.ask()

    def flush(self) -> None:
        """Tell what has changed since the last time."""
        with self._lock:
            statuses = {id: self._following.statuses[id] for id in self._changed}
            run = self._following.run if self._is_run_changed else None
            self._changed.clear()
            self._is_run_changed = False
        if statuses:
            self._tell({"kind": "statuses", "statuses": statuses})
        if run is not None:
            self._tell({"kind": "run", "run": run})

    def go_on(self, *, is_step: bool = False) -> None:
        """Let the execution go on from where it stopped; nothing happens where none is under way.

        Raises:
            ConflictError: it does not stand still.
        """
        if self._run is not None and self.is_live:
            self._run.go_on(is_step=is_step)

    def cancel(self) -> None:
        """Ask the execution to stop; nothing happens where none is under way."""
        if self._run is not None and self.is_live:
            self._run.cancel()

    def follow_rename(self, old: str, new: str) -> None:
        """Show under its new id what was known of a renamed node."""
        with self._lock:
            statuses = self._following.statuses
            if old in statuses:
                statuses[new] = statuses.pop(old)

    def detail(self, node: str) -> Message:
        """Return what went in and out of a node, as JSON values of bounded size."""
        step = self._run.step(node) if self._run is not None else None
        return {} if step is None else describe_step(step)

    def close(self) -> None:
        """Tell nothing any more."""
        self._pulse.stop()


def describe_step(step: StepView) -> Message:
    """Return a step as JSON values of bounded size."""
    detail: Message = {"config": preview(step.config), "input": preview(step.input)}
    if step.status == "succeeded" or step.output is not None:
        detail["output"] = preview(step.output)
    if step.error is not None:
        detail["error"] = preview(step.error)
    detail["log"] = [preview(line) for line in step.logs[-_MAX_LOG_LINES:]]
    return detail
