"""Being a good neighbour: leave a failing host alone."""

from collections.abc import Callable
from typing import Literal

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import NodeError

_MAX_HOSTS = 10_000


class CircuitView(msgspec.Struct, frozen=True):
    """What is known of a host that failed: `open` refuses for `seconds`, `half_open` lets one request try."""

    host: str
    state: Literal["closed", "open", "half_open"]
    failures: int
    seconds: float


class _Circuit(msgspec.Struct):
    failures: int = 0
    failed_at: float = 0.0
    closed_to: float = 0.0
    fault: str = ""


class Breaker:
    """Refuses requests to a host that failed `failures` times in a row, for `seconds`.

    Failures further apart than `window` do not add up. Then one request at a time may try; the first that
    succeeds opens the way for all. `on_change` is told when a host is left alone, and when it is well again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        failures: int,
        seconds: float,
        window: float = 60.0,
        on_change: Callable[[CircuitView], None] | None = None,
    ) -> None:
        self._clock = clock
        self._failures = failures
        self._seconds = seconds
        self._window = window
        self._on_change = on_change
        self._circuits: dict[str, _Circuit] = {}

    def admit(self, host: str) -> None:
        """Let a request to `host` pass.

        Raises:
            NodeError: the host is left alone for now (`http.circuit_open`); it says when to ask again.
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
                detail=f"{circuit.failures} requests in a row have failed, the last one with: "
                f"{circuit.fault}",
                retry_after=circuit.closed_to - now,
            )
        circuit.closed_to = now + self._seconds

    def note(self, host: str, fault: str = "") -> None:
        """Remember how a request to `host` went: well, or what was wrong."""
        if not fault:
            before = self._circuits.pop(host, None)
            if before is not None and before.failures >= self._failures:
                self._tell(CircuitView(host, "closed", 0, 0.0))
            return
        if len(self._circuits) >= _MAX_HOSTS:
            self._circuits.clear()
        now = self._clock.monotonic()
        circuit = self._circuits.setdefault(host, _Circuit())
        is_new_row = circuit.failures < self._failures and now - circuit.failed_at > self._window
        circuit.failures = 1 if is_new_row else circuit.failures + 1
        circuit.failed_at = now
        circuit.fault = fault
        circuit.closed_to = now + self._seconds
        if circuit.failures >= self._failures:
            self._tell(self._view(host, circuit, now))

    def views(self) -> list[CircuitView]:
        """Return the hosts that failed lately, those left alone first."""
        now = self._clock.monotonic()
        views = [self._view(host, circuit, now) for host, circuit in self._circuits.items()]
        return sorted(views, key=lambda view: (view.state == "closed", view.host))

    def _view(self, host: str, circuit: _Circuit, now: float) -> CircuitView:
        left = max(circuit.closed_to - now, 0.0)
        if circuit.failures < self._failures:
            return CircuitView(host, "closed", circuit.failures, 0.0)
        return CircuitView(host, "open" if left else "half_open", circuit.failures, left)

    def _tell(self, view: CircuitView) -> None:
        if self._on_change is not None:
            self._on_change(view)
