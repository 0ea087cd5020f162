"""What the units of a batch have gathered, written in few statements however many rows they hold."""

from typing import Any

from flowforge_lab.store.owner.desk import Desk
from flowforge_lab.store.owner.ends import settle

from .leases import SharedLeases
from .schema import SHIFT
from .transaction import StatementError, Transaction

_MAX_ROWS = 1 << SHIFT
_START = """insert into executions(id, workflow_id, digest, trigger, created_at, key, "user",
  session, chat, parent, is_awaited, origin, priority, slot, max_in_slot, on_limit, status, wake_at,
  finished_at, error, epoch, holder, changed, lease_until)
  values (%(id)s, %(workflow_id)s, %(digest)s, %(trigger)s, %(created_at)s, %(key)s, %(user)s,
  %(session)s, %(chat)s, %(parent)s, %(is_awaited)s, %(origin)s, %(priority)s, %(slot)s,
  %(max_in_slot)s, %(on_limit)s, %(status)s, %(wake_at)s, %(finished_at)s, %(error)s, 1, %(holder)s,
  %(changed)s, now_us() + %(lease)s)"""
_EVENTS = """insert into events(id, execution_id, seq, event_id, at, type, workflow_id, node, kind,
  visit, attempt, status, started_at, duration, payload)
  select * from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
  %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
  %s::float8[], %s::text[])"""
_REFER = """insert into blob_refs select * from unnest(%s::text[], %s::text[])
  on conflict do nothing"""
_CHANGE = """update executions x set status = h.status, finished_at = h.finished_at, error = h.error,
  changed = h.changed,
  wake_at = case when exists (select 1 from signals s where s.execution_id = x.id
              and (h.status in ('waiting', 'paused') or (h.status = 'queued' and s.kind = 'cancel')))
            then 0 else h.wake_at end,
  holder = case when h.status = 'running' then x.holder else null end
  from unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])
    h(id, status, wake_at, finished_at, error, changed) where x.id = h.id"""


class SharedDesk(Desk):
    """The open transaction and what is not written into it yet; positions come from its number."""

    def __init__(self, transaction: Transaction, leases: SharedLeases) -> None:
        self._transaction = transaction
        self._leases = leases
        self._starts: list[dict[str, Any]] = []
        self._latest: dict[str, list[Any]] = {}
        self._count = 0
        self.turn = 0
        self.clear()

    def begin(self, turn: int) -> None:
        """Give out positions from `turn` on."""
        self.turn = turn
        self._count = 0

    def next_change(self) -> int:
        """Return the number of the transaction: it is higher than all that are final."""
        return self.turn

    def add_start(self, facts: dict[str, Any]) -> None:
        """Gather the head of a new execution."""
        self._starts.append(facts)

    def add_head(self, execution_id: str, head: list[Any]) -> None:
        """Gather a change of status, as (status, wake_at, finished_at, error); the last one counts."""
        self._latest[execution_id] = head
        self.add_end(execution_id, head[0])

    def write(self) -> None:
        """Write what was gathered; what the ends among it bring about can wait for more of them."""
        self._write_starts()
        if self._rows:
            self._write_rows()
        if self._refs:
            self._transaction.run(_REFER, _columns(self._refs))
            self._refs = []
        if self._latest:
            rows = [
                (name, status, wake_at, finished_at, error, self.turn)
                for name, (status, wake_at, finished_at, error) in self._latest.items()
            ]
            self._transaction.run(_CHANGE, _columns(rows))
            self._latest = {}

    def flush(self) -> None:
        """Write everything, and what the ends among it bring about."""
        self.write()
        if self._ended:
            settle(self._transaction, self._ended, change=self.turn)
            self._ended = []
        self._leases.write()

    def clear(self) -> None:
        """Forget what was gathered."""
        super().clear()
        self._starts, self._latest = [], {}
        self._count = 0

    def _write_starts(self) -> None:
        if self._starts:
            rows = [one | {"lease": self._leases.length_of(one["id"])} for one in self._starts]
            self._starts = []
            self._transaction.run_many(_START, rows)

    def _write_rows(self) -> None:
        rows, self._rows = self._rows, []
        first = self.turn + self._count
        self._count += len(rows)
        if self._count > _MAX_ROWS:
            msg = f"more than {_MAX_ROWS} events at once"
            raise StatementError(msg)
        self._transaction.run(_EVENTS, [list(range(first, first + len(rows))), *_columns(rows)])


def _columns(rows: list[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
