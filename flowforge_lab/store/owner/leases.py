"""Who may run which execution, and until when: kept in memory, ended by a socket that closes."""

_FOREVER_GONE = float("-inf")
_LONGEST_STEP = 1.0


class Leases:
    """Whether a holder still is one.

    Time is counted only while the owner itself runs, so that nobody loses a lease because the owner
    was stopped. After a restart every holder has `comeback` seconds to connect again.
    """

    def __init__(self, *, grace: float, comeback: float, lease: float) -> None:
        self._grace = grace
        self._lease = lease
        self._now = 0.0
        self._last_tick: float | None = None
        self._until: dict[str, float] = {}
        self._connections: dict[str, int] = {}
        self._gone_at: dict[str, float] = {}
        self._comeback = comeback

    def tick(self, monotonic: float) -> None:
        """Let time go on; a long silence counts as one second at most."""
        if self._last_tick is not None:
            self._now += min(monotonic - self._last_tick, _LONGEST_STEP)
        self._last_tick = monotonic

    def join(self, session: str) -> None:
        """A client has come, or come back."""
        self._connections[session] = self._connections.get(session, 0) + 1
        self._gone_at.pop(session, None)

    def leave(self, session: str, *, is_orderly: bool) -> None:
        """A connection ended; after an orderly goodbye its leases are free at once."""
        count = self._connections.get(session, 0) - 1
        if count > 0:
            self._connections[session] = count
            return
        self._connections.pop(session, None)
        self._gone_at[session] = _FOREVER_GONE if is_orderly else self._now

    def keep(self, execution_id: str, seconds: float) -> None:
        """Let the holder have the execution for that long from now."""
        self._until[execution_id] = self._now + seconds

    def forget(self, execution_id: str) -> None:
        """Nobody holds the execution any more."""
        self._until.pop(execution_id, None)

    def is_free(self, execution_id: str, holder: str | None) -> bool:
        """Whether somebody else may take the execution from `holder`."""
        if not holder:
            return True
        if holder in self._connections:
            return self._until.setdefault(execution_id, self._now + self._lease) <= self._now
        gone_at = self._gone_at.get(holder)
        if gone_at is None:
            return self._now > self._comeback
        return self._now - gone_at > self._grace
