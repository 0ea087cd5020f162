"""Many wishes, few deeds: calls an action at most so often, and once more after the last wish."""

import threading
from collections.abc import Callable


class Pulse:
    """Calls `act` within `period` seconds after `ask()`, once for all the asking in between.

    `act` runs in a thread of its own; wishes that come while it runs lead to one more call.
    """

    def __init__(self, act: Callable[[], None], period: float) -> None:
        self._act = act
        self._period = period
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def ask(self) -> None:
        """See that `act` is called soon."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._period, self._fire)
                self._timer.daemon = True
                self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            self._timer = None
        self._act()

    def stop(self) -> None:
        """Forget what was asked for."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
