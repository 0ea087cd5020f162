"""The visits of many executions, and the arrivals that led from one to the next, as relations of DuckDB."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any  # noqa: TID251  # hides no cycle: pandas is heavy

from flowforge_lab.analysis.asking import Asks

if TYPE_CHECKING:
    import pandas as pd

_CHOSEN = """chosen as (select * from executions where workflow_id = $workflow
  and status in ('succeeded', 'failed', 'cancelled') {conditions})"""
_VISITS = """visits as (select s.* from steps s join chosen c using (execution_id)
  where s.finished_at is not null)"""
# a token is [source visit, port, target, port, scope]; 0 is no visit, but the end that `finally` follows
_ARRIVALS = """starts as (
  select execution_id, visit, node as target, happened_at as arrived_at, payload->'$.cause' as cause
  from events where type = 'visit.started' and workflow_id = $workflow
  union all
  select execution_id, visit, node, started_at, payload->'$.begun.cause'
  from events where type = 'visit.succeeded' and workflow_id = $workflow
  and (payload->'$.begun') is not null
  union all
  select execution_id, (payload->>'$.visit')::integer, node, happened_at,
  json_array(payload->'$.token')
  from events where type = 'iteration.returned' and workflow_id = $workflow),
tokens as (
  select execution_id, visit, target, arrived_at, unnest(cause::json[]) as token from starts
  where cause is not null),
arcs as (
  select t.execution_id, v.node as source, (t.token->>1) as port, t.target, t.visit,
  case when t.arrived_at >= v.finished_at
  then epoch(t.arrived_at) - epoch(v.finished_at) end as wait,
  case when n.finished_at >= v.finished_at
  then epoch(n.finished_at) - epoch(v.finished_at) end as through
  from tokens t join visits v on v.execution_id = t.execution_id
  and v.visit = (t.token->>0)::integer
  left join visits n on n.execution_id = t.execution_id and n.visit = t.visit)"""


class EventLog:
    """What happened in the executions of a workflow that are over, since a time, under a condition.

    `where` is a condition in SQL over the columns of `executions`.
    """

    def __init__(
        self,
        history: Asks,
        workflow_id: str,
        *,
        since: datetime | None = None,
        where: str = "",
    ) -> None:
        self.workflow_id = workflow_id
        self._history = history
        self._params: dict[str, Any] = {"workflow": workflow_id}
        conditions = ""
        if since is not None:
            conditions += " and started_at >= $since"
            self._params["since"] = since
        if where:
            conditions += f" and ({where}\n)"
        chosen = _CHOSEN.format(conditions=conditions)
        self._with = f"with {chosen}, {_VISITS}, {_ARRIVALS}"

    def frame(self, query: str, params: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """Return the rows of a query over `chosen` executions, their `visits`, and `arcs` between these.

        Raises:
            QueryError: DuckDB refused it, or the condition of the log.
        """
        return self._history.frame(f"{self._with} {query}", {**self._params, **(params or {})})

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of such a query as dicts; raises as `frame` does."""
        return self._history.rows(f"{self._with} {query}", self._params)
