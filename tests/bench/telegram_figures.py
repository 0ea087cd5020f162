"""How many updates a second find their workflow: the decision alone, and with an execution stored for each."""

import asyncio
import random
import resource
import tempfile
import time
from pathlib import Path

import msgspec

from flowforge_lab.lab.parts import Parts
from flowforge_lab.settings import Settings
from flowforge_lab.testing import TelegramServer
from flowforge_lab.triggers import Route, Router, read_update

_WORKFLOWS = 50
FLOW = """\
flowforge: 1
id: {id}
nodes:
  start: {{kind: trigger.{kind}, config: {config}, next: done}}
  done: {{kind: action.transform, config: {{value: trigger.text}}}}
"""
TOML = (
    '[connections.shop]\nkind = "telegram"\ntoken = "1:x"\nbase_url = "{url}"\nupdates = "none"\n'
)


class RouterFigures(msgspec.Struct, frozen=True):
    """Updates a second; `cpu_ms` is the time of this process for one update that starts an execution."""

    decided: float
    started: float
    cpu_ms: float


def routes():
    """Return the triggers of 50 workflows: commands, patterns, kinds, buttons, one that takes the rest."""
    found = [Route("shop", "rest", "d", "start", "trigger.message", priority=-100)]
    for number in range(_WORKFLOWS):
        found.append(
            Route("shop", f"c{number}", "d", "start", "trigger.command", command=f"c{number}")
        )
        found.append(
            Route(
                "shop", f"p{number}", "d", "start", "trigger.message", pattern=rf"^topic{number}\b"
            )
        )
        found.append(
            Route(
                "shop", f"b{number}", "d", "start", "trigger.callback", pattern=rf"b{number}:\d+"
            )
        )
    return found


def update(number, chance):
    """Return an update and the workflow that must get it."""
    which = chance.randrange(_WORKFLOWS)
    kind = chance.choice("cpbr")
    sender = {"id": number, "is_bot": False, "first_name": "A"}
    message = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": number, "type": "private"},
        "from": sender,
    }
    if kind == "b":
        query = {"id": "1", "from": sender, "message": message, "data": f"b{which}:5"}
        return {"update_id": number, "callback_query": query}, f"b{which}"
    text = {"c": f"/c{which} now", "p": f"topic{which} hello", "r": "something else"}[kind]
    return {
        "update_id": number,
        "message": message | {"text": text},
    }, "rest" if kind == "r" else f"{kind}{which}"


def decide(count=20_000):
    """Return how many updates a second are read and find their workflow, each the right one."""
    router, chance = Router(routes(), username="shop"), random.Random(1)
    work = [update(number, chance) for number in range(1, count + 1)]
    started = time.process_time()
    found = [router.find(read_update(one)).route.workflow_id for one, _ in work]
    seconds = time.process_time() - started
    assert found == [workflow for _, workflow in work]
    return count / seconds


async def start(folder, url, count=4_000, batch=100):
    """Return updates a second that start an execution each, and CPU milliseconds of this process for one."""
    (folder / ".flowforge").mkdir()
    (folder / ".flowforge" / "flowforge.toml").write_text(TOML.format(url=url))
    chance = random.Random(2)
    async with Parts(folder, Settings(max_running=20_000)) as parts:
        for number in range(_WORKFLOWS):
            for name, kind, config in (
                (f"c{number}", "command", f"{{command: c{number}}}"),
                (f"p{number}", "message", f'{{pattern: "^topic{number}\\\\b"}}'),
            ):
                path = folder / f"{name}.flow.yaml"
                path.write_text(FLOW.format(id=name, kind=kind, config=config))
                await parts.workflows.activate(path)
        work = [
            one
            for one in (update(number, chance) for number in range(1, 3 * count))
            if one[1][0] in "cp"
        ][:count]
        await parts.bots.routing.router("shop")
        began, cpu = time.perf_counter(), _cpu()
        became = []
        for first in range(0, count, batch):
            became += await parts.bots.take_all(
                "shop", [one for one, _ in work[first : first + batch]]
            )
        seconds, used = time.perf_counter() - began, _cpu() - cpu
        assert [one.workflow_id for one in became] == [workflow for _, workflow in work]
    return count / seconds, used / count * 1000


def _cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure():
    """Return all figures."""
    with TelegramServer() as server, tempfile.TemporaryDirectory() as folder:
        server.add_bot("1:x", username="shop")
        started, cpu_ms = asyncio.run(start(Path(folder), server.url))
    return RouterFigures(decide(), started, cpu_ms)


if __name__ == "__main__":
    print(measure())
