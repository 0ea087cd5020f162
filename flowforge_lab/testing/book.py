"""What the clients of a journal in memory share: executions and the rules between them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from flowforge_lab.engine import Head, NewExecution, Signal, Wait
from flowforge_lab.errors import LeaseLostError, StoreError
from flowforge_lab.events import (
    Entry,
    ExecutionMigrated,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitSucceeded,
)
from flowforge_lab.store import UNFINISHED, DeadLetter, ExecutionHead

UNDER_WAY = ("running", "waiting", "paused")
_OF_EXECUTION = "execution:"
_TOUCHING = (VisitParked, VisitResumed, VisitSucceeded, VisitFailed, VisitCancelled)


class Stored:
    """One execution as the journal knows it, with who holds it until when."""

    def __init__(self, new: NewExecution, head: Head) -> None:
        self.new = new
        self.head = head
        self.entries: list[Entry] = []
        self.epoch = 1
        self.holder: object | None = None
        self.held_until = 0.0
        self.signals: list[Signal] = []
        self.is_replaced = False
        self.digest = new.digest

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen in it any more."""
        return self.head.status not in UNFINISHED

    def has(self, entries: Sequence[Entry]) -> bool:
        """Whether the first of these entries stands in it already."""
        first = entries[0]
        if not 1 <= first.seq <= len(self.entries):
            return False
        return self.entries[first.seq - 1].event_id == first.event_id

    def extend(self, entries: Sequence[Entry]) -> None:
        """Add entries behind the others.

        Raises:
            LeaseLostError: another event stands at one of their numbers.
            StoreError: there would be a hole.
        """
        for seq, entry in enumerate(entries, start=len(self.entries) + 1):
            if entry.seq < seq:
                msg = f"another event stands at {entry.seq} of execution {entry.execution_id}"
                raise LeaseLostError(msg)
            if entry.seq > seq:
                msg = f"execution {entry.execution_id}: expected event {seq}, found {entry.seq}"
                raise StoreError(msg)
        self.entries.extend(entries)
        for entry in entries:
            if isinstance(entry.event, ExecutionMigrated):
                self.digest = entry.event.digest

    def row(self) -> ExecutionHead:
        """Return the summary line."""
        new, head = self.new, self.head
        return ExecutionHead(
            new.id,
            new.workflow_id,
            self.digest,
            new.trigger,
            new.created_at,
            new.key,
            new.user,
            new.session,
            new.chat,
            head.status,
            head.wake_at,
            head.finished_at,
            head.error,
            self.epoch,
            new.parent,
            new.origin,
            new.priority,
            new.slot,
        )


