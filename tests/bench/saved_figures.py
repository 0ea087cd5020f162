"""What caching, batching and lazy variables save of a start as a webhook makes it: by version, to the result.

Each is taken away as if it had not been built: the plan is compiled for each start, each event goes to the
disk alone before the next one happens, all variables are read before each start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from flowforge_lab.engine import Head, Lease
from flowforge_lab.events import Entry
from flowforge_lab.lab import Parts
from flowforge_lab.settings import Settings
from flowforge_lab.spec import Document
from flowforge_lab.store import Variable

from .figures import Figure, median, timed

ROUNDS = 40
VARIABLES = 200
SCOPES = (("project", ""), ("workflow", "hook"))
HOOK = """
id: hook
inputs: {amount: {type: number, default: 70}, user: {type: string, default: ada}}
nodes:
  start: {kind: trigger.manual, next: clean}
  clean: {kind: action.transform, config: {set: {amount: "{{ inputs.amount * 1.2 }}"}}, next: large}
  large: {kind: logic.condition, config: {condition: "nodes.clean.value.amount > 50"}, next: {true: vip, false: plain}}
  vip: {kind: action.transform, config: {value: "vars.project.v7"}, next: keep}
  plain: {kind: action.transform, config: {value: "'plain'"}, next: keep}
  keep: {kind: action.set_variable, config: {name: last, value: "{{ nodes.clean.value.amount }}"}, next: tell}
  tell: {kind: action.transform, config: {set: {text: "Thanks, {{ inputs.user }}: {{ nodes.clean.value.amount }}"}}, next: done}
  done: {kind: flow.end, config: {result: "nodes.tell.value.text"}}
"""

Start = Callable[[], Awaitable[Any]]


async def measure(folder: Path) -> list[Figure]:
    """Return the medians of each way to start, taken in turns."""
    async with Parts(folder, Settings(owner_linger_seconds=0.2)) as parts:
        plan = await parts.workflows.register(Document.parse(HOOK))
        await _fill(parts)
        ways: dict[str, tuple[bool, bool, bool]] = {
            "as it is": (True, True, True),
            "without caching": (False, True, True),
            "without batching": (True, False, True),
            "without lazy variables": (True, True, False),
            "without all three": (False, False, False),
        }
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                spent[name].append(await _start(parts, plan.digest, way))
    found = {name: median(lengths) for name, lengths in spent.items()}
    saved = 100 * (1 - found["as it is"] / found["without all three"])
    return [
        *(Figure(f"start to result, {name}", value * 1e3, "ms") for name, value in found.items()),
        Figure("saved by the three", saved, "%", at_least=50),
    ]


async def _fill(parts: Parts) -> None:
    for scope, owner in SCOPES:
        for number in range(VARIABLES // len(SCOPES)):
            await parts.store.variables.set(
                Variable(scope, owner, f"v{number}", {"n": number}, None)
            )


async def _start(parts: Parts, version: str, way: tuple[bool, bool, bool]) -> float:
    is_cached, is_batched, is_lazy = way
    journal = parts.store.journal
    plain = journal.append
    if not is_batched:
        journal.append = _one_by_one(plain)  # type: ignore[method-assign]  # batching, taken away
    try:
        return await timed(lambda: _once(parts, version, is_cached=is_cached, is_lazy=is_lazy))
    finally:
        journal.append = plain  # type: ignore[method-assign]  # as above


async def _once(parts: Parts, version: str, *, is_cached: bool, is_lazy: bool) -> None:
    if not is_cached:
        parts.workflows._plans.drop("hook")
    if not is_lazy:
        for scope, owner in SCOPES:
            await parts.store.variables.all(scope, owner)
    started = await parts.executions.start_plan(await parts.workflows.plan(version))
    assert started.handle is not None
    outcome = await started.handle.outcome()
    assert outcome.status == "succeeded", outcome.error


def _one_by_one(append: Any) -> Any:
    """Return an append that waits for the disk after each event."""

    async def each(
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None,
        taken: Sequence[int],
        before: Any,
    ) -> None:
        if before is not None:
            await before
        for entry in entries[:-1]:
            await append(lease, [entry])
        await append(lease, entries[-1:], head, taken=taken)

    latest: dict[str, asyncio.Task[None]] = {}

    def appended(
        lease: Lease,
        entries: Sequence[Entry],
        head: Head | None = None,
        *,
        taken: Sequence[int] = (),
    ) -> "asyncio.Future[None]":
        before = latest.get(lease.execution_id)
        task = asyncio.create_task(each(lease, entries, head, taken, before))
        latest[lease.execution_id] = task
        return task

    return appended
