"""The stage of a rehearsal: what is real on it, and what recorded visits stand for."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol

import msgspec

from flowforge_lab.clients import Clients, CodeRunner, Pacer
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Ended, Limits, Mark, World, mark_of
from flowforge_lab.errors import NodeError
from flowforge_lab.events import ErrorDetail, ExecutionState, Visit
from flowforge_lab.expressions import Evaluator
from flowforge_lab.expressions import Limits as ExpressionLimits
from flowforge_lab.plan import Step
from flowforge_lab.values import decode
from flowforge_lab.variables import Scope, add

from .past import Recorded

NOT_RECORDED = "backtest.not_recorded"
_HIDDEN = "***"


class Lent(Protocol):
    """Variables that are read and never changed."""

    async def find(self, scope: Scope, name: str) -> Any:
        """Return the value, or `None` where there is none."""


class Stage(msgspec.Struct, frozen=True):
    """Where rehearsals take place: what the lab lends them, nothing of which they change.

    `variables` gives those of a workflow and a user as they are now, `artifacts` is a folder that may go.
    """

    get_blob: Callable[[str], bytes]
    variables: Callable[[str, str], Lent]
    folder_of: Callable[[str], Path]
    artifacts: Path
    limits: Limits = Limits()
    expressions: ExpressionLimits = ExpressionLimits()

    def world(self, recorded: Recorded, *, evaluator: Evaluator, clients: Clients) -> World:
        """Return the world of one rehearsal."""
        kept: dict[tuple[Scope, str], Any] = {}
        return World(
            clock=SystemClock(),
            evaluator=evaluator,
            clients=clients,
            blobs=_LentBlobs(self.get_blob),
            variables=lambda workflow, user: _LentVariables(self.variables(workflow, user), kept),
            secret=lambda _name: _HIDDEN,
            artifacts=self.artifacts,
            folder_of=self.folder_of,
            limits=self.limits,
            stand_in=_StandIns(recorded.state, kept),
        )


def acts_outside(step: Step) -> bool:
    """Whether the node of a step is never run in a rehearsal: it reaches beyond its execution."""
    if step.type.is_trigger:
        return step.type.kind != "trigger.manual"
    return step.effects != "none" or step.type.answers


class _StandIns:
    """Implements `engine.StandIn`: visits that would act outside end as they did in the record."""

    def __init__(self, recorded: ExecutionState, kept: dict[tuple[Scope, str], Any]) -> None:
        visits = recorded.visits.values()
        self._visits: Mapping[Mark, Visit] = {mark_of(recorded, one): one for one in visits}
        self._kept = kept

    def begins(self, mark: Mark) -> int:
        """Return when the visit began in the record, so that `now()` says the same."""
        found = self._visits.get(mark)
        return 0 if found is None else found.started_at

    def ends(self, step: Step, visit: Visit, state: ExecutionState) -> Ended | None:
        """Return how the visit ended in the record, or that it is not there."""
        if not acts_outside(step):
            return None
        found = self._visits.get(mark_of(state, visit))
        if found is None or found.kind != step.type.kind:
            return None if step.type.is_trigger else Ended(error=_not_recorded(step, visit))
        at = found.ended_at or 0
        if found.status == "succeeded":
            self._keep(step, found.outputs)
            return Ended(found.port, found.outputs, at=at)
        if found.status == "failed":
            return Ended(error=found.error, at=at)
        return Ended(is_open=True, at=at)

    def _keep(self, step: Step, outputs: Any) -> None:
        """Let later expressions see a variable that was set in the record."""
        if step.type.kind == "action.set_variable":
            self._kept[outputs["scope"], outputs["name"]] = decode(outputs["value"])


def _not_recorded(step: Step, visit: Visit) -> ErrorDetail:
    return ErrorDetail(
        NOT_RECORDED,
        f"no {step.type.kind} was recorded here, and none is run",
        f"{step.id} acts outside of its execution; a backtest only repeats what such a step gave then",
        node=step.id,
        attempt=visit.attempts,
    )


class RehearsalClients(Clients):
    """Runs code that is declared to act nowhere, in worker processes; every other client refuses."""

    def __init__(self) -> None:  # none of the others is opened
        self.pacer = Pacer(SystemClock())
        self.code = CodeRunner()

    def __getattr__(self, name: str) -> NoReturn:
        title = f"a backtest reaches nothing outside, and this step asked for clients.{name}"
        detail = "its node type says that it has no effects; `effects` of the type should say what it does"
        raise NodeError(title, type=NOT_RECORDED, detail=detail, is_transient=False)

    async def close(self) -> None:
        """End the worker processes."""
        await self.code.close()


class _LentBlobs:
    """Implements `engine.Blobs`: reads those of the lab, and keeps new ones in memory."""

    def __init__(self, lent: Callable[[str], bytes]) -> None:
        self._lent = lent
        self._own: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._own[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        own = self._own.get(digest)
        return self._lent(digest) if own is None else own


class _LentVariables:
    """Implements `variables.Variables`: reads those of the lab, and keeps changes in memory."""

    def __init__(self, lent: Lent, kept: dict[tuple[Scope, str], Any]) -> None:
        self._lent = lent
        self._kept = kept

    async def find(self, scope: Scope, name: str) -> Any:
        if (scope, name) in self._kept:
            return self._kept[scope, name]
        return await self._lent.find(scope, name)

    async def set(self, scope: Scope, name: str, value: Any, *, ttl: float | None = None) -> None:
        self._kept[scope, name] = value

    async def increment(
        self,
        scope: Scope,
        name: str,
        by: Any = 1,
        *,
        ttl: float | None = None,
        unit: str = "",
    ) -> Any:
        before = await self.find(scope, name)
        total = self._kept[scope, name] = add(0 if before is None else before, by)
        return total

    async def swap(
        self,
        scope: Scope,
        name: str,
        value: Any,
        *,
        expected: Any,
        ttl: float | None = None,
        unit: str = "",
    ) -> bool:
        is_as_expected = bool(await self.find(scope, name) == expected)
        if is_as_expected:
            self._kept[scope, name] = value
        return is_as_expected
