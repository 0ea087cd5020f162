"""What would wait how long if other limits held: arrivals and service times of the past, replayed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # hides no cycle: pandas is heavy

import msgspec

from flowforge_lab.errors import QueryError

from .asking import Asks
from .tables import Query

if TYPE_CHECKING:
    import pandas as pd

OnLimit = Literal["queue", "drop", "replace"]
Key = Literal["", "user", "session", "chat", "trigger"]
_JOBS = """with began as (
  select execution_id, min(started_at) as began_at from steps
  where workflow_id = $workflow group by 1)
select e.execution_id, epoch(e.started_at) as arrived_at,
  epoch(e.finished_at) - epoch(b.began_at) as service,
  epoch(b.began_at) - epoch(e.started_at) as waited, {key} as key
from executions e join began b using (execution_id)
where e.workflow_id = $workflow and e.status in ('succeeded', 'failed') {conditions}
order by arrived_at, e.execution_id"""


class Load(msgspec.Struct, frozen=True):
    """What is asked: the limits to try, what becomes of those above them, and how many come how fast.

    Executions of one `key`, a column of `executions`, share a limit; `where` is a condition in SQL over them.
    """

    limits: tuple[int, ...]
    on_limit: OnLimit = "queue"
    key: Key = ""
    arrivals: float = 1.0
    service: float = 1.0
    since: datetime | None = None
    where: str = ""


class Job(msgspec.Struct, frozen=True):
    """An execution that arrived and took its time: `service` seconds from its first step to its end.

    `waited` is how long it really waited for its turn; those of one `key` share a limit.
    """

    execution_id: str
    arrived_at: float
    service: float
    key: str = ""
    waited: float = 0.0


class Turn(msgspec.Struct, frozen=True):
    """What became of a job: `ran` after `wait` seconds, was `dropped`, or `replaced` by a later one."""

    job: Job
    status: Literal["ran", "dropped", "replaced"]
    wait: float = 0.0


class Forecast(msgspec.Struct, frozen=True):
    """What would be under a limit of executions at once. All lengths are in seconds."""

    limit: int
    on_limit: OnLimit
    turns: tuple[Turn, ...]

    @property
    def waits(self) -> list[float]:
        """How long those waited that ran, the shortest first."""
        return sorted(turn.wait for turn in self.turns if turn.status != "dropped")

    @property
    def mean_wait(self) -> float:
        """The mean of the waits; 0 where nothing ran."""
        return sum(self.waits) / len(self.waits) if self.waits else 0.0

    @property
    def p95_wait(self) -> float:
        """What 95 of 100 waits keep below."""
        return quantile(self.waits, 0.95)

    @property
    def dropped(self) -> int:
        """How many would not run, or not to their end."""
        return sum(turn.status != "ran" for turn in self.turns)

    @property
    def utilisation(self) -> float:
        """Which share of all places is taken, from the first arrival to the last end; 1 is all of them."""
        ran = [turn for turn in self.turns if turn.status == "ran"]
        if not ran:
            return 0.0
        end = max(turn.job.arrived_at + turn.wait + turn.job.service for turn in ran)
        span = end - min(turn.job.arrived_at for turn in self.turns)
        keys = len({turn.job.key for turn in self.turns})
        return sum(turn.job.service for turn in ran) / (span * self.limit * keys) if span else 0.0

    def frame(self) -> "pd.DataFrame":
        """Return a row for each execution: when it arrived, how long it waits, what becomes of it."""
        import pandas as pd

        columns = ["execution_id", "arrived_at", "key", "status", "wait", "service", "waited"]
        rows = []
        for turn in self.turns:
            job = turn.job
            about = (job.execution_id, job.arrived_at, job.key)
            rows.append((*about, turn.status, turn.wait, job.service, job.waited))
        frame = pd.DataFrame(rows, columns=columns)
        frame["arrived_at"] = pd.to_datetime(frame["arrived_at"], unit="s", utc=True)
        return frame


class Capacity(msgspec.Struct, frozen=True):
    """Forecasts under several limits, and what was really waited."""

    jobs: tuple[Job, ...]
    forecasts: tuple[Forecast, ...]

    def frame(self) -> "pd.DataFrame":
        """Return a row for each limit; that of limit 0 is what was really waited."""
        import pandas as pd

        waited = sorted(job.waited for job in self.jobs)
        mean = sum(waited) / len(waited) if waited else 0.0
        rows: list[tuple[Any, ...]] = [(0, len(waited), mean, quantile(waited, 0.95), 0, None)]
        rows += [
            (one.limit, len(one.waits), one.mean_wait, one.p95_wait, one.dropped, one.utilisation)
            for one in self.forecasts
        ]
        columns = ["limit", "executions", "mean_wait", "p95_wait", "dropped", "utilisation"]
        return pd.DataFrame(rows, columns=columns)


def forecast_all(history: Asks, workflow_id: str, load: Load) -> Capacity:
    """Return what would be under each limit of a load, from the past of a workflow.

    Raises:
        QueryError: a limit, a factor or the condition is none.
    """
    query = select_jobs(workflow_id, load)
    return replayed([Job(**row) for row in history.rows(query.sql, query.params)], load)


def select_jobs(workflow_id: str, load: Load) -> Query:
    """Return the query for the executions of a workflow that came to an end of their own, as `Job` has them.

    They come in the order of arrival; `key`, `since` and `where` of the load choose them.
    """
    conditions = ""
    params: dict[str, Any] = {"workflow": workflow_id}
    if load.since is not None:
        conditions += " and e.started_at >= $since"
        params["since"] = load.since
    if load.where:
        chosen = f"select execution_id from executions where ({load.where}\n)"  # noqa: S608  # the asker's own condition, in the asker's own lab
        conditions += f" and e.execution_id in ({chosen})"
    column = f'e."{load.key}"' if load.key else "''"
    return Query(_JOBS.format(key=column, conditions=conditions), params)


def replayed(jobs: Sequence[Job], load: Load) -> Capacity:
    """Return what would become of jobs under each limit of a load.

    Raises:
        QueryError: a limit or a factor is none.
    """
    told = (
        forecast(jobs, limit, on_limit=load.on_limit, arrivals=load.arrivals, service=load.service)
        for limit in load.limits
    )
    return Capacity(tuple(jobs), tuple(told))


def forecast(
    jobs: Sequence[Job],
    limit: int,
    *,
    on_limit: OnLimit = "queue",
    arrivals: float = 1.0,
    service: float = 1.0,
) -> Forecast:
    """Return what would become of jobs if at most `limit` of each key ran at once, first come first served.

    They arrive `arrivals` times as fast, and take `service` times as long.

    Raises:
        QueryError: a limit below 1, or a factor that is not above 0.
    """
    if limit < 1 or arrivals <= 0 or service <= 0:
        msg = f"expected a limit from 1 and factors above 0, found {limit}, {arrivals:g}, {service:g}"
        raise QueryError(msg)
    first = min((job.arrived_at for job in jobs), default=0.0)
    scaled = [
        msgspec.structs.replace(
            job,
            arrived_at=first + (job.arrived_at - first) / arrivals,
            service=job.service * service,
        )
        for job in jobs
    ]
    by_key: dict[str, list[Job]] = {}
    for job in sorted(scaled, key=lambda job: job.arrived_at):
        by_key.setdefault(job.key, []).append(job)
    turns = [turn for some in by_key.values() for turn in _POLICIES[on_limit](some, limit)]
    ordered = sorted(turns, key=lambda turn: (turn.job.arrived_at, turn.job.execution_id))
    return Forecast(limit, on_limit, tuple(ordered))


def _queue(jobs: Sequence[Job], limit: int) -> Iterator[Turn]:
    ends: list[float] = []
    for job in jobs:
        begins = job.arrived_at if len(ends) < limit else max(job.arrived_at, heappop(ends))
        heappush(ends, begins + job.service)
        yield Turn(job, "ran", begins - job.arrived_at)


def _drop(jobs: Sequence[Job], limit: int) -> Iterator[Turn]:
    ends: list[float] = []
    for job in jobs:
        while ends and ends[0] <= job.arrived_at:
            heappop(ends)
        if len(ends) < limit:
            heappush(ends, job.arrived_at + job.service)
            yield Turn(job, "ran")
        else:
            yield Turn(job, "dropped")


def _replace(jobs: Sequence[Job], limit: int) -> Iterator[Turn]:
    under_way: dict[int, Job] = {}
    ends: list[tuple[float, int]] = []
    for number, job in enumerate(jobs):
        while ends and ends[0][0] <= job.arrived_at:
            over = under_way.pop(heappop(ends)[1], None)
            if over is not None:
                yield Turn(over, "ran")
        if len(under_way) >= limit:
            yield Turn(under_way.pop(next(iter(under_way))), "replaced")
        under_way[number] = job
        heappush(ends, (job.arrived_at + job.service, number))
    yield from (Turn(job, "ran") for job in under_way.values())


_POLICIES = {"queue": _queue, "drop": _drop, "replace": _replace}


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of numbers in order, between two of them where it lies there; 0 without any."""
    if not ordered:
        return 0.0
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