class Book:
    """Everything in one journal."""

    def __init__(self) -> None:
        self.executions: dict[str, Stored] = {}
        self.keys: dict[str, tuple[str, int | None]] = {}
        self.waits: list[Wait] = []
        self.letters: dict[str, DeadLetter] = {}
        self._signal_count = 0

    def find(self, execution_id: str) -> Stored | None:
        """Return an execution, if there is one."""
        return self.executions.get(execution_id)

    def user_of_key(self, new: NewExecution) -> str | None:
        """Return the execution that has used the key of this one."""
        execution_id, until = self.keys.get(new.mark or new.key, (None, None))
        return execution_id if until is None or until > new.created_at else None

    def has_room(self, new: NewExecution) -> bool:
        """Whether the slot of an execution has room for it and for all that are queued before it."""
        taken = [one for one in self._of_slot(new.slot) if one.head.status in UNDER_WAY]
        ahead = [
            one
            for one in self._of_slot(new.slot)
            if one.head.status == "queued" and one.head.wake_at is None
            if (-one.new.priority, one.new.id) < (-new.priority, new.id)
        ]
        return not new.slot or len(taken) + len(ahead) < new.max_in_slot

    def may_claim(self, stored: Stored) -> bool:
        """Whether somebody may take it as far as its slot is concerned."""
        is_queued = stored.head.status == "queued" and stored.head.wake_at is None
        return not is_queued or self.has_room(stored.new)

    def replace(self, new: NewExecution) -> None:
        """Ask the oldest of a slot to cancel, as many as must go until `new` has its place."""
        left = sorted(
            (one for one in self._of_slot(new.slot) if not (one.is_over or one.is_replaced)),
            key=lambda one: one.new.id,
        )
        for stored in left[: max(len(left) + 1 - new.max_in_slot, 0)]:
            stored.is_replaced = True
            self.leave(stored, "cancel", f"replaced by {new.id}")

    def add(self, new: NewExecution, head: Head) -> Stored:
        """Store a new execution, without its entries."""
        stored = self.executions[new.id] = Stored(new, head)
        if new.key:
            self.keys[new.mark or new.key] = (new.id, new.key_until)
        letter = self.letters.get(new.origin)
        if letter is not None:
            changed = msgspec.structs.replace(letter, status="retried", retried_as=new.id)
            self.letters[new.origin] = changed
        parent = self.find(new.parent)
        if new.is_awaited and parent is not None and parent.is_over:
            self._cancel_child(stored)
        if stored.is_over:
            self._settle(stored)
        return stored

    def leave(self, stored: Stored, kind: str, payload: str) -> None:
        """Leave a signal; whoever waits or is paused is due at once, and so is a queued one to cancel."""
        self._signal_count += 1
        signal = Signal(stored.new.id, kind, payload, self._signal_count)
        stored.signals.append(signal)
        stored.head = _woken(stored.head, [signal])

    def change(self, stored: Stored, head: Head) -> None:
        """Give an execution its new head, with all that its end brings about."""
        stored.head = _woken(head, stored.signals)
        if head.status != "running":
            stored.holder = None
        if stored.is_over:
            self._settle(stored)

    def reopen(self, stored: Stored, entries: Sequence[Entry]) -> None:
        """Let an execution run again, held by nobody, with only these entries and what they wait for."""
        new = stored.new
        stored.head, stored.holder, stored.entries = Head("running"), None, list(entries)
        self.letters.pop(new.id, None)
        self.waits[:] = [wait for wait in self.waits if wait.execution_id != new.id]
        self.keep_waits(new.id, entries)

    def keep_waits(self, execution_id: str, entries: Iterable[Entry]) -> None:
        """Follow what visits wait for."""
        for entry in entries:
            event = entry.event
            if isinstance(event, _TOUCHING):
                self._drop_waits(execution_id, event.visit)
            if isinstance(event, VisitParked):
                self.waits += [
                    Wait(key, execution_id, event.visit, event.terms, event.until)
                    for key in dict.fromkeys(event.keys)
                ]
        for wait in self.waits_of(execution_id):
            awaited = self.find(wait.key.removeprefix(_OF_EXECUTION))
            if wait.key.startswith(_OF_EXECUTION) and awaited is not None and awaited.is_over:
                self._answer_end(wait, awaited)

    def waits_of(self, execution_id: str) -> list[Wait]:
        """Return what one execution waits for."""
        return [wait for wait in self.waits if wait.execution_id == execution_id]

    def answer(self, wait: Wait, value: Any) -> None:
        """Take a wait away and leave its answer."""
        self.waits.remove(wait)
        payload = json.dumps({"visit": wait.visit, "key": wait.key, "answer": value})
        self.leave(self.executions[wait.execution_id], "answer", payload)

    def turns(self) -> Iterator[Stored]:
        """Yield queued executions whose slot has room, in the order of their turns."""
        queued = [
            one
            for one in self.executions.values()
            if one.head.status == "queued" and one.head.wake_at is None
        ]
        queued.sort(key=lambda one: (-one.new.priority, one.new.id))
        places: dict[tuple[str, int], int] = {}
        turns = []
        for one in queued:
            line = (one.new.workflow_id, one.new.priority)
            places[line] = places.get(line, 0) + 1
            turns.append((-one.new.priority, places[line], one.new.id))
        taken: dict[str, int] = {}
        for *_order, name in sorted(turns):
            new = self.executions[name].new
            under_way = [one for one in self._of_slot(new.slot) if one.head.status in UNDER_WAY]
            if not new.slot or len(under_way) + taken.get(new.slot, 0) < new.max_in_slot:
                taken[new.slot] = taken.get(new.slot, 0) + 1
                yield self.executions[name]

    def _of_slot(self, slot: str) -> list[Stored]:
        return [one for one in self.executions.values() if slot and one.new.slot == slot]

    def _drop_waits(self, execution_id: str, visit: int) -> None:
        self.waits[:] = [
            wait for wait in self.waits if (wait.execution_id, wait.visit) != (execution_id, visit)
        ]

    def _settle(self, ended: Stored) -> None:
        new = ended.new
        for wait in [wait for wait in self.waits if wait.key == _OF_EXECUTION + new.id]:
            self._answer_end(wait, ended)
        for one in self.executions.values():
            if one.new.parent == new.id and one.new.is_awaited and not one.is_over:
                self._cancel_child(one)
        ended.signals.clear()
        self.waits[:] = [wait for wait in self.waits if wait.execution_id != new.id]
        if ended.head.status == "failed":
            failed_at = ended.head.finished_at or new.created_at
            self.letters[new.id] = DeadLetter(new.id, new.workflow_id, failed_at, ended.head.error)

    def _answer_end(self, wait: Wait, ended: Stored) -> None:
        self.answer(wait, {"status": ended.head.status, "execution_id": ended.new.id})

    def _cancel_child(self, child: Stored) -> None:
        payload = '{"by": "parent", "reason": "the execution that awaited it is over"}'
        self.leave(child, "cancel", payload)


def _woken(head: Head, signals: Sequence[Signal]) -> Head:
    is_to_cancel = any(signal.kind == "cancel" for signal in signals)
    is_woken = (signals and head.status in {"waiting", "paused"}) or (
        is_to_cancel and head.status == "queued"
    )
    return msgspec.structs.replace(head, wake_at=0) if is_woken else head
