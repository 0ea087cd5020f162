"""Being a good neighbour: leave a failing host alone, and do not ask faster than agreed."""

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError

_MAX_HOSTS = 10_000


class _Circuit(msgspec.Struct):
    failures: int = 0
    closed_to: float = 0.0


class Breaker:
    """Refuses requests to a host that failed `failures` times in a row, for `seconds`.

    Then one request at a time may try; the first that succeeds opens the way for all.
    """

    def __init__(self, clock: Clock, *, failures: int, seconds: float) -> None:
        self._clock = clock
        self._failures = failures
        self._seconds = seconds
        self._circuits: dict[str, _Circuit] = {}

    def admit(self, host: str) -> None:
        """Let a request to `host` pass.

        Raises:
            NodeError: the host is left alone for now (`http.circuit_open`).
        """
        circuit = self._circuits.get(host)
        if circuit is None or circuit.failures < self._failures:
            return
        now = self._clock.monotonic()
        if now < circuit.closed_to:
            msg = f"{host} is left alone for now"
            raise NodeError(
                msg,
                type="http.circuit_open",
                detail=f"{circuit.failures} requests in a row have failed",
                retry_after=circuit.closed_to - now,
            )
        circuit.closed_to = now + self._seconds

    def note(self, host: str, *, failed: bool) -> None:
        """Remember how a request to `host` went."""
        if not failed:
            self._circuits.pop(host, None)
            return
        if len(self._circuits) >= _MAX_HOSTS:
            self._circuits.clear()
        circuit = self._circuits.setdefault(host, _Circuit())
        circuit.failures += 1
        circuit.closed_to = self._clock.monotonic() + self._seconds


class Pacer:
    """Spaces the requests to a host evenly, in the order they came."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    async def wait(self, host: str, per_second: float | None) -> None:
        """Return when it is this request's turn; at once without a limit."""
        if not per_second:
            return
        now = self._clock.monotonic()
        if len(self._next) >= _MAX_HOSTS:
            self._next = {name: turn for name, turn in self._next.items() if turn > now}
        turn = max(now, self._next.get(host, now))
        self._next[host] = turn + 1.0 / per_second
        await self._clock.sleep(turn - now)
