"""The history as a DuckDB file for other programs, written anew and renamed, so nobody waits for it."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING  # noqa: TID251  # see below

from flowforge_lab.clock import Clock
from flowforge_lab.errors import StoreFullError, StoreUnavailableError
from flowforge_lab.ids import new_id

from .history import History
from .layout import Layout
from .views import RECENT, VIEWS, define_views

if TYPE_CHECKING:  # DuckDB is heavy, and only who publishes needs it here
    import duckdb

_TABLES = frozenset({"executions", "workflow_metrics", "node_metrics"})
_AT_MOST_EVERY = 60.0
_RECENT_TABLES = ("recent_events", "live_executions", "open_visits", "dead_letter_marks")


class Publisher:
    """Writes `history.duckdb` beside the segments, and self-contained exports. Blocks its thread."""

    def __init__(self, layout: Layout, history: History, clock: Clock) -> None:
        self._layout = layout
        self._history = history
        self._clock = clock

    def publish(self, *, at_most_every: float = _AT_MOST_EVERY) -> bool:
        """Write `history.duckdb`; false if it is younger than `at_most_every` seconds.

        Executions and metrics are tables, the other names views over the segments by path.
        """
        with contextlib.suppress(FileNotFoundError):
            age = self._clock.now().timestamp() - self._layout.history.stat().st_mtime
            if 0 <= age < at_most_every:
                return False
        self._write(self._layout.history, _define_published)
        return True

    def export(self, path: Path) -> None:
        """Write one file with the whole history as tables, to be taken anywhere.

        Raises:
            StoreFullError: the disk is full or read-only; `path` is as it was.
        """
        self._write(path, _define_export)

    def _write(self, path: Path, define: "Callable[[duckdb.DuckDBPyConnection], None]") -> None:
        import duckdb

        draft = path.with_name(f".{new_id()}.{path.name}")
        try:
            with duckdb.connect(draft) as target:
                target.execute("set TimeZone = 'UTC'")
                names = self._copy_recent(target)
                for name, query in define_views(self._layout.segments, names).items():
                    target.execute(f"create view {name} as {query}")
                define(target)
            draft.replace(path)
        except (duckdb.IOException, OSError) as error:
            msg = f"cannot write {path}: {error}"
            raise StoreFullError(msg) from error
        finally:
            for left in path.parent.glob(f"{draft.name}*"):
                left.unlink(missing_ok=True)

    def _copy_recent(self, target: "duckdb.DuckDBPyConnection") -> list[str]:
        """Take the tail over as tables, all of one moment, and return the segments it follows."""
        target.execute(RECENT)
        source, names = self._history.moment()
        try:
            for name in _RECENT_TABLES:
                rows = source.sql(f"select * from {name}").to_arrow_table()
                target.register("taken", rows)
                target.execute(f"insert into {name} select * from taken")
                target.unregister("taken")
            return names
        finally:
            source.close()


def _define_published(target: "duckdb.DuckDBPyConnection") -> None:
    for name in VIEWS:
        if name in _TABLES:
            _make_table(target, name)


def _define_export(target: "duckdb.DuckDBPyConnection") -> None:
    for name in VIEWS:
        _make_table(target, name)
    for name in _RECENT_TABLES:
        target.execute(f"drop table {name}")


def _make_table(target: "duckdb.DuckDBPyConnection", name: str) -> None:
    """Put a table in a view's place; views that read it read the table from now on."""
    target.execute(f"create table made as select * from {name}")
    target.execute(f"drop view {name}")
    target.execute(f"alter table made rename to {name}")


def open_published(path: Path) -> "duckdb.DuckDBPyConnection":
    """Return a read-only connection to a published or exported file; the caller closes it.

    Raises:
        StoreUnavailableError: there is no such file, or it is no DuckDB database.
    """
    import duckdb

    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        msg = f"cannot open {path}: {error}"
        raise StoreUnavailableError(msg) from error
