"""A journal that the first version wrote, kept as `journal-1.sql`, opened by this one."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from flowforge_lab.engine import Head
from flowforge_lab.errors import StoreVersionError
from flowforge_lab.events import Entry, ExecutionResumed
from flowforge_lab.store import Activation, ExecutionHead
from flowforge_lab.store.owner.database import SCHEMA, RefusedError, open_database
from flowforge_lab.store.snapshot import SnapshotReader
from flowforge_lab.testing.suite import claim

AT = 1_790_000_000_000_000
SUCCEEDED, FAILED, WAITING, RUNNING, QUEUED = (
    f"0199a000-0000-7000-8000-00000000000{number}" for number in range(1, 6)
)
EVERYTHING = {"statuses": "[]", "workflow_id": "", "limit": 9, "before": ""}


@pytest.fixture
def first_version(folder: Path) -> Path:
    """The lab of a user who upgrades, with its journal as it lay on disk."""
    folder.mkdir(mode=0o700)
    script = (Path(__file__).parent / "journal-1.sql").read_text("utf-8")
    with sqlite3.connect(folder / "journal.db") as database:
        database.executescript(script)
    database.close()
    return folder


def test_every_execution_of_the_first_version_is_still_there(first_version, open_lab):
    journal = open_lab().journal

    async def work():
        heads = await journal.list_heads()
        return heads, [len(await journal.read(head.id)) for head in heads]

    heads, counts = asyncio.run(work())
    statuses = ["queued", "running", "waiting", "failed", "succeeded"]
    assert [head.status for head in heads] == statuses
    assert counts == [1, 2, 3, 2, 4]
    assert {(head.parent, head.origin, head.priority, head.slot) for head in heads} == {
        ("", "", 0, "")
    }


@pytest.mark.slow
def test_unfinished_executions_of_the_first_version_go_on(first_version, open_lab):
    journal = open_lab().journal

    async def work():
        await asyncio.sleep(0.7)  # whoever ran it has this long to come back
        due = {item.execution_id: item.reason for item in await journal.due(AT + 50)}
        lease = await claim(journal, WAITING)
        await journal.append(
            lease, [Entry(WAITING, 4, "new", AT, ExecutionResumed())], Head("paused")
        )
        queued = await claim(journal, QUEUED)
        return due, await journal.renew([queued]), await journal.find_head(WAITING)

    due, [signal], head = asyncio.run(work())
    assert due == {RUNNING: "orphaned", WAITING: "woken", QUEUED: "queued"}
    assert (signal.kind, signal.payload) == ("cancel", "too late")
    assert head.status == "paused"


def test_what_else_the_first_version_knew_is_kept(first_version, open_lab):
    store = open_lab()

    async def work():
        return (
            await store.variables.increment(("user", "ann", "count")),
            await store.catalogue.list_activations("greet"),
            await store.journal.list_dead_letters(),
            [schedule.next_at for schedule in await store.schedules.all()],
        )

    count, activations, [letter], fires = asyncio.run(work())
    assert count == 42
    assert activations == [Activation("greet", "d" * 64, AT + 9, "")]
    assert (letter.execution_id, letter.error) == (FAILED, "It broke")
    assert fires == [AT + 99]


def test_a_first_version_that_may_only_be_read_is_read(first_version):
    before = (first_version / "journal.db").read_bytes()
    reader = SnapshotReader(first_version)

    heads = reader.ask("list_heads", EVERYTHING, kind=list[ExecutionHead])
    reader.close()

    assert len(heads) == 5
    assert (first_version / "journal.db").read_bytes() == before


def test_a_newer_version_that_may_only_be_read_is_refused(first_version):
    with sqlite3.connect(first_version / "journal.db") as database:
        database.execute("pragma user_version = 99")
    database.close()

    with pytest.raises(StoreVersionError, match="upgrade"):
        SnapshotReader(first_version)


def test_a_step_that_breaks_off_leaves_the_old_version(first_version):
    with sqlite3.connect(first_version / "journal.db") as database:
        database.execute("create table waits(in_the_way integer)")
    database.close()

    with pytest.raises(RefusedError):
        open_database(first_version)

    with sqlite3.connect(first_version / "journal.db") as database:
        [version] = database.execute("pragma user_version").fetchone()
        columns = [row[1] for row in database.execute("pragma table_info(executions)")]
    database.close()
    assert version == 1
    assert "slot" not in columns


def test_a_new_journal_has_the_tables_of_an_upgraded_one(first_version, tmp_path):
    (tmp_path / "new").mkdir()
    bases = [open_database(place) for place in (first_version, tmp_path / "new")]
    query = (
        "select type, name, sql from sqlite_master where name not like 'sqlite_%' order by name"
    )

    upgraded, new = [base.execute(query).fetchall() for base in bases]
    versions = [base.execute("pragma user_version").fetchone()[0] for base in bases]
    for base in bases:
        base.close()
    assert upgraded == new
    assert versions == [SCHEMA, SCHEMA]
