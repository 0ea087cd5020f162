"""Applies what one client wants written, beside others who do the same at the same time."""

import logging
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import psycopg

from flowforge_lab.errors import StoreError
from flowforge_lab.ids import new_id
from flowforge_lab.store.owner import signals, slots
from flowforge_lab.store.owner.operations import BAD_UNIT, Known, Operations, Result, Unit

from .desk import SharedDesk
from .leases import SharedLeases
from .locks import Wanted, numbers_of, slot_name
from .pool import Pool
from .statements import WRITES
from .transaction import StatementError, Transaction, telling

logger = logging.getLogger(__name__)

_LOCK_ROWS = """select id, epoch, holder, status, lease_until <= now_us(), slot from executions
  where id = any(%s || array(select execution_id from waits where key = any(%s))
    || array(select id from executions where parent <> '' and parent = any(%s) and is_awaited
      and (status = 'queued' or status = 'running' or status = 'waiting' or status = 'paused')))
  order by id for update"""
_LOCK_NAMES = "select pg_advisory_xact_lock(number) from unnest(%s::bigint[]) number"
_EXTENT = """select x.id, coalesce((select max(seq) from events e where e.execution_id = x.id), 0),
  exists (select 1 from waits w where w.execution_id = x.id) from unnest(%s::text[]) x(id)"""
_ORPHANED = """select id, workflow_id, digest from executions
  where status = 'running' and (holder is null or lease_until <= now_us()) order by id limit %s"""
_WOKEN = [
    f"""select id, workflow_id, digest from executions
      where status = '{status}' and wake_at <= %s order by wake_at, id limit %s"""
    for status in ("waiting", "paused", "queued")
]
_QUEUING = """with recursive w(id) as (
  (select workflow_id from executions where status = 'queued' order by workflow_id limit 1)
  union all select (select workflow_id from executions where status = 'queued'
    and workflow_id > w.id order by workflow_id limit 1) from w where w.id is not null)
  select id from w where id is not null"""
_SET_META = """insert into meta values (%s, %s) on conflict(name)
  do update set value = excluded.value"""
_FORGET = "delete from applied where at < now_us() - %s"
_APPLIED_KEPT_US = 3_600_000_000


