"""Two labs in separate folders, one PostgreSQL between them: hosts are killed, and the database too."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from flowforge_lab import open_lab
from flowforge_lab.lab import set_up_lab_database
from flowforge_lab.settings import Settings
from tests.patience import wait_for

from .test_engine_storm import WORKFLOW, Receiver, failures, finish

SECONDS = float(os.environ.get("FLOWFORGE_CHAOS_SECONDS", "60"))
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(SECONDS + 300)]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


class TwoMachines:
    """Hosts with a lab folder of their own each, as on two machines; only database and files are shared."""

    def __init__(self, place: Path, url: str) -> None:
        self.place = place
        self.facts = {
            "database_url": url,
            "shared_folder": str(place / "shared"),
            "lease_seconds": 2,
            "poll_seconds": 0.1,
            "private_addresses_allowed": True,
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.logs: list[Path] = []
        self.kills: Counter[str] = Counter()

    @property
    def settings(self) -> Settings:
        return Settings(**self.facts)

    def add_lab(self, name: str, workflow: str) -> Path:
        folder = self.place / name
        folder.mkdir()
        (folder / "storm.flow.yaml").write_text(workflow)
        return folder

    def spawn(self, name: str) -> None:
        log = self.place / f"{name}-{len(self.logs)}.log"
        self.logs.append(log)
        told = {f"FLOWFORGE_{key.upper()}": str(value) for key, value in self.facts.items()}
        command = [
            sys.executable,
            "-m",
            "tests.chaos.engine_storm",
            str(self.place / name),
            str(log),
        ]
        with log.with_suffix(".stderr").open("wb") as errors:
            self.running[name] = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=errors, env=os.environ | told
            )

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()
        self.kills[name] += 1

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def started(self, name: str = "") -> set[str]:
        logs = [log for log in self.logs if log.exists() and log.name.startswith(name)]
        return {line for log in logs for line in log.read_text().split()}


@pytest.fixture
def machines(tmp_path, postgres, receiver):
    machines = TwoMachines(tmp_path, postgres.new_database())
    set_up_lab_database(machines.settings)
    for name in ("one", "two"):
        machines.add_lab(name, WORKFLOW.format(url=receiver.url))
    yield machines
    machines.end()


def test_what_one_machine_left_the_other_brings_to_its_end(machines, receiver):
    machines.spawn("one")
    wait_for(lambda: len(machines.started("one")) > 60, 90)
    machines.kill("one")
    left = machines.started("one")

    with open_lab(machines.place / "two", settings=machines.settings) as lab:
        taken_over = [head.id for head in lab.heads(limit=100_000) if not head.is_finished]
        finish(lab)
        heads = {head.id: head for head in lab.heads(limit=100_000)}

    assert len(taken_over) > 5
    assert left <= set(heads)
    assert {head.status for head in heads.values()} == {"succeeded"}, failures(heads)
    assert min(heads[one].epoch for one in taken_over) > 1
    assert_one_key_each(receiver, heads)


def test_both_are_killed_again_and_again_and_the_database_too(
    machines, receiver, postgres, capsys
):
    for name in ("one", "two"):
        machines.spawn(name)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(2)
        victim = random.choice(["one", "two", "one", "two", "database"])
        if victim == "database":
            postgres.restart()
            machines.kills["database"] += 1
        else:
            machines.kill(victim)
            machines.spawn(victim)
    machines.end()

    with open_lab(machines.place / "two", settings=machines.settings) as lab:
        finish(lab)
        heads = {head.id: head for head in lab.heads(limit=1_000_000)}
    repeated = sum(receiver.calls.values()) - len(receiver.calls)
    with capsys.disabled():
        print(
            f"\ntwo labs, {SECONDS:.0f} s: kills {dict(machines.kills)}, executions {len(heads)},"
            f" effects {len(receiver.calls)}, repeated calls {repeated}"
        )

    assert len(heads) > SECONDS
    assert machines.started() <= set(heads)
    assert {head.status for head in heads.values()} == {"succeeded"}, failures(heads)
    assert_one_key_each(receiver, heads)


def assert_one_key_each(receiver: Receiver, heads: dict) -> None:
    """Every effect that was wanted was asked for, and never under two keys."""
    assert {key for key, found in receiver.keys.items() if len(found) > 1} == set()
    assert {(id, index) for id in heads for index in range(3)} == set(receiver.keys)
