"""A thousand executions of ten steps, two of which wait 50 ms for a server, and their backtest."""

import asyncio
import time
from pathlib import Path

from flowforge_lab.engine import Start
from flowforge_lab.lab import Parts
from flowforge_lab.lab.hindsight import backtests_of
from flowforge_lab.settings import Settings
from flowforge_lab.spec import Document
from flowforge_lab.testing import LocalServer, Reply

from .figures import Figure

EXECUTIONS = 1_000
ANSWER_SECONDS = 0.050
TEXT = """
id: ten
inputs: {{n: {{type: integer, default: 1}}}}
nodes:
  start: {{kind: trigger.manual, next: a}}
  a: {{kind: action.transform, config: {{value: inputs.n + 1}}, next: ask}}
  ask: {{kind: action.http_request, config: {{url: "{url}", allow_private: true}}, next: b}}
  b: {{kind: action.transform, config: {{value: nodes.a.value * 2}}, next: large}}
  large: {{kind: logic.condition, config: {{condition: nodes.b.value > 1000}}, next: {{"true": c, "false": d}}}}
  c: {{kind: action.transform, config: {{value: "'large'"}}, next: look}}
  d: {{kind: action.transform, config: {{value: "'small'"}}, next: look}}
  look: {{kind: action.http_request, config: {{url: "{url}?n={{{{ inputs.n }}}}", allow_private: true}}, next: keep}}
  keep: {{kind: action.set_variable, config: {{name: seen, value: "{{{{ nodes.b.value }}}}"}}, next: e}}
  e: {{kind: action.transform, config: {{set: {{text: "{{{{ nodes.look.status }}}}: {{{{ nodes.b.value }}}}"}}}}, next: done}}
  done: {{kind: flow.end, config: {{result: {result}}}}}
"""


async def measure(folder: Path) -> list[Figure]:
    """Return how much quicker the backtest is than the executions were, one after the other."""
    settings = Settings(owner_linger_seconds=0.2)
    async with Parts(folder, settings) as parts, LocalServer() as server:
        server.tell("/", Reply(body=b"{}", delay=ANSWER_SECONDS))
        text = TEXT.format(url=server.url("/"), result="nodes.e.value.text")
        began = time.perf_counter()
        await _run(parts, text)
        taken = time.perf_counter() - began
        await asyncio.to_thread(
            parts.store.history.rows, "select 1"
        )  # DuckDB is imported, the tail read
        edited = Document.parse(text.replace("* 2", "* 3"))
        found = await backtests_of(parts).run(edited)
    if (len(found), found.changed) != (EXECUTIONS, EXECUTIONS):
        msg = f"{len(found)} tried, {found.changed} changed"
        raise ValueError(msg)
    return [
        Figure("backtest of 1,000 executions of ten steps", found.seconds, "s"),
        Figure("the executions themselves, to that", taken / found.seconds, "times", at_least=20),
        Figure("their durations, to that", found.recorded_seconds / found.seconds, "times"),
    ]


async def _run(parts: Parts, text: str) -> None:
    plan = await parts.workflows.register(Document.parse(text))
    for n in range(EXECUTIONS):
        outcome = await parts.executions.wait(
            await parts.executions.begin(plan, Start(inputs={"n": n}))
        )
        if outcome.status != "succeeded":
            raise ValueError(outcome)
