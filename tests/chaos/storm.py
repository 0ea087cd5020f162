"""The processes of the storm: `python storm.py ROLE FOLDER LOG`; each may be killed at any moment."""

import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Head, Lease, NewExecution
from flowforge_lab.errors import LeaseLostError, StoreError
from flowforge_lab.events import (
    Entry,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    VisitStarted,
    VisitSucceeded,
)
from flowforge_lab.ids import new_id
from flowforge_lab.store import Store, Terms, open_store
from flowforge_lab.testing.suite import claim

TERMS = Terms(linger=5.0, grace=0.5, comeback=1.5, lease=2.0)
EVENTS = 20
COROUTINES = 16


def now() -> int:
    return time.time_ns() // 1000


def event_at(seq: int) -> Event:
    """Return the event every execution has at a number, whoever writes it."""
    if seq == 1:
        return ExecutionStarted("storm", "d" * 64, "manual")
    if seq == EVENTS:
        return ExecutionFinished("succeeded", "storm", "d" * 64, "manual", now(), 1.0)
    visit = seq // 2
    if seq % 2 == 0:
        return VisitStarted(visit, f"n{visit}", "data.frame")
    return VisitSucceeded(visit, f"n{visit}", "data.frame", "out", "x" * 64, now(), 0.1)


class StormWriter:
    """Starts executions, goes on with orphaned ones, and notes every acknowledgement."""

    def __init__(self, store: Store, log: Path) -> None:
        self.journal = store.journal
        self.log = log.open("a", buffering=1)
        self.leases: dict[str, Lease] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(COROUTINES):
                tasks.create_task(self.start_forever())
            tasks.create_task(self.adopt_forever())
            tasks.create_task(self.renew_forever())

    async def start_forever(self) -> None:
        while True:
            new = NewExecution(new_id(), "storm", "d" * 64, "manual", now())
            first = Entry(new.id, 1, new_id(), now(), event_at(1))
            with contextlib.suppress(LeaseLostError):
                admission = await self.journal.start(new, [first], Head("running"))
                assert admission.lease is not None
                self.note(first)
                await self.go_on(admission.lease, 2)

    async def adopt_forever(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            for due in await self.journal.due(now(), 20):
                lease = await claim(self.journal, due.execution_id)
                if lease is None:
                    continue
                self.log.write("adopted\n")
                entries = await self.journal.read(due.execution_id)
                with contextlib.suppress(LeaseLostError):
                    await self.go_on(lease, len(entries) + 1)

    async def go_on(self, lease: Lease, seq: int) -> None:
        self.leases[lease.execution_id] = lease
        try:
            while seq <= EVENTS:
                count = min(random.choice((1, 1, 2, 3)), EVENTS - seq + 1)
                numbers = range(seq, seq + count)
                entries = [
                    Entry(lease.execution_id, number, new_id(), now(), event_at(number))
                    for number in numbers
                ]
                seq += count
                head = Head("succeeded", finished_at=now()) if seq > EVENTS else None
                await self.journal.append(lease, entries, head)
                for entry in entries:
                    self.note(entry)
        except LeaseLostError:
            self.log.write("lost-lease\n")
            raise
        finally:
            self.leases.pop(lease.execution_id, None)

    async def renew_forever(self) -> None:
        while True:
            await asyncio.sleep(0.4)
            await self.journal.renew(list(self.leases.values()))

    def note(self, entry: Entry) -> None:
        self.log.write(f"{entry.execution_id} {entry.seq} {entry.event_id} .\n")


def write(folder: Path, log: Path) -> None:
    store = open_store(folder, clock=SystemClock(), terms=TERMS)
    asyncio.run(StormWriter(store, log).run())


def seal(folder: Path, log: Path) -> None:
    store = open_store(folder, clock=SystemClock(), terms=TERMS)
    with log.open("a", buffering=1) as out:
        while True:
            sealed = store.sealer.seal(min_rows=500)
            merged = store.sealer.merge()
            store.publisher.publish(at_most_every=2.0)
            if sealed:
                out.write(f"sealed {sealed.rows} merged {merged}\n")
            time.sleep(0.2)


def copy(folder: Path, log: Path) -> None:
    while True:
        with tempfile.TemporaryDirectory() as place:
            with contextlib.suppress(shutil.Error, OSError):
                shutil.copytree(folder, Path(place) / "copy")
            with log.open("a") as out:
                out.write("copied\n")
        time.sleep(random.uniform(0.0, 0.5))


def check(folder: Path, log: Path) -> None:
    """Look all the time whether counts go up only, and nothing is twice or missing in the middle."""
    store = open_store(folder, clock=SystemClock(), terms=TERMS)
    before = 0
    while True:
        database = store.history.connect()
        total, distinct = database.execute(
            "select count(*), count(distinct (execution_id, seq)) from events"
        ).fetchall()[0]
        [(holes,)] = database.execute(
            "select count(*) from (select 1 from events group by execution_id"
            " having max(seq) <> count(*))"
        ).fetchall()
        with log.open("a") as out:
            if total != distinct or total < before or holes:
                out.write(
                    f"BROKEN total {total} distinct {distinct} before {before} holes {holes}\n"
                )
            out.write(f"checked {total}\n")
        before = total
        time.sleep(0.1)


ROLES = {"write": write, "seal": seal, "copy": copy, "check": check}

if __name__ == "__main__":
    try:
        ROLES[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    except* StoreError as errors:
        Path(sys.argv[3]).with_suffix(".error").write_text(repr(errors.exceptions))
        raise
