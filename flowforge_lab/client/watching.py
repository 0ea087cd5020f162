"""New executions of a lab elsewhere, told of by the stream of its events."""

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.errors import FlowForgeError
from flowforge_lab.store import read_arrow, read_arrow_rows

from .wire import Ending, Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_TABLE = place("history", "executions")
_LIVE_SECONDS, _END_SECONDS = 10.0, 5.0


class BegunThere:
    """The executions of a lab elsewhere that began after a time, of one workflow or of any.

    The first `wait` begins to follow the stream of events; the next ones return once something happened,
    `every` seconds after it, so that what comes together is looked at together.
    """

    def __init__(self, wire: Wire, *, workflow: str = "", every: float = 1.0) -> None:
        self._wire = wire
        self._workflow = workflow
        self._every = every
        self._ending = Ending()
        self._news = threading.Event()
        self._closed = threading.Event()
        self._fault: FlowForgeError | None = None
        self._following: threading.Thread | None = None

    def rows(self, since: datetime) -> list[dict[str, Any]]:
        """Return them as rows of `executions`, the oldest first."""
        with self._wire.opened("GET", _TABLE, params=self._asked(since)) as file:
            return read_arrow_rows(file)[::-1]

    def frame(self, since: datetime, *, limit: int | None = None) -> "pd.DataFrame":
        """Return them as a frame, the oldest first."""
        asked = self._asked(since) | ({} if limit is None else {"limit": limit})
        with self._wire.opened("GET", _TABLE, params=asked) as file:
            return read_arrow(file).iloc[::-1].reset_index(drop=True)

    def wait(self) -> None:
        """Return once there may be news, or once it is closed.

        Raises:
            FlowForgeError: the stream came to an end of its own; the error says why.
        """
        if self._following is None:
            self._begin()
            return
        if self._following.is_alive():
            self._news.wait()
        self._news.clear()
        if self._fault is not None:
            raise self._fault
        self._closed.wait(self._every)

    def close(self) -> None:
        """Wait no more, and end the stream."""
        self._closed.set()
        self._ending.want()
        self._news.set()
        following = self._following
        if following is not None and following is not threading.current_thread():
            following.join(_END_SECONDS)

    def _begin(self) -> None:
        """Follow the stream; once this returns, nothing that happens is missed."""
        self._following = threading.Thread(target=self._follow, daemon=True)
        self._following.start()
        self._ending.wait_until_live(_LIVE_SECONDS)

    def _follow(self) -> None:
        path = "/api/events/stream"
        if self._workflow:
            path = place("workflows", self._workflow, "stream")
        try:
            for _ in self._wire.follow(path, ending=self._ending):
                self._news.set()
        except FlowForgeError as error:
            self._fault = error
        finally:
            self._ending.live()
            self._news.set()

    def _asked(self, since: datetime) -> dict[str, Any]:
        of_one = {"workflow_id": self._workflow} if self._workflow else {}
        return {"since": since.isoformat(), "format": "arrow", **of_one}
