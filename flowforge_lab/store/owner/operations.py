"""What clients may ask to be written, and what each of it does, whichever database keeps it."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from . import ends, signals, slots, waits
from .database import Database, RefusedError
from .desk import FINISHED, Desk
from .leases import Leases
from .numbers import add_up
from .statements import EVENT, NUMBERED

Unit = list[Any]
Result = Any
"""What goes back for a unit: `None`, or `[value]`, or `{"error": kind, "message": text}`."""

_KEY = "select execution_id from trigger_keys where key = ? and (until is null or until > ?)"
_USE_KEY = """insert into trigger_keys(key, execution_id, at, until) values (?, ?, ?, ?)
  on conflict(key) do update set execution_id = excluded.execution_id, at = excluded.at,
  until = excluded.until"""
_ENTRIES = f"""select {EVENT} from events where execution_id in (select value from json_each(?))
  order by execution_id, seq"""
_CLAIM_ROWS = 2000
_MIGRATE = "update executions set digest = ?, changed = ? where id = ?"
BAD_UNIT: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
)
"""What a unit that makes no sense runs into."""


def mark_of(new: dict[str, Any]) -> str:
    """Return the text that the key of a new execution is kept as, empty where it has none."""
    return str(new.get("mark") or new["key"])


class Known:
    """What the ledger must know of an execution to accept its next event."""

    __slots__ = ("epoch", "has_waits", "holder", "last_seq", "status")

    def __init__(self, epoch: int, holder: str | None, *, last_seq: int, status: str) -> None:
        self.epoch = epoch
        self.holder = holder
        self.last_seq = last_seq
        self.status = status
        self.has_waits = False


class Operations(ABC):
    """The units by name, on a database, a desk and leases that belong together; not for two threads.

    A subclass brings transactions, what is known of an execution, and who is due.
    """

    def __init__(
        self, database: Database, desk: Desk, leases: Leases, *, adopt: Callable[[], Any]
    ) -> None:
        self._connection = database
        self._desk = desk
        self._leases = leases
        self._adopt_folder = adopt
        self._known: dict[str, Known] = {}
        self._units: dict[str, Callable[[str, Unit], Result]] = {
            "append": self._append,
            "start": self._start,
            "claim": self._claim,
            "renew": self._renew,
            "signal": self._once(self._signal),
            "answer": self._once(self._answer),
            "increment": self._once(self._increment),
            "due": self._due,
            "do": self._once(self._do),
            "adopt": self._once(self._adopt),
        }

    @abstractmethod
    def _find(self, execution_id: str) -> Known | None:
        """Return what is known of an execution, which nobody else changes before the commit."""

    @abstractmethod
    def _renew(self, session: str, unit: Unit) -> Result:
        """Keep the leases that the session holds and return the signals for them."""

    @abstractmethod
    def _due(self, session: str, unit: Unit) -> Result:
        """Return what somebody should claim."""

    @abstractmethod
    def _run(self, statement: str, params: dict[str, Any]) -> list[Any]:
        """Run a named statement and return its rows."""

    def _apply(self, session: str, unit: Unit) -> Result:
        try:
            return self._units[unit[0]](session, unit[1:])
        except RefusedError as error:
            return {"error": error.kind, "message": str(error)}

    def _append(self, session: str, unit: Unit) -> Result:
        execution_id, epoch, rows, head, refs, taken, turns = unit
        known = self._find(execution_id)
        if rows and known and rows[0][1] <= known.last_seq and self._is_stored(rows[0]):
            return None
        if known is None or known.holder != session or known.epoch != epoch:
            raise RefusedError("lease", f"execution {execution_id} is held by another engine")
        if rows:
            self._take_rows(known, rows)
        if refs:
            self._desk.add_refs(execution_id, refs)
        if taken:
            signals.take(self._connection, execution_id, taken)
        if turns or known.has_waits:
            self._take_turns(execution_id, known, rows=rows, turns=turns)
        if head is not None:
            self._take_head(execution_id, known, head)
        return None

    def _take_turns(
        self, execution_id: str, known: Known, *, rows: list[Unit], turns: Unit | None
    ) -> None:
        """Follow what visits wait for, and which version runs."""
        parked, digest = turns or ([], "")
        self._desk.flush()
        touched = [row[8] for row in rows if row[4] in waits.TOUCHING]
        waits.drop(self._connection, execution_id, touched)
        change = self._desk.next_change()
        if parked:
            known.has_waits = True
            waits.put(self._connection, execution_id, parked, change=change)
        if digest:
            self._connection.execute(_MIGRATE, (digest, change, execution_id))

    def _take_rows(self, known: Known, rows: list[Unit]) -> None:
        execution_id, first = rows[0][0], rows[0][1]
        if first <= known.last_seq:
            message = f"another event stands at {first} of execution {execution_id}"
            raise RefusedError("lease", message)
        if first != known.last_seq + 1 or rows[-1][1] != known.last_seq + len(rows):
            message = (
                f"execution {execution_id}: expected event {known.last_seq + 1}, found {first}"
            )
            raise RefusedError("refused", message)
        known.last_seq += len(rows)
        self._desk.add_rows(rows)

    def _take_head(self, execution_id: str, known: Known, head: Unit) -> None:
        self._desk.add_head(execution_id, head)
        known.status = head[0]
        if known.status != "running":
            del self._known[execution_id]
            self._leases.forget(execution_id)

    def _is_stored(self, row: Unit) -> bool:
        self._desk.write()
        found = self._connection.execute(
            "select event_id from events where execution_id = ? and seq = ?", (row[0], row[1])
        ).fetchone()
        return found is not None and found[0] == row[2]

    def _start(self, session: str, unit: Unit) -> Result:
        new, rows, head, lease_seconds, refs = unit
        known = self._find(new["id"])
        if known is not None:
            return [self._started_before(session, new, known, rows=rows)]
        if new["origin"] or new["is_awaited"]:
            self._desk.flush()
        used_by = self._user_of_key(new)
        if used_by is not None:
            return [["known", used_by, None]]
        status = slots.admit(self._connection, new, change=self._desk.next_change())
        if status in {"dropped", "refused"}:
            return [[status, new["id"], None]]
        if status == "queued" and head[0] == "running":
            head = ["queued", None, None, ""]
        self._store(session, new, rows=rows, head=head)
        self._desk.add_refs(new["id"], refs)
        if head[0] != "running":
            return [["queued", new["id"], None]]
        self._leases.keep(new["id"], lease_seconds)
        return [["running", new["id"], 1]]

    def _started_before(
        self, session: str, new: dict[str, Any], known: Known, *, rows: list[Unit]
    ) -> Any:
        if not rows or not self._is_stored(rows[0]):
            raise RefusedError("lease", f"execution {new['id']} was started before")
        if known.holder == session and known.epoch == 1:
            return ["running", new["id"], 1]
        return ["queued", new["id"], None]

    def _store(
        self, session: str, new: dict[str, Any], *, rows: list[Unit], head: list[Any]
    ) -> None:
        status, wake_at, finished_at, error = head
        holder = session if status == "running" else None
        facts = {
            "status": status,
            "wake_at": wake_at,
            "finished_at": finished_at,
            "error": error,
            "holder": holder,
            "changed": self._desk.next_change(),
        }
        self._desk.add_start(new | facts)
        self._desk.add_rows(rows)
        self._desk.add_end(new["id"], status)
        if holder:
            self._known[new["id"]] = Known(1, session, last_seq=len(rows), status=status)
        if key := mark_of(new):
            used = (key, new["id"], new["created_at"], new["key_until"])
            self._connection.execute(_USE_KEY, used)
        if new["origin"]:
            change = self._desk.next_change()
            ends.mark_retried(self._connection, new["origin"], by=new["id"], change=change)
        if new["is_awaited"]:
            self._cancel_if_too_late(new)

    def _cancel_if_too_late(self, new: dict[str, Any]) -> None:
        parent = self._find(new["parent"])
        if parent is not None and parent.status in FINISHED:
            change = self._desk.next_change()
            ends.cancel_child(self._connection, new["id"], change=change)

    def _user_of_key(self, new: dict[str, Any]) -> Any:
        if not (key := mark_of(new)):
            return None
        found = self._connection.execute(_KEY, (key, new["created_at"])).fetchone()
        return None if found is None else found[0]

    def _claim(self, session: str, unit: Unit) -> Result:
        """Give leases, and with them what their holder reads first: entries and signals.

        The entries of many or long executions are left to be read.
        """
        [leases] = self._once(self._lease_all)(session, unit)
        sizes = accumulate(count for *_facts, count in leases)
        names = [
            lease[0] for lease, size in zip(leases, sizes, strict=True) if size <= _CLAIM_ROWS
        ]
        rows = self._connection.execute(_ENTRIES, (json.dumps(names),)).fetchall() if names else []
        return [[leases, rows, signals.of(self._connection, [lease[0] for lease in leases])]]

    def _lease_all(self, session: str, names: list[str], lease_seconds: float) -> Any:
        self._desk.flush()
        found = [self._lease(session, name, lease_seconds) for name in names]
        return [one for one in found if one is not None]

    def _lease(self, session: str, execution_id: str, lease_seconds: float) -> Any:
        known = self._find(execution_id)
        if known is None or known.status in FINISHED:
            return None
        if known.status == "running" and not self._leases.is_free(execution_id, known.holder):
            return None
        if known.status == "queued" and not slots.may_claim(self._connection, execution_id):
            return None
        [workflow_id, digest, epoch] = self._connection.execute(
            """update executions set epoch = epoch + 1, holder = ?, status = 'running', wake_at = null,
              changed = ? where id = ? returning workflow_id, digest, epoch""",
            (session, self._desk.next_change(), execution_id),
        ).fetchone()
        taken = Known(epoch, session, last_seq=known.last_seq, status="running")
        taken.has_waits = known.has_waits
        self._known[execution_id] = taken
        self._leases.keep(execution_id, lease_seconds)
        return [execution_id, workflow_id, digest, epoch, known.last_seq]

    def _signal(self, _session: str, execution_id: str, kind: str, payload: str) -> Any:
        known = self._find(execution_id)
        if known is None or known.status in FINISHED:
            return False
        self._desk.flush()
        change = self._desk.next_change()
        signals.leave(self._connection, execution_id, kind=kind, payload=payload, change=change)
        return True

    def _answer(self, _session: str, key: str, payload: str, mark: Any = None) -> Any:
        self._desk.flush()
        change = self._desk.next_change()
        if mark is None:
            return waits.answer(self._connection, key, payload, change=change)
        name, at, until = mark
        used_by = self._connection.execute(_KEY, (name, at)).fetchone()
        if used_by is not None:
            return used_by[0]
        found = waits.answer(self._connection, key, payload, change=change)
        if found is not None:
            self._connection.execute(_USE_KEY, (name, found, at, until))
        return found

    def _increment(self, _session: str, variable: dict[str, Any]) -> Any:
        self._desk.flush()
        return add_up(self._connection, variable)

    def _do(self, _session: str, name: str, params: dict[str, Any]) -> Any:
        self._desk.flush()
        if name in NUMBERED:
            params = params | {"change": self._desk.next_change()}
        return self._run(name, params)

    def _adopt(self, _session: str) -> Any:
        self._desk.flush()
        return self._adopt_folder()

    def _once(self, operation: Any) -> Any:
        """Return the operation so that its unit id, seen again, gives the first result again."""

        def apply(session: str, unit: Unit) -> Result:
            unit_id, *arguments = unit
            found = self._connection.execute(
                "select result from applied where unit = ?", (unit_id,)
            ).fetchone()
            if found is not None:
                return [json.loads(found[0])]
            value = operation(session, *arguments)
            if value not in (None, [], False):
                entry = (unit_id, time.time_ns() // 1000, json.dumps(value))
                self._connection.execute("insert into applied values (?, ?, ?)", entry)
            return [value]

        return apply
