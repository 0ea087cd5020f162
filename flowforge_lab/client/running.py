"""Executions of a lab elsewhere: started, waited for, held, started anew."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import ConflictError, FlowForgeError, RemoteError
from flowforge_lab.events import Entry, ExecutionPaused
from flowforge_lab.services import CutOff, Decision, Place, Replay, Snapshot
from flowforge_lab.store import Due

from .answers import id_of, outcome_of, snapshot_of, value_of, values_of
from .debugger import RemoteDebugger
from .patience import wait_for
from .wire import Ending, Wire, place

_END_SECONDS, _LIVE_SECONDS = 5.0, 10.0
OnEvent = Callable[[Entry], None]


class Running:
    """The calls of a lab that start executions and look after them; ids are whole."""

    _wire: Wire

    def run(
        self,
        source: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_event: OnEvent | None = None,
        with_pins: bool = False,
        **start: Any,
    ) -> Outcome:
        """Run a workflow there and return what became of it, once it is over or paused.

        `on_event` is called for each journal entry, in this thread. `start` is as for `start`.
        """
        execution_id = self.start(source, inputs, with_pins=with_pins, **start)
        if on_event is not None:
            for entry in self.follow(execution_id):
                on_event(entry)
                if isinstance(entry.event, ExecutionPaused) and self._stands(execution_id):
                    break
        return self.wait(execution_id)

    def start(
        self,
        source: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        on_event: OnEvent | None = None,
        with_pins: bool = False,
        key_window: float | None = None,
        **start: Any,
    ) -> str:
        """Start a workflow there and return the id of its execution.

        `start` are `trigger`, `payload`, `key`, `user`, `session`, `chat`, `priority`, `until`, `pins`.
        `on_event` is called for each journal entry, from another thread.

        Raises:
            ConflictError: its key was used before; the text names the execution.
        """
        sent = {"inputs": dict(inputs or {}), "with_pins": with_pins, "key_window": key_window}
        begin = {"workflow_id": id_of(source), **sent, **start}
        begun = self._wire.ask("POST", "/api/executions", json=begin)
        id = str(begun["execution_id"])
        if begun["status"] == "known":
            what = f"an execution of {begin['workflow_id']} with the key {start.get('key')!r}"
            msg = f"{what} was started before: {id}"
            raise ConflictError(msg)
        if on_event is not None:
            told = (place("executions", id, "stream"), on_event)
            threading.Thread(target=self._tell, args=told, daemon=True).start()
        return id

    def wait(self, execution_id: str, *, is_patient: bool = True) -> Outcome:
        """Return what became of an execution, once it is over or paused, over broken connections as well.

        With `is_patient=False` also once it waits for a time or an answer.
        """
        return wait_for(self._wire, execution_id, is_patient=is_patient)

    def _outcome(self, execution_id: str) -> Outcome:
        return outcome_of(self._wire.ask("GET", place("executions", execution_id)))

    def _stands(self, execution_id: str) -> bool:
        return self._outcome(execution_id).status == "paused"

    def follow(self, execution_id: str) -> Iterator[Entry]:
        """Yield the journal of an execution as it is written, from its begin to its end."""
        return self._wire.follow(place("executions", execution_id, "stream"))

    @contextmanager
    def watching(self, on_event: OnEvent, execution_id: str = "") -> Iterator[None]:
        """Call `on_event` for what happens there (in one execution, or in all) meanwhile, from a thread."""
        path = place("executions", execution_id, "stream") if execution_id else _ALL
        ending = Ending()
        told = (path, on_event, ending)
        telling = threading.Thread(target=self._tell, args=told, daemon=True)
        telling.start()
        ending.wait_until_live(_LIVE_SECONDS)
        try:
            yield
        finally:
            ending.want()
            telling.join(_END_SECONDS)

    def _tell(self, path: str, on_event: OnEvent, ending: Ending | None = None) -> None:
        with suppress(FlowForgeError):  # whoever asks for the execution is told why
            for entry in self._wire.follow(path, ending=ending):
                on_event(entry)

    # -- held, ended, begun anew

    def resume(self, execution_id: str) -> bool:
        """Go on with an execution that was cut off or whose time has come; false if nothing is to do."""
        return bool(self._do(execution_id, "resume")["is_resumed"])

    def cancel(self, execution_id: str, *, reason: str = "") -> None:
        """Stop an execution, wherever it runs."""
        self._do(execution_id, "cancel", {"reason": reason})

    def pause(self, execution_id: str, *, reason: str = "") -> None:
        """Let nothing new start in an execution."""
        self._do(execution_id, "pause", {"reason": reason})

    def unpause(self, execution_id: str) -> None:
        """Let a paused execution go on."""
        self._do(execution_id, "unpause")

    def restart(
        self,
        execution_id: str,
        *,
        from_step: Place | None = None,
        version: str = "same",
        **changes: Any,
    ) -> str:
        """Start an execution that is over anew, and return the id of the new one."""
        anew = {"from_step": from_step, "version": version, **changes}
        return str(self._do(execution_id, "restart", anew)["execution_id"])

    def fork(self, execution_id: str, at: Place, *, version: str = "same", **changes: Any) -> str:
        """Start another execution from a visit of one that is over or runs, and return the new id."""
        forked = {"at": at, "version": version, **changes}
        return str(self._do(execution_id, "fork", forked)["execution_id"])

    def _do(self, execution_id: str, what: str, sent: Mapping[str, Any] | None = None) -> Any:
        return self._wire.ask("POST", place("executions", execution_id, what), json=sent)

    def due(self, *, patience: float = 0.0) -> list[Due]:
        """Return the executions that wait for a host: cut off, or past the time they waited for."""
        found = self._wire.ask("GET", "/api/queue/due", params={"patience": patience})
        return [Due(**one) for one in found]

    def crashed(self) -> list[CutOff]:
        """Return the steps that a crash cut off and that ask whether to run again."""
        return values_of(self._wire.ask("GET", "/api/crashed"), CutOff)

    def decide(self, execution_id: str, decision: Decision, *, visit: int = 0) -> None:
        """Let what a crash cut off in an execution run again, or fail; with `visit` only that one."""
        self._do(execution_id, "decide", {"decision": decision, "visit": visit})

    # -- looking back, and into one

    def replay(self, execution_id: str) -> Replay:
        """Return every state an execution went through, computed from its journal; no node runs."""
        return value_of(self._wire.ask("GET", place("executions", execution_id, "replay")), Replay)

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
        moment = time.isoformat() if isinstance(time, datetime) else time
        told = {"seq": seq, "time": moment, "visit": visit}
        given = {name: value for name, value in told.items() if value is not None}
        if not given:
            raise ValueError("give one of seq, time and visit")
        path = place("executions", execution_id, "at")
        return snapshot_of(self._wire.ask("GET", path, params=given))

    def run_node(self, source: str, node: str, **given: Any) -> Outcome:
        """Run one node of a workflow, and return what became of it; the result is its outputs.

        `given` are fields of `services.Given`.
        """
        path = place("workflows", id_of(source), "nodes", node, "run")
        begun = self._wire.ask("POST", path, json=given)
        return self.wait(begun["execution_id"])

    def debug(
        self,
        source: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        breakpoints: Mapping[str, str] | None = None,
        **start: Any,
    ) -> RemoteDebugger:
        """Start a workflow under a debugger, which stops before nodes that have a breakpoint."""
        stops = None if breakpoints is None else dict(breakpoints)
        sent = {"inputs": dict(inputs or {}), "breakpoints": stops, **start}
        begun = self._wire.ask("POST", place("workflows", id_of(source), "debug"), json=sent)
        return RemoteDebugger(begun["execution_id"], self._wire)

    def debugger(self, execution_id: str) -> RemoteDebugger:
        """Return a debugger of an execution that runs, is paused or is over; nothing changes by that.

        Raises:
            NotFoundError: there is no such execution.
        """
        self._outcome(execution_id)
        return RemoteDebugger(execution_id, self._wire)

    def serve(self, *, until: Callable[[], bool] | None = None) -> None:
        """Refuse: the server is the host of its lab.

        Raises:
            RemoteError: always.
        """
        del until
        raise RemoteError("the server is the host of its lab: `flowforge serve` runs there")


_ALL = "/api/events/stream"
