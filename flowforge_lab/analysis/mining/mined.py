"""What the executions of a workflow have in common: variants, edges, bottlenecks, loops, conformance."""

from pathlib import Path
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: pandas is heavy

import msgspec

from flowforge_lab.spec import Workflow

from .log import EventLog
from .ocel import write_ocel
from .xes import write_xes

if TYPE_CHECKING:
    import pandas as pd

_VARIANTS = """, passed as (
  select execution_id, node, min(visit) as first, count(*) as many from visits group by all),
ways as (
  select execution_id, string_agg(node || case when many > 1 then '+' else '' end, ' > '
  order by first) as variant from passed group by 1)
select variant, count(*) as executions, count(*) / sum(count(*)) over () as share,
  avg((status = 'succeeded')::integer) as success, avg(duration) as avg_duration,
  quantile_cont(duration, 0.95) as p95_duration, min(started_at) as first_at,
  max(started_at) as last_at, max(execution_id) as example
from ways join chosen using (execution_id) group by 1 order by executions desc, variant"""
_EDGES = """select source, port, target, count(*) as count,
  count(distinct execution_id) as executions,
  avg(wait) as avg_wait, quantile_cont(wait, 0.95) as p95_wait, sum(wait) as total_wait,
  avg(through) as avg_through, quantile_cont(through, 0.5) as p50_through,
  quantile_cont(through, 0.95) as p95_through, sum(through) as total_through
from arcs group by all order by source, port, target"""
_LOOPS = """, passed as (
  select execution_id, node, count(*) as many, sum(duration) as took from visits group by all)
select node, count(*) as executions, sum(many)::bigint as visits, avg(many) as avg_visits,
  max(many) as max_visits, sum(took) as total_duration
from passed where many > 1 group by 1 order by visits desc, node"""
_TAKEN = """select execution_id, c.version, source, port, target, count(*) as count
from arcs join chosen c using (execution_id) group by all order by execution_id"""


class Way(msgspec.Struct, frozen=True, order=True):
    """An edge that executions took."""

    source: str
    port: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}.{self.port} > {self.target}"


class Mined:
    """The executions of one workflow as a process. All times are seconds, all frames made when asked for."""

    def __init__(self, log: EventLog, workflow: Workflow) -> None:
        self.log = log
        self.workflow = workflow

    def variants(self) -> "pd.DataFrame":
        """Return the ways through the graph, the most frequent first; `node+` stands for several visits.

        A variant is the nodes in the order of their first visits; `example` is its latest execution.
        """
        return self.log.frame(_VARIANTS)

    def edges(self) -> "pd.DataFrame":
        """Return the edges that were taken: how often, and how long that was.

        `wait` is the time from the end of one visit to the begin of the next, `through` to its end. They are
        missing where the next began before the other ended, as the turns of a loop do. `is_drawn` says
        whether the workflow has the edge now.
        """
        frame = self.log.frame(_EDGES)
        drawn = self.drawn()
        frame.insert(5, "is_drawn", [way in drawn for way in _ways(frame)])
        return frame

    def bottlenecks(self) -> "pd.DataFrame":
        """Return the edges by what executions spent on them in all, most first, with their `share` of it."""
        frame = self.edges().sort_values("total_through", ascending=False, ignore_index=True)
        total = frame.total_through.sum()
        frame["share"] = frame.total_through / total if total else 0.0
        return frame

    def loops(self) -> "pd.DataFrame":
        """Return the nodes that executions visited more than once, and how often they did."""
        return self.log.frame(_LOOPS)

    def conformance(self) -> "pd.DataFrame":
        """Return for each execution whether all it did is drawn in the workflow as it is now.

        `fitness` is the share of its steps from visit to visit that are, `strange` the ways that are not.
        """
        import pandas as pd

        drawn = self.drawn()
        taken = self.log.frame(_TAKEN)
        ways = _ways(taken)
        is_drawn = pd.Series([way in drawn for way in ways], index=taken.index, dtype=bool)
        taken["fitting"] = taken["count"].where(is_drawn, 0)
        taken["way"] = list(map(str, ways))
        strange = dict(taken[~is_drawn].groupby("execution_id").way.agg(sorted))
        sums = taken.groupby(["execution_id", "version"])[["count", "fitting"]].sum()
        frame = sums.reset_index()
        frame["fits"] = frame["count"] == frame.fitting
        frame["fitness"] = frame.fitting / frame["count"]
        lists = [strange.get(id, []) for id in frame.execution_id]
        frame["strange"] = pd.Series(lists, index=frame.index, dtype=object)
        return frame[["execution_id", "version", "fits", "fitness", "strange"]]

    def unused(self) -> list[Way]:
        """Return the edges that are drawn, and that no execution took."""
        return sorted(self.drawn() - set(_ways(self.edges())))

    def drawn(self) -> set[Way]:
        """Return the edges of the workflow as it is now."""
        return {Way(edge.source, edge.from_port, edge.target) for edge in self.workflow.edges()}

    def to_xes(self, path: Path | str) -> int:
        """Write the visits as an XES log, for tools of process mining, and return how many there are."""
        return write_xes(self.log, Path(path))

    def to_ocel(self, path: Path | str) -> int:
        """Write the visits as an OCEL 2.0 log (JSON), and return how many there are.

        Its objects are executions, versions, users, sessions and chats.
        """
        return write_ocel(self.log, Path(path))


def _ways(frame: "pd.DataFrame") -> list[Way]:
    return [Way(*way) for way in zip(frame.source, frame.port, frame.target, strict=True)]
