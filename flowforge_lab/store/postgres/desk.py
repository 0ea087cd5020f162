"""What the units of a batch have gathered, written in few statements however many rows they hold."""

from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from flowforge_lab.store.owner.desk import Desk
from flowforge_lab.store.owner.ends import settle

from .leases import SharedLeases
from .schema import SHIFT
from .transaction import StatementError, Transaction

_MAX_ROWS = 1 << SHIFT
_WIDTH = 14
# rows go as one JSON text: an array in SQL costs the client twenty times as much
_START = """insert into executions(id, workflow_id, digest, trigger, created_at, key, "user",
  session, chat, parent, is_awaited, origin, priority, slot, max_in_slot, on_limit, status, wake_at,
  finished_at, error, epoch, holder, changed, lease_until)
  select id, workflow_id, digest, trigger, created_at, key, "user", session, chat, parent, is_awaited,
  origin, priority, slot, max_in_slot, on_limit, status, wake_at, finished_at, error, 1, holder,
  changed, now_us() + lease from jsonb_to_recordset(%s) as new(
    id text, workflow_id text, digest text, trigger text, created_at bigint, key text, "user" text,
    session text, chat text, parent text, is_awaited boolean, origin text, priority bigint, slot text,
    max_in_slot bigint, on_limit text, status text, wake_at bigint, finished_at bigint, error text,
    holder text, changed bigint, lease bigint)"""
_EVENTS = """insert into events(id, execution_id, seq, event_id, at, type, workflow_id, node, kind,
  visit, attempt, status, started_at, duration, payload)
  select %s::bigint + number - 1, row->>0, (row->>1)::bigint, row->>2, (row->>3)::bigint, row->>4,
  row->>5, row->>6, row->>7, (row->>8)::bigint, (row->>9)::bigint, row->>10, (row->>11)::bigint,
  (row->>12)::float8, row->>13
  from jsonb_array_elements(%s) with ordinality as rows(row, number)"""
_REFER = """insert into blob_refs select ref->>0, ref->>1 from jsonb_array_elements(%s) refs(ref)
  on conflict do nothing"""
_CHANGE = """update executions x set status = h.status, finished_at = h.finished_at, error = h.error,
  changed = %s,
  wake_at = case when exists (select 1 from signals s where s.execution_id = x.id
              and (h.status in ('waiting', 'paused') or (h.status = 'queued' and s.kind = 'cancel')))
            then 0 else h.wake_at end,
  holder = case when h.status = 'running' then x.holder else null end
  from (select head->>0 as id, head->>1 as status, (head->>2)::bigint as wake_at,
      (head->>3)::bigint as finished_at, head->>4 as error from jsonb_array_elements(%s) heads(head)) h
  where x.id = h.id"""


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
        """Give out positions from `turn` on; none of them twice, also where a unit is undone."""
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
            self._transaction.run(_REFER, [_json(self._refs)])
            self._refs = []
        if self._latest:
            heads = [(name, *head) for name, head in self._latest.items()]
            self._transaction.run(_CHANGE, [self.turn, _json(heads)])
            self._latest = {}

    @property
    def has_ends(self) -> bool:
        """Whether executions ended, so that more than writing is to be done."""
        return bool(self._ended)

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

    def _write_starts(self) -> None:
        if self._starts:
            rows = [one | {"lease": self._leases.length_of(one["id"])} for one in self._starts]
            self._starts = []
            self._transaction.run(_START, [_json(rows)])

    def _write_rows(self) -> None:
        rows, self._rows = self._rows, []
        first = self.turn + self._count
        self._count += len(rows)
        if self._count > _MAX_ROWS:
            msg = f"more than {_MAX_ROWS} events at once"
            raise StatementError(msg)
        if any(len(row) != _WIDTH for row in rows):
            msg = f"expected events of {_WIDTH} columns"
            raise StatementError(msg)
        self._transaction.run(_EVENTS, [first, _json(rows)])


def _json(rows: Any) -> Jsonb:
    return Jsonb(rows, dumps=msgspec.json.encode)
