import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowforge_lab.cli import main

ROOT = Path(__file__).parents[2]
FLOWFORGE = (sys.executable, "-m", "flowforge_lab.cli")
HELLO = """\
inputs: {name: {type: string, default: world}, times: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: greet}
  greet: {kind: action.transform, config: {value: "'hello ' + inputs.name"}, next: done}
  done: {kind: flow.end, config: {result: nodes.greet.value}}
"""
FAILS = """\
nodes:
  start: {kind: trigger.manual, next: read}
  read: {kind: sql.query, config: {sql: "SELECT * FROM nowhere"}}
"""
TICKS = """\
nodes:
  tick: {kind: trigger.schedule, config: {cron: "* * * * * *"}, next: work}
  work: {kind: action.transform, config: {value: trigger.due_at}}
"""
SLOW = """\
nodes:
  start: {kind: trigger.manual, next: first}
  first: {kind: action.transform, config: {value: "'done once'"}, next: nap}
  nap: {kind: test.nap, config: {seconds: %s}, next: last}
  last: {kind: action.transform, config: {value: nodes.first.value}}
"""
NAP = '''\
"""Sleep."""

import asyncio

from pydantic import Field

from flowforge_lab.nodes import Attempt, Model, NoInputs, node_type


class Config(Model):
    """How long."""

    seconds: float = Field(description="How long.")


class Outputs(Model):
    """Nothing."""


@node_type("test.nap", title="Nap", outputs=Outputs)
async def nap(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Sleep."""
    attempt.log("sleeping")
    await asyncio.sleep(config.seconds)
    return Outputs()
'''


@dataclass
class Answer:
    """What a call of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error(self):
        return json.loads(self.err)["error"]


@pytest.fixture(autouse=True)
def _short_lived_owner(monkeypatch):
    monkeypatch.setenv("FLOWFORGE_OWNER_LINGER_SECONDS", "0.5")
    monkeypatch.setenv("FLOWFORGE_POLL_SECONDS", "0.05")
    monkeypatch.delenv("FLOWFORGE_LAB", raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a few workflows, and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.flow.yaml").write_text(HELLO)
    (tmp_path / "fails.flow.yaml").write_text(FAILS)
    (tmp_path / "ticks.flow.yaml").write_text(TICKS)
    return tmp_path


@pytest.fixture
def flowforge(folder, capsys):
    """Call the program in this process."""

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(int(left.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def process(folder):
    """Start the program as a process of its own; what still runs at the end is killed."""
    started = []

    def start(*arguments, program=FLOWFORGE, **options):
        command = [*program, *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "FLOWFORGE_LEASE_SECONDS": "2"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        child = subprocess.Popen(command, cwd=folder, env=environment, **{**pipes, **options})
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture
def slow_workflow(folder):
    """A workflow whose second step sleeps for the seconds asked for."""
    (folder / "nodes").mkdir()
    (folder / "nodes" / "nap.py").write_text(NAP)

    def write(seconds):
        path = folder / "slow.flow.yaml"
        path.write_text(SLOW % seconds)
        return path

    return write


@pytest.fixture
def kinds(folder):
    """The node types of the engine's tests, as the lab's own."""
    (folder / "nodes").symlink_to(ROOT / "tests" / "kinds")
