"""Who may run which execution, and until when: by the clock of the database, in the row itself."""

from collections.abc import Iterable

from flowforge_lab.store.owner.leases import Leases

from .transaction import Transaction

_KEEP = """update executions x set lease_until = now_us() + k.length
  from unnest(%s::text[], %s::bigint[]) k(id, length) where x.id = k.id and x.status = 'running'"""
_RENEW = """with mine as (select e.id from executions e
    join unnest(%s::text[], %s::bigint[]) h(id, epoch) on e.id = h.id and e.epoch = h.epoch
    where e.holder = %s and e.lease_until < now_us() + %s order by e.id for update of e)
  update executions x set lease_until = now_us() + %s from mine where x.id = mine.id"""
_MINE = """select e.id from executions e
  join unnest(%s::text[], %s::bigint[]) h(id, epoch) on e.id = h.id and e.epoch = h.epoch
  where e.holder = %s"""
_GIVE_BACK = """update executions set lease_until = 0
  where holder = %s and status = 'running'"""
_MOSTLY_FULL = 0.75


class SharedLeases(Leases):
    """What the ledger asks about leases, for the executions of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._free: dict[str, bool] = {}
        self._kept: dict[str, float] = {}

    def note(self, execution_id: str, *, is_free: bool) -> None:
        """Remember whether the lease of an execution that was just locked is over."""
        self._free[execution_id] = is_free

    def keep(self, execution_id: str, seconds: float) -> None:
        """Let the holder have the execution for that long from the end of this transaction."""
        self._kept[execution_id] = seconds

    def forget(self, execution_id: str) -> None:
        """Nobody holds the execution any more."""
        self._kept.pop(execution_id, None)

    def is_free(self, execution_id: str, holder: str | None) -> bool:
        """Whether somebody else may take the execution from `holder`."""
        return not holder or self._free.get(execution_id, False)

    def length_of(self, execution_id: str) -> int:
        """Return for how many microseconds a new execution is leased; written with it, not by `write`."""
        return _us(self._kept.pop(execution_id, 0.0))

    def write(self) -> None:
        """Write the leases that were taken in this transaction."""
        if self._kept:
            lengths = [_us(seconds) for seconds in self._kept.values()]
            self._transaction.run(_KEEP, [list(self._kept), lengths])
            self._kept = {}

    def renew(self, session: str, held: Iterable[tuple[str, int]], seconds: float) -> list[str]:
        """Keep the leases that the session really holds and return their executions.

        A row is written only once a quarter of its lease has gone.
        """
        ids, epochs = [list(part) for part in zip(*held, strict=True)] or [[], []]
        length = _us(seconds)
        rest = int(length * _MOSTLY_FULL)
        self._transaction.run(_RENEW, [ids, epochs, session, rest, length])
        return [row[0] for row in self._transaction.run(_MINE, [ids, epochs, session])]

    def give_back(self, session: str) -> None:
        """Free everything a session holds."""
        self._transaction.run(_GIVE_BACK, [session])

    def clear(self) -> None:
        """Forget what this transaction has seen."""
        self._free.clear()
        self._kept.clear()


def _us(seconds: float) -> int:
    return int(seconds * 1e6)
