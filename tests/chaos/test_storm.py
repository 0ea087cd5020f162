"""Writers, owner and sealer are killed at random, one writer is stopped past its lease, a copier copies."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.store import open_store

from .storm import TERMS

SECONDS = float(os.environ.get("FLOWFORGE_CHAOS_SECONDS", "60"))
WRITERS = 3
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(SECONDS + 240)]


class Storm:
    """All processes around one lab, and what happened to them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / ".flowforge"
        self.running: dict[str, list[subprocess.Popen[bytes]]] = {}
        self.logs: dict[str, list[Path]] = {}
        self.kills: Counter[str] = Counter()

    def spawn(self, role: str) -> subprocess.Popen[bytes]:
        log = self.place / f"{role}-{len(self.logs.setdefault(role, []))}.log"
        self.logs[role].append(log)
        command = [sys.executable, "-m", "tests.chaos.storm", role, str(self.folder), str(log)]
        with log.with_suffix(".stderr").open("wb") as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        self.running.setdefault(role, []).append(process)
        return process

    def kill(self, role: str) -> None:
        victim = self.running[role].pop(random.randrange(len(self.running[role])))
        victim.kill()
        victim.wait()
        self.kills[role] += 1
        self.spawn(role)

    def kill_a_sealer_that_has_sealed(self) -> None:
        log = self.logs["seal"][-1]
        if log.exists() and log.read_text():
            self.kill("seal")

    def kill_owner(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(json.loads((self.folder / "owner.json").read_text())["pid"], signal.SIGKILL)
            self.kills["owner"] += 1

    def stop_a_writer(self, seconds: float) -> None:
        victim = self.running["write"][0]
        victim.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        victim.send_signal(signal.SIGCONT)
        self.kills["stop"] += 1
        time.sleep(1.0)  # it must find out by itself what it has lost

    def end(self) -> None:
        for processes in self.running.values():
            for process in processes:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()

    def lines(self, role: str) -> list[str]:
        return [
            line
            for log in self.logs[role]
            if log.exists()
            for line in log.read_text().splitlines()
        ]

    def acknowledged(self) -> set[tuple[str, int, str]]:
        parts = (line.split() for line in self.lines("write"))
        return {(p[0], int(p[1]), p[2]) for p in parts if len(p) == 4 and p[3] == "."}


def rage(storm: Storm, seconds: float) -> None:
    end = time.monotonic() + seconds
    stop_at = time.monotonic() + seconds / 3
    while time.monotonic() < end:
        time.sleep(random.uniform(0.4, 1.2))
        if time.monotonic() > stop_at:
            storm.stop_a_writer(TERMS.lease * 2)
            stop_at = time.monotonic() + seconds / 2
        random.choice(
            [storm.kill_owner, lambda: storm.kill("write"), storm.kill_a_sealer_that_has_sealed]
        )()


@pytest.fixture
def storm(tmp_path: Path):
    storm = Storm(tmp_path)
    open_store(storm.folder, clock=SystemClock(), terms=TERMS).close()
    for role in ("write",) * WRITERS + ("seal", "copy", "check"):
        storm.spawn(role)
    yield storm
    storm.end()


def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(storm: Storm, capsys):
    rage(storm, SECONDS)
    storm.end()

    store = open_store(storm.folder, clock=SystemClock(), terms=TERMS)
    rows = (
        store.history.connect()
        .execute("select execution_id, seq, event_id from events order by id")
        .fetchall()
    )
    acknowledged = storm.acknowledged()
    integrity = store._reader.ask("integrity", {}, kind=list)
    segments = store._reader.ask("list_segments", {}, kind=list)
    some = random.sample(sorted({row[0] for row in rows}), 50)
    read = {name: asyncio.run(store.journal.read(name)) for name in some}
    store.close()
    adopted = storm.lines("write").count("adopted")
    with capsys.disabled():
        checks = len([line for line in storm.lines("check") if line.startswith("checked")])
        print(
            f"\nstorm of {SECONDS:.0f} s: kills {dict(storm.kills)}, acknowledged"
            f" {len(acknowledged)} ({len(acknowledged) / SECONDS:.0f}/s), rows {len(rows)},"
            f" lost leases {storm.lines('write').count('lost-lease')}, adopted {adopted},"
            f" segments {len(segments)},"
            f" sealings {len(storm.lines('seal'))}, copies {len(storm.lines('copy'))}, checks {checks}"
        )

    assert acknowledged
    assert acknowledged - set(rows) == set()
    assert len(rows) == len({row[:2] for row in rows})
    assert holes(rows) == []
    assert integrity == ["ok"]
    assert [line for line in storm.lines("check") if line.startswith("BROKEN")] == []
    assert checks > SECONDS / 10
    assert adopted
    assert [p.read_text() for p in storm.place.glob("*.error")] == []
    for name, entries in read.items():
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1)), name


def holes(rows: list[tuple[str, int, str]]) -> list[str]:
    """Return the executions whose numbers, in journal order, are not 1, 2, 3, ..."""
    next_seq: Counter[str] = Counter()
    wrong = []
    for execution_id, seq, _event_id in rows:
        next_seq[execution_id] += 1
        if seq != next_seq[execution_id]:
            wrong.append(execution_id)
    return wrong
