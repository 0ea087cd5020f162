"""What executions wait for, and the answers to it."""

import contextlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Wait
from flowforge_lab.errors import ConflictError, FlowForgeError, NotFoundError, PlanError, Problem
from flowforge_lab.events import ExecutionState, Visit, VisitParked, VisitResumed, fold
from flowforge_lab.nodes import ADDRESSED, OWN, faults_of
from flowforge_lab.store import StoreJournal

from .executions import Executions
from .moments import moment
from .workflows import Workflows

logger = logging.getLogger(__name__)
MAX_ANSWER_BYTES = 1_000_000
_OF_EXECUTION = "execution:"
_EARLY_SECONDS = 5.0
_LOOK_EVERY = 0.05
_UNDER_WAY = {"queued", "running"}


class WaitView(msgspec.Struct, frozen=True):
    """One thing that is waited for, as a person wants to see it; `until` is microseconds, UTC.

    `key` is what to answer: for a wait that has an address its token.
    """

    key: str
    execution_id: str
    workflow_id: str
    node: str
    until: int | None = None
    terms: Mapping[str, Any] = {}


class Answered(msgspec.Struct, frozen=True):
    """Who got an answer, and what to tell whoever gave it."""

    execution_id: str
    node: str
    response: str = ""


class Waits:
    """The waits of one lab that somebody outside can answer."""

    def __init__(
        self, journal: StoreJournal, executions: Executions, *, workflows: Workflows, clock: Clock
    ) -> None:
        self._journal = journal
        self._executions = executions
        self._workflows = workflows
        self._clock = clock

    async def all(self, *, execution_id: str = "") -> list[WaitView]:
        """Return what is waited for, or what one execution waits for, in the order of the keys."""
        waits = await self._journal.find_waits(execution_id=execution_id)
        found = []
        workflows: dict[str, str] = {}
        for wait in waits:
            if wait.key.startswith((_OF_EXECUTION, OWN)):
                continue
            if wait.execution_id not in workflows:
                head = await self._journal.find_head(wait.execution_id)
                workflows[wait.execution_id] = "" if head is None else head.workflow_id
            found.append(_view(wait, workflows[wait.execution_id]))
        return found

    async def find(self, token: str) -> WaitView:
        """Return the wait that a token answers.

        A token that an execution has just told, and does not wait for yet, is given some seconds.

        Raises:
            ConflictError: it was answered before, or the wait is over.
            NotFoundError: nobody waits for it.
        """
        wait = await self._find(token)
        head = await self._journal.find_head(wait.execution_id)
        return _view(wait, "" if head is None else head.workflow_id)

    async def answer(self, key: str, answer: Any, *, goes_on: bool = True) -> Answered:
        """Give the oldest wait for a key, or the one for a token, its answer.

        With `goes_on` the execution goes on here, else wherever a host is live. Whoever is quicker than the
        execution that told him the token is heard as soon as it waits: that is given some seconds.

        Raises:
            PlanError: the answer is not what the wait expects; it names every fault, and the wait stays.
            ConflictError: it was answered before, or the wait is over.
            NotFoundError: nobody waits for it.
        """
        text = _written(answer)
        wait = await self._find(key)
        faults = faults_of(answer, wait.terms)
        if faults:
            raise PlanError(faults)
        execution_id = await self._journal.answer(wait.key, text)
        if execution_id is None:
            raise await self._why_not(key)
        if goes_on:
            await self._go_on(execution_id)
        told = wait.terms if execution_id == wait.execution_id else {}
        return Answered(execution_id, str(told.get("node", "")), str(told.get("response", "")))

    async def _find(self, key: str) -> Wait:
        found = await self._look_for(key)
        if found is None:
            why_not = await self._why_not(key)
            found = await self._look_for(key)  # it may have come to the wait meanwhile
            if found is None and isinstance(why_not, NotFoundError):
                found = await self._soon(key)
            if found is None:
                raise why_not
        if found.key.startswith(_OF_EXECUTION):
            msg = f"{key}: only the end of that execution is an answer to this"
            raise ConflictError(msg)
        return await self._as_now(found) if found.key.startswith(ADDRESSED) else found

    async def _as_now(self, wait: Wait) -> Wait:
        """Return a wait with what the version expects that its execution has been moved to."""
        head = await self._journal.get_head(wait.execution_id)
        plan = await self._workflows.plan(head.digest)
        step = plan.steps.get(str(wait.terms.get("node", "")))
        if step is None or not step.type.answers:
            return wait
        others = {name: term for name, term in wait.terms.items() if name != "schema"}
        schema = step.raw.get("expects")
        terms = others if schema is None else {**others, "schema": schema}
        return msgspec.structs.replace(wait, terms=terms)

    async def _look_for(self, key: str) -> Wait | None:
        for name in (ADDRESSED + key, key):
            found = await self._journal.find_waits(key=name) if key else []
            if found:
                return found[0]
        return None

    async def _soon(self, token: str) -> Wait | None:
        """Return the wait for a token that was told a moment before, once the execution has come to it."""
        execution_id, dot, _ = token.partition(".")
        ends_at = self._clock.monotonic() + _EARLY_SECONDS
        while dot and self._clock.monotonic() < ends_at:
            head = await self._journal.find_head(execution_id)
            if head is None or head.status not in _UNDER_WAY:
                return await self._look_for(token)
            await self._clock.sleep(_LOOK_EVERY)
            found = await self._look_for(token)
            if found is not None:
                return found
        return None

    async def _go_on(self, execution_id: str) -> None:
        try:
            await self._executions.resume(execution_id)
        except FlowForgeError:  # the answer is kept: whoever resumes it next goes on with it
            facts = {"execution_id": execution_id}
            logger.exception("could not go on with an execution", extra=facts)

    async def _why_not(self, key: str) -> FlowForgeError:
        """Return why nobody takes the answer for a key."""
        execution_id = key.partition(".")[0]
        entries = await self._journal.read(execution_id) if "." in key else []
        token = ADDRESSED + key
        at = None
        parked: int | None = None
        for entry in entries:
            event = entry.event
            if isinstance(event, VisitParked) and token in event.keys:
                parked = event.visit
            elif isinstance(event, VisitResumed) and event.key == token:
                at = entry.at
        if parked is None:
            return NotFoundError(f"nobody waits for {key!r}")
        state = fold(entries)
        return ConflictError(f"{key}: {_told(state, state.visits[parked], answered_at=at)}")


