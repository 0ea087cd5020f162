"""The tables in PostgreSQL: made, raised, refused, and equal to those of the owner's file."""

import asyncio
import threading
from pathlib import Path

import psycopg
import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import StoreUnavailableError, StoreVersionError
from flowforge_lab.store import Target, UserRow, look_at_database, open_store, set_up_database
from flowforge_lab.store.owner.database import open_database
from flowforge_lab.store.postgres.schema import MIGRATIONS

pytestmark = pytest.mark.slow
SCHEMA = len(MIGRATIONS)
ONLY_IN_POSTGRES = {("turns", "base"), ("executions", "lease_until")}


def connect(target: Target) -> psycopg.Connection:
    connection = psycopg.connect(target.url, autocommit=True)
    connection.execute(f"set search_path to {target.schema}")
    return connection


def test_tables_and_columns_are_those_of_the_owner_in_the_same_order(target, tmp_path):
    with connect(target) as database:
        found = database.execute(
            """select table_name, column_name from information_schema.columns
              where table_schema = %s order by table_name, ordinal_position""",
            [target.schema],
        ).fetchall()

    assert [pair for pair in found if pair not in ONLY_IN_POSTGRES] == owner_columns(tmp_path)


def owner_columns(folder: Path) -> list[tuple[str, str]]:
    database = open_database(folder)
    tables = database.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by 1"
    ).fetchall()
    columns = [
        (table, row[1])
        for (table,) in tables
        for row in database.execute(f"pragma table_info({table})")
    ]
    database.close()
    return columns


def test_setting_up_twice_changes_nothing(target):
    again = set_up_database(target)

    assert again.was == again.version
    assert again.lab_id == look_at_database(target).lab_id != ""


def test_many_who_set_up_at_once_make_one_lab(postgres):
    target = Target(postgres.url(), schema="at_once")
    found = []

    def work() -> None:
        found.append(set_up_database(target))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({done.lab_id for done in found}) == 1
    assert sorted(done.was for done in found) == [0, *[SCHEMA] * 5]


def test_a_database_without_a_lab_says_how_to_make_one(postgres, folder):
    target = Target(postgres.url(), schema="nothing_here")

    with pytest.raises(StoreUnavailableError, match="flowforge db setup"):
        open_store(folder, clock=SystemClock(), target=target)
    assert look_at_database(target).version == 0


@pytest.mark.parametrize("version", [SCHEMA + 1, 99])
def test_tables_of_a_newer_version_are_not_touched(target, folder, version):
    with connect(target) as database:
        database.execute("update meta set value = %s where name = 'schema'", [str(version)])

    with pytest.raises(StoreVersionError, match="upgrade"):
        open_store(folder, clock=SystemClock(), target=target)
    with pytest.raises(StoreVersionError, match="upgrade"):
        set_up_database(target)


def test_tables_of_the_first_version_are_raised_with_what_is_in_them(postgres, folder):
    target = Target(postgres.url(), schema="of_the_first_version")
    with connect(target) as database:
        database.execute(f"create schema {target.schema}")
        database.execute(MIGRATIONS[0])
        database.execute("insert into meta values ('schema', '1'), ('lab_id', 'old')")

    with pytest.raises(StoreVersionError, match="flowforge db setup"):
        open_store(folder, clock=SystemClock(), target=target)
    done = set_up_database(target)

    store = open_store(folder, clock=SystemClock(), target=target)
    assert (done.was, done.version, store.lab_id) == (1, SCHEMA, "old")
    assert asyncio.run(store.users.add(UserRow(id="ann", phone="+4930123456"), at=1))
    store.close()


def test_an_address_that_does_not_answer_is_told_without_its_password(folder):
    target = Target("postgresql://ann:hush@127.0.0.1:1/flows")

    with pytest.raises(StoreUnavailableError) as caught:
        open_store(folder, clock=SystemClock(), target=target)

    assert "127.0.0.1:1/flows" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_second_folder_that_shares_no_files_is_refused(target, tmp_path):
    open_store(tmp_path / "one", clock=SystemClock(), target=target).close()

    with pytest.raises(StoreUnavailableError, match="FLOWFORGE_SHARED_FOLDER"):
        open_store(tmp_path / "two", clock=SystemClock(), target=target)


def test_two_folders_with_one_shared_folder_are_one_lab(target, tmp_path):
    target = Target(target.url, target.schema, shared=tmp_path / "shared")
    stores = [
        open_store(tmp_path / name, clock=SystemClock(), target=target) for name in ("one", "two")
    ]
    digest = stores[0].blobs.put(b"what both can read")

    assert stores[1].blobs.get(digest) == b"what both can read"
    assert stores[0].lab_id == stores[1].lab_id
    for store in stores:
        store.close()


def test_pool_and_queries_are_told_in_numbers(target, folder):
    store = open_store(folder, clock=SystemClock(), target=target)

    store.history.rows("select count(*) from executions")
    numbers = store.statistics()
    store.close()

    assert numbers["query_tail_count"] >= 1
    assert numbers["query_tail_seconds"] > 0
    assert numbers["pool_pool_size"] >= 1


def test_positions_go_on_above_everything_that_a_restored_database_holds(target, folder):
    far = 1 << 60
    with connect(target) as database:
        database.execute("insert into meta values ('sealed_to', %s)", [str(far)])

    open_store(folder, clock=SystemClock(), target=target).close()

    with connect(target) as database:
        [turn] = database.execute("select turn()").fetchone()
        assert far < turn < far + (1 << 40)
