"""The executions of a workflow as a process, with a picture of what was taken on the graph."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flowforge_lab.analysis import EventLog, Mined
from flowforge_lab.nodes import Registry
from flowforge_lab.spec import Workflow
from flowforge_lab.store import History
from flowforge_lab.values import lasted

from .editing import Told, Traffic, workflow_svg
from .workflows import Source, Workflows


class Process(Mined):
    """What the executions of a workflow have in common; all is asked of the history when it is asked for."""

    def __init__(self, log: EventLog, workflow: Workflow, registry: Registry) -> None:
        super().__init__(log, workflow)
        self._registry = registry

    def picture(self) -> str:
        """Return the workflow as an SVG document, on which each edge says how often and how long it was.

        Edges are the thicker the more executions spent on them; those that nobody took fade.
        """
        frame = self.bottlenecks()
        edges: list[dict[str, Any]] = [
            {str(name): value for name, value in row.items()} for row in frame.to_dict("records")
        ]
        most = max((edge["count"] for edge in edges), default=0)
        along = {
            (edge["source"], edge["port"], edge["target"]): _traffic(edge, most) for edge in edges
        }
        return workflow_svg(self.workflow, self._registry, along=along, told=self._told())

    def _told(self) -> Mapping[str, Told]:
        query = """select node, count(*) as many, avg(duration) as took,
          count(*) filter (status = 'failed') as failed from visits group by 1 order by 1"""
        return {
            row["node"]: Told(
                "failed" if row["failed"] == row["many"] else "succeeded",
                f"{row['many']:,} · {lasted(row['took'])}"
                + (f" · {row['failed']:,} failed" if row["failed"] else ""),
            )
            for row in self.log.rows(query)
        }


def _traffic(edge: Mapping[str, Any], most: int) -> Traffic:
    through = edge["avg_through"]
    took = "" if through is None or through != through else f" · {lasted(through)}"  # noqa: PLR0124  # not a number
    return Traffic(f"{edge['count']:,}{took}", edge["count"] / most)


class Processes:
    """The processes of one lab."""

    def __init__(self, history: History, workflows: Workflows, registry: Registry) -> None:
        self._history = history
        self._workflows = workflows
        self._registry = registry

    async def get(
        self, source: Source, *, since: datetime | None = None, where: str = ""
    ) -> Process:
        """Return the process of a workflow, beside the graph that it is now.

        `where` is a condition in SQL over the columns of `executions`.
        """
        workflow = (await self._workflows.read(source)).workflow
        log = EventLog(self._history, workflow.id, since=since, where=where)
        return Process(log, workflow, self._registry)