class SharedLedger(Operations):
    """The owner's operations in transactions of this client's own; not for two threads.

    What it knows of an execution from before is believed only while the row, locked, still names its
    session and epoch: until then nobody else can have appended.
    """

    def __init__(self, pool: Pool, session: str) -> None:
        self._pool = pool
        self._session = session
        self._transaction = Transaction()
        self._shared_leases = SharedLeases(self._transaction)
        self._shared_desk = SharedDesk(self._transaction, self._shared_leases)
        self._remembered: dict[str, Known] = {}
        self._absent: set[str] = set()
        super().__init__(
            self._transaction, self._shared_desk, self._shared_leases, adopt=self._adopt_lab
        )

    def write(self, units: list[Unit]) -> list[Result]:
        """Apply units and return their results once they are durable.

        Raises:
            StoreError: the database has no room or could not be reached; what became of them is unknown,
                and they may be sent again.
        """
        return self._pool.again("write", lambda: self._write(units))

    def give_back(self) -> None:
        """Free whatever this session holds."""
        self._pool.again("give_back", lambda: self._alone(self._shared_leases.give_back))

    def forget_old_units(self) -> None:
        """Drop the remembered results that nobody can ask for again."""
        work = self._transaction.run
        self._pool.again(
            "forget", lambda: self._alone(lambda _: work(_FORGET, [_APPLIED_KEPT_US]))
        )

    def _alone(self, work: Any) -> None:
        with self._pool.connection() as connection, connection.transaction():
            self._transaction.connection = connection
            try:
                work(self._session)
            except StatementError as error:
                raise StoreError(str(error)) from error

    def _write(self, units: list[Unit]) -> list[Result]:
        try:
            return self._attempt(units, one_by_one=False)
        except BAD_UNIT:
            logger.debug("a batch is applied unit by unit", exc_info=True)
        try:
            return self._attempt(units, one_by_one=True)
        except BAD_UNIT as error:
            return [_refusal(error)] * len(units)

    def _attempt(self, units: list[Unit], *, one_by_one: bool) -> list[Result]:
        apply = self._apply_alone if one_by_one else self._apply
        self._undo()
        with self._pool.connection() as connection:
            self._transaction.connection = connection
            try:
                self._begin(Wanted(units), connection)
                results = [apply(self._session, unit) for unit in units]
                self._commit(connection)
            except BaseException:
                self._remembered.clear()
                connection.rollback()
                raise
        self._remember()
        return results

    def _commit(self, connection: psycopg.Connection) -> None:
        """Write what was gathered and commit, mostly in one round trip."""
        with telling(), connection.pipeline():
            self._desk.write()
            if not self._shared_desk.has_ends:
                self._desk.flush()
                connection.execute("commit")
        if self._shared_desk.has_ends:
            self._desk.flush()
            connection.execute("commit")

    def _apply_alone(self, session: str, unit: Unit) -> Result:
        try:
            with self._transaction.savepoint():
                result = self._apply(session, unit)
                self._desk.flush()
                return result
        except BAD_UNIT as error:
            self._undo()
            return _refusal(error)

    def _undo(self) -> None:
        self._known.clear()
        self._absent.clear()
        self._desk.clear()
        self._shared_leases.clear()

    def _remember(self) -> None:
        for name, known in self._known.items():
            if known.status == "running" and known.holder == self._session:
                self._remembered[name] = known
            else:
                self._remembered.pop(name, None)

    def _begin(self, wanted: Wanted, connection: psycopg.Connection) -> None:
        """Lock what the batch looks at, and read it."""
        if not wanted.is_writing:
            connection.execute("begin")
            return
        with connection.pipeline():
            connection.execute("begin")
            turn = connection.execute("select turn()")
            rows = self._lock_rows(connection, wanted) if wanted.executions else None
        [number] = turn.fetchone() or [0]
        self._shared_desk.begin(number)
        found = rows.fetchall() if rows else []
        names = wanted.names | {
            slot_name(row[5]) for row in found if row[3] == "queued" and row[5]
        }
        if names:
            numbers = numbers_of(names, self._pool.target.schema)
            self._transaction.run(_LOCK_NAMES, [numbers])
        self._absent = wanted.executions - {row[0] for row in found}
        self._get_to_know(found)

    @staticmethod
    def _lock_rows(connection: psycopg.Connection, wanted: Wanted) -> psycopg.Cursor:
        ending = list(wanted.ending)
        keys = [f"execution:{name}" for name in ending]
        return connection.execute(_LOCK_ROWS, [list(wanted.executions), keys, ending])

    def _get_to_know(self, rows: list[Any]) -> None:
        strangers = []
        for name, epoch, holder, status, is_free, _slot in rows:
            self._shared_leases.note(name, is_free=is_free)
            known = self._remembered.get(name)
            if known is None or (known.epoch, known.holder) != (epoch, holder):
                known = Known(epoch, holder, last_seq=0, status=status)
                strangers.append(name)
            self._known[name] = known
        if strangers:
            for name, last_seq, has_waits in self._transaction.run(_EXTENT, [strangers]):
                self._known[name].last_seq = last_seq
                self._known[name].has_waits = has_waits

    def _find(self, execution_id: str) -> Known | None:
        """Return what is known of an execution; one that was not locked before is locked now."""
        if execution_id not in self._known and execution_id not in self._absent:
            self._desk.write()
            found = self._transaction.run(_LOCK_ROWS, [[execution_id], [], []]).fetchall()
            self._get_to_know(found)
        return self._known.get(execution_id)

    def _start(self, session: str, unit: Unit) -> Result:
        if unit[0]["slot"]:
            self._desk.write()  # those before it in this batch are counted
        return super()._start(session, unit)

    def _store(
        self, session: str, new: dict[str, Any], *, rows: list[Unit], head: list[Any]
    ) -> None:
        super()._store(session, new, rows=rows, head=head)
        self._absent.discard(new["id"])

    def _renew(self, session: str, unit: Unit) -> Result:
        held, lease_seconds = unit
        mine = self._shared_leases.renew(session, held, lease_seconds)
        return [signals.of(self._connection, mine)]

    def _due(self, _session: str, unit: Unit) -> Result:
        now_us, limit = unit
        self._desk.flush()
        with self._transaction.streaming() as stream:
            turns = ([*due, "queued"] for due in slots.turns(stream, queuing=_QUEUING))
            return [list(islice(chain(self._begun(now_us, limit), turns), limit))]

    def _begun(self, now_us: int, limit: int) -> Iterator[list[Any]]:
        for due in self._transaction.run(_ORPHANED, [limit]):
            yield [*due, "orphaned"]
        for query in _WOKEN:
            for due in self._transaction.run(query, [now_us, limit]):
                yield [*due, "woken"]

    def _run(self, statement: str, params: dict[str, Any]) -> list[Any]:
        rows: list[Any] = []
        for one in WRITES[statement]:
            rows += self._transaction.run(one, params)
        return rows

    def _adopt_lab(self) -> dict[str, Any]:
        lab_id = new_id()
        self._transaction.run(_SET_META, ["lab_id", lab_id])
        return {"lab_id": lab_id, "is_copy": False}


def _refusal(error: Exception) -> Result:
    return {"error": "refused", "message": f"{type(error).__name__}: {error}"}
