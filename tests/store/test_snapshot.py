"""Copies of a journal that is being written: each holds all that was acknowledged before it."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from flowforge_lab.errors import StoreUnavailableError
from flowforge_lab.store.snapshot import SnapshotReader, copy_journal

from .rows import Story


@pytest.mark.slow
def test_a_copy_made_while_somebody_writes_holds_what_was_acknowledged_before(open_lab, tmp_path):
    folder = tmp_path / ".flowforge"
    store = open_lab(folder)

    async def work():
        story = await Story(store).begin()
        counts = []
        for visit in range(1, 600):
            await story.step(visit, outputs="y" * 20_000)
            if visit % 60 == 0:
                writing = asyncio.create_task(story.step(10_000 + visit, outputs="y" * 20_000))
                counts.append((2 * visit, *await asyncio.to_thread(looked, folder)))
                await writing
        return counts

    counts = asyncio.run(work())

    assert all(found >= told and integrity == ["ok"] for told, found, integrity in counts)


def looked(folder):
    reader = SnapshotReader(folder)
    try:
        [[position]] = reader.ask("last_position", {}, kind=list[list[int]])
        return position, reader.ask("integrity", {}, kind=list[str])
    finally:
        reader.close()


BUSY = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("pragma journal_mode = wal")
db.execute("pragma wal_autocheckpoint = 20")
db.execute("create table rows(id integer primary key, filling blob)")
db.execute("insert into rows(filling) values (zeroblob(60000000))")
db.execute("delete from rows")
number = 0
while True:
    db.execute("insert into rows(id, filling) values (?, randomblob(9000))", [number := number + 1])
    print(number, flush=True)
    if number > 500:
        db.execute("delete from rows where id = ?", [number - 500])
"""


@pytest.mark.slow
def test_a_copy_is_whole_or_refused_however_much_is_written_meanwhile(tmp_path):
    source, target = tmp_path / "lab", tmp_path / "copy"
    source.mkdir()
    target.mkdir()
    command = [sys.executable, "-c", BUSY, str(source / "journal.db")]
    told = []

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as busy:
        reading = threading.Thread(target=lambda: told.extend(busy.stdout), daemon=True)
        reading.start()
        while len(told) < 50:
            time.sleep(0.01)
        found = [copied(source, target, told) for _ in range(8)]
        busy.kill()
        reading.join()

    assert set(found) <= {"whole", "refused"}


def copied(source, target, told):
    before = len(told)
    try:
        copy_journal(source, target, tries=5)
    except StoreUnavailableError:
        return "refused"
    copy = sqlite3.connect(target / "journal.db")
    try:
        [newest] = copy.execute("select max(id) from rows").fetchone()
        [integrity] = copy.execute("pragma integrity_check").fetchone()
        return "whole" if integrity == "ok" and newest >= before else (integrity, newest, before)
    finally:
        copy.close()
        (target / "journal.db-shm").unlink(missing_ok=True)
