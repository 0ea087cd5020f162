"""What was promised of workflows, in `slo.yaml` of the lab, and how they stand to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flowforge_lab.clock import Clock
from flowforge_lab.errors import DocumentError, Problem
from flowforge_lab.spec import load_yaml, plain_yaml
from flowforge_lab.store import History
from flowforge_lab.values import Duration

FILE = "slo.yaml"
_STANDING = """select count(*) as ended, count(*) filter (status = 'succeeded') as succeeded,
  quantile_cont(duration, 0.95) filter (status = 'succeeded') as p95
  from executions where workflow_id = $workflow and finished_at >= $since and status <> 'cancelled'"""


class Promise(BaseModel):
    """What is promised of one workflow over a window of time: at least one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    success: float | None = Field(default=None, gt=0, lt=1)
    duration_p95: Duration | None = None
    window: Duration = Field(default=30 * 86_400.0, ge=60)

    @model_validator(mode="after")
    def _promises_something(self) -> "Promise":
        if self.success is None and self.duration_p95 is None:
            msg = "expected success (such as 0.99), duration_p95 (such as 30s), or both"
            raise ValueError(msg)
        return self


class Standing(msgspec.Struct, frozen=True):
    """How a workflow stands. `budget_left` is the part of the allowed failures left, below 0 if overdrawn.

    What cannot be said, because nothing ended or nothing was promised, is `None`. Cancelled executions do
    not count.
    """

    workflow_id: str
    window: float
    ended: int
    success: float | None
    promised_success: float | None
    budget_left: float | None
    duration_p95: float | None
    promised_p95: float | None
    is_met: bool | None


class Slos:
    """The promises of one lab."""

    def __init__(self, root: Path, history: History, clock: Clock) -> None:
        self._path = root / FILE
        self._history = history
        self._clock = clock

    def promises(self) -> Mapping[str, Promise]:
        """Return the promises by workflow, as they are written now.

        Raises:
            DocumentError: with everything that is wrong in the file.
        """
        if not self._path.exists():
            return {}
        written = plain_yaml(load_yaml(self._path.read_text("utf-8"), FILE))
        found, problems = {}, []
        for workflow, promise in written.items():
            try:
                found[workflow] = Promise.model_validate(promise)
            except ValidationError as error:
                for fault in error.errors():
                    field = ".".join(map(str, (FILE, workflow, *fault["loc"])))
                    message = fault["msg"].removeprefix("Value error, ")
                    problems.append(Problem("slo.invalid", message, field=field))
        if problems:
            raise DocumentError("; ".join(map(str, problems)), problems)
        return found

    async def standings(self) -> list[Standing]:
        """Return how each workflow stands to what was promised of it."""
        now = self._clock.now()
        return [await self._standing(*one, now=now) for one in self.promises().items()]

    async def _standing(self, workflow: str, promise: Promise, *, now: datetime) -> Standing:
        since = now - timedelta(seconds=promise.window)
        [row] = await self._history.query(_STANDING, {"workflow": workflow, "since": since})
        ended, p95 = row["ended"], row["p95"]
        success = row["succeeded"] / ended if ended else None
        budget = None
        if success is not None and promise.success is not None:
            budget = 1 - (1 - success) / (1 - promise.success)
        kept = [] if success is None or promise.success is None else [success >= promise.success]
        if p95 is not None and promise.duration_p95 is not None:
            kept.append(p95 <= promise.duration_p95)
        return Standing(
            workflow_id=workflow,
            window=promise.window,
            ended=ended,
            success=success,
            promised_success=promise.success,
            budget_left=budget,
            duration_p95=p95,
            promised_p95=promise.duration_p95,
            is_met=all(kept) if kept else None,
        )
