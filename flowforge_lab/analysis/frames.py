"""The history as pandas frames, one method a table."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # see below

from flowforge_lab.store import History

from .tables import Selection, TableName, select

if TYPE_CHECKING:  # both are heavy, and `import flowforge_lab` must stay quick
    import duckdb
    import pandas as pd


class Frames:
    """Answers at once, with everything acknowledged so far in it. Times are UTC."""

    def __init__(self, history: History) -> None:
        self._history = history

    def executions(
        self,
        *,
        since: datetime | None = None,
        workflow: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return one row per execution, newest first, those under way included."""
        wanted = _given(workflow_id=workflow, status=status, since=since, limit=limit)
        return self._select("executions", wanted)

    def steps(
        self,
        *,
        execution: str | None = None,
        workflow: str | None = None,
        node: str | None = None,
        status: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return one row per visit of a node, newest first; `outputs` and `error` are JSON text."""
        wanted = _given(
            execution_id=execution,
            workflow_id=workflow,
            node=node,
            status=status,
            since=since,
            limit=limit,
        )
        return self._select("steps", wanted)

    def attempts(
        self,
        *,
        execution: str | None = None,
        workflow: str | None = None,
        node: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return one row per attempt that ended, newest first."""
        wanted = _given(
            execution_id=execution, workflow_id=workflow, node=node, since=since, limit=limit
        )
        return self._select("attempts", wanted)

    def events(
        self,
        execution_id: str | None = None,
        *,
        type: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return one row per event: of one execution in order, else of all, newest first."""
        wanted = _given(execution_id=execution_id, type=type, since=since, limit=limit)
        return self._select("events", wanted)

    def logs(self, execution_id: str | None = None, *, limit: int | None = None) -> "pd.DataFrame":
        """Return what nodes logged, newest first."""
        return self._select("logs", _given(execution_id=execution_id, limit=limit))

    def metrics(
        self,
        workflow: str | None = None,
        *,
        by: Literal["hour", "day"] = "hour",
        since: datetime | None = None,
    ) -> "pd.DataFrame":
        """Return counts, success and durations per workflow and hour or day, oldest first."""
        wanted = _given(workflow_id=workflow, grain=by, since=since)
        return self._select("workflow_metrics", wanted)

    def node_metrics(
        self,
        workflow: str | None = None,
        *,
        by: Literal["hour", "day"] = "hour",
        since: datetime | None = None,
    ) -> "pd.DataFrame":
        """Return counts, failures and durations per node and hour or day, oldest first."""
        wanted = _given(workflow_id=workflow, grain=by, since=since)
        return self._select("node_metrics", wanted)

    def sql(self, query: str, **params: Any) -> "pd.DataFrame":
        """Return the rows of any query over the tables above; parameters are written `$name`.

        Raises:
            QueryError: DuckDB refused the query; the text is its own.
        """
        return self._history.frame(query, params)

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of any query as dicts of Python values: NULL is `None`, and nan is nan.

        Raises:
            QueryError: DuckDB refused the query; the text is its own.
        """
        return self._history.rows(query, params)

    def duckdb(self) -> "duckdb.DuckDBPyConnection":
        """Return a connection of your own with all tables as of now; close it when done.

        The tables of the history are views in it; what you create lives as long as this process.
        """
        return self._history.another_cursor()

    def _select(self, table: TableName, wanted: Selection) -> "pd.DataFrame":
        """Return these rows of a table."""
        query = select(table, wanted)
        return self._history.frame(query.sql, query.params)


def _given(
    *, since: datetime | None = None, limit: int | None = None, **filters: str | None
) -> Selection:
    given = {name: value for name, value in filters.items() if value is not None}
    return Selection(given, since, limit)