def _told(state: ExecutionState, visit: Visit, *, answered_at: int | None) -> str:
    """Return what became of a visit that waited, and does not any more."""
    if answered_at is not None:
        return f"was answered already, at {moment(answered_at).isoformat(timespec='seconds')}"
    if state.finished is not None and visit.status == "cancelled":
        return f"the execution is over ({state.status}): nobody waits any more"
    if visit.is_over or visit.status == "running":
        return "the wait is over: nobody answered in time"
    return "was answered already; the execution goes on as soon as a host is live"


def _view(wait: Wait, workflow_id: str) -> WaitView:
    key = wait.key.removeprefix(ADDRESSED)
    node = str(wait.terms.get("node", ""))
    return WaitView(key, wait.execution_id, workflow_id, node, wait.until, wait.terms)


def _written(answer: Any) -> str:
    """Return an answer as JSON.

    Raises:
        PlanError: it is none, or too large.
    """
    text = None
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        text = json.dumps(answer, allow_nan=False)
        text.encode()
    if text is None:
        raise PlanError([Problem("answer", "an answer must be JSON")])
    if len(text) > MAX_ANSWER_BYTES:
        told = f"the answer has {len(text):,} bytes, at most {MAX_ANSWER_BYTES:,} are taken"
        raise PlanError([Problem("answer", told)])
    return text
