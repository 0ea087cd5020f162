"""New executions as they come and go, in a frame that grows."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import (
    TYPE_CHECKING,  # noqa: TID251  # hides no cycle: pandas is heavy
    Any,
    Protocol,
    Self,
)

from .asking import Asks

if TYPE_CHECKING:
    import pandas as pd

_LATE = timedelta(seconds=60)  # so much later than it says may an execution be seen first


class Begun(Protocol):
    """Where the executions stand that began after a time: in the history here, or in one elsewhere."""

    def rows(self, since: datetime) -> list[dict[str, Any]]:
        """Return them as rows of `executions`, the oldest first."""

    def frame(self, since: datetime, *, limit: int | None = None) -> "pd.DataFrame":
        """Return them as a frame, the oldest first."""

    def wait(self) -> None:
        """Return once there may be news, or once it is closed."""

    def close(self) -> None:
        """Wait no more; may be called twice, and from another thread."""


class BegunHere:
    """The executions in a history, of one workflow or of any; `every` is how often it looks, in seconds."""

    def __init__(self, history: Asks, *, workflow: str = "", every: float = 1.0) -> None:
        self._history = history
        self._workflow = workflow
        self._every = every
        self._closed = threading.Event()

    def rows(self, since: datetime) -> list[dict[str, Any]]:
        """Return them as rows of `executions`, the oldest first."""
        return self._history.rows(*self._query(since))

    def frame(self, since: datetime, *, limit: int | None = None) -> "pd.DataFrame":
        """Return them as a frame, the oldest first."""
        return self._history.frame(*self._query(since, limit))

    def wait(self) -> None:
        """Return after a while, or once it is closed."""
        self._closed.wait(self._every)

    def close(self) -> None:
        """Wait no more."""
        self._closed.set()

    def _query(self, since: datetime, limit: int | None = None) -> tuple[str, dict[str, Any]]:
        params: dict[str, Any] = {"since": since}
        of_one, some = "", "" if limit is None else f" limit {int(limit)}"
        if self._workflow:
            of_one = " and workflow_id = $workflow"
            params["workflow"] = self._workflow
        query = f"select * from executions where started_at >= $since{of_one} order by started_at{some}"  # noqa: S608  # names of ours, values bound
        return query, params


class Watch:
    """The executions that begin after a time, whichever process runs them. Use in a `with`, or close it.

    Iterating waits for news, and yields a frame of the executions that began, changed their status or ended
    since the last one; `frame()` has them all as they stand now.
    """

    def __init__(self, begun: Begun, since: datetime) -> None:
        self._begun = begun
        self._from = since
        self._since = since
        self._rows: dict[str, dict[str, Any]] = {}
        self._closed = threading.Event()
        self._looking = threading.Lock()

    def look(self) -> "pd.DataFrame":
        """Return the executions that are new or otherwise since the last look; empty if there are none."""
        with self._looking:
            found = self._begun.rows(self._from)
            changed = [row for row in found if self._rows.get(row["execution_id"]) != row]
            self._rows |= {row["execution_id"]: row for row in changed}
            self._move_on()
        return self._as_frame(changed)

    def frame(self) -> "pd.DataFrame":
        """Return all executions that began since, as they stand now, the oldest first."""
        return self._begun.frame(self._since)

    def close(self) -> None:
        """End the iteration, also one that waits in another thread; may be called twice."""
        self._closed.set()
        self._begun.close()

    def __iter__(self) -> "Iterator[pd.DataFrame]":
        while not self._closed.is_set():
            news = self.look()
            if len(news):
                yield news
            else:
                self._begun.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _move_on(self) -> None:
        """Ask from the oldest one on that is still open, or that might come late."""
        rows = self._rows.values()
        ends = [row["started_at"] for row in rows if row["finished_at"] is None]
        latest = max((row["started_at"] for row in rows), default=self._since)
        self._from = max(min([*ends, latest - _LATE]), self._since)

    def _as_frame(self, rows: "list[dict[str, Any]]") -> "pd.DataFrame":
        import pandas as pd

        if not rows:
            return self._begun.frame(self._since, limit=0)
        return pd.DataFrame(rows, columns=list(rows[0]))
