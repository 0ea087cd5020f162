"""A lab's journal moves to PostgreSQL: all of it or nothing, once."""

import asyncio
import json
import subprocess
import sys
import time

import psycopg
import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Head
from flowforge_lab.errors import ConflictError, StoreError, StoreUnavailableError
from flowforge_lab.events import VisitParked
from flowforge_lab.store import (
    BookingRow,
    Draft,
    Label,
    Pin,
    Target,
    Terms,
    UserRow,
    Variable,
    Version,
    move_to_database,
    open_store,
    set_up_database,
)

from .rows import AT, Story, tell_one

pytestmark = pytest.mark.slow
BRIEF = Terms(linger=0.1, grace=0.1)
VERSION = Version("1" * 64, "report", "Report — отчёт", "kind: one", AT)


@pytest.fixture
def fresh(postgres, request) -> Target:
    return Target(postgres.url(), schema=f"moved_{abs(hash(request.node.name))}")


@pytest.fixture
def lab(folder):
    """A lab with something in every table, closed; what it shows is returned."""
    store = open_store(folder, clock=SystemClock(), terms=BRIEF)

    async def work():
        for status in ("succeeded", "failed"):
            await tell_one(store, "report", status)
        waiting = await Story(store, "report", key="mail-1").begin()
        await waiting.tell(VisitParked(1, "ask", keys=("chat:7",)), head=Head("waiting"))
        await store.catalogue.put_version(VERSION, path="/lab/report.flow.yaml")
        await store.catalogue.activate("report", VERSION.digest, at=AT, by="ann")
        await store.catalogue.set_label(Label("report", "good", VERSION.digest, AT))
        await store.catalogue.set_pin(Pin("report", "load", {"n": [1.5, None]}, AT))
        await store.catalogue.save_draft(Draft("report", "kind: [broken", AT))
        await store.schedules.put("report", "tick", {"cron": "* * * * *"}, next_at=AT)
        await store.variables.set(Variable("user", "ann", "limit", {"n": 1e-05}, None))
        for name in ("ann", "gone"):
            await store.users.add(
                UserRow(id=name, name="Анна", email=f"{name}@example.org"), at=AT
            )
            await store.users.book(
                name, BookingRow(AT, "0.10", "0.10", "tip"), before="0", key="k"
            )
        await store.users.link("ann", 5_000_000_000, telegram_name="", relink="never", at=AT)
        await store.users.remove("gone")

    asyncio.run(work())
    store.sealer.seal(min_rows=1)
    asyncio.run(tell_one(store, "late"))
    seen = look(store)
    store.close()
    return seen


def look(store):
    async def ask():
        heads = await store.journal.list_heads()
        return {
            "heads": heads,
            "entries": [await store.journal.read(head.id) for head in heads],
            "waits": await store.journal.find_waits(),
            "letters": await store.journal.list_dead_letters(),
            "workflows": await store.catalogue.list_workflows(),
            "activations": await store.catalogue.list_activations("report"),
            "labels": await store.catalogue.list_labels("report"),
            "pins": await store.catalogue.list_pins("report"),
            "schedules": await store.schedules.all(),
            "variables": await store.variables.every(),
            "users": await store.users.all(),
            "bookings": await store.users.bookings("ann", limit=9),
        }

    history = store.history.rows("select * from executions order by execution_id")
    steps = store.history.rows("select * from steps order by execution_id, visit")
    return asyncio.run(ask()) | {"history": history, "steps": steps, "lab": store.lab_id}


def opened(folder, target):
    return open_store(folder, clock=SystemClock(), target=target)


def test_everything_is_there_and_goes_on(lab, folder, fresh):
    moved = move_to_database(folder, fresh)

    store = opened(folder, fresh)
    try:
        assert look(store) == lab
        assert asyncio.run(store.journal.answer("chat:7", "1")) is not None
        asyncio.run(tell_one(store, "after"))
        counted = store.history.rows("select count(*) as n from executions")
        assert counted == [{"n": len(lab["heads"]) + 1}]
    finally:
        store.close()
    assert moved.rows["executions"] == len(lab["heads"])
    assert not moved.was_there


def test_moved_again_it_finds_everything_there(lab, folder, fresh):
    first = move_to_database(folder, fresh)

    again = move_to_database(folder, fresh)

    assert again.was_there
    assert (again.rows, again.digest) == (first.rows, first.digest)


def test_moved_again_after_it_went_on_nothing_is_overwritten(lab, folder, fresh):
    move_to_database(folder, fresh)
    store = opened(folder, fresh)
    asyncio.run(tell_one(store, "after"))
    before = look(store)
    store.close()

    with pytest.raises(ConflictError, match="events, executions differ"):
        move_to_database(folder, fresh)

    store = opened(folder, fresh)
    assert look(store) == before
    store.close()


def test_what_moved_is_not_opened_in_its_old_place(lab, folder, fresh):
    move_to_database(folder, fresh)

    with pytest.raises(StoreUnavailableError, match="FLOWFORGE_DATABASE_URL"):
        open_store(folder, clock=SystemClock(), terms=BRIEF)


def test_a_lab_that_somebody_uses_is_not_moved(lab, folder, fresh):
    store = open_store(folder, clock=SystemClock(), terms=BRIEF)

    with pytest.raises(ConflictError, match="somebody uses"):
        move_to_database(folder, fresh)

    asyncio.run(tell_one(store))
    store.close()


def test_a_lab_with_a_running_execution_is_not_moved(lab, folder, fresh):
    store = open_store(folder, clock=SystemClock(), terms=BRIEF)
    running = asyncio.run(Story(store).begin())
    store.close()

    with pytest.raises(ConflictError, match=running.id):
        move_to_database(folder, fresh)

    open_store(folder, clock=SystemClock(), terms=BRIEF).close()


def test_a_database_that_holds_another_lab_is_left_alone(lab, folder, target, tmp_path):
    other = open_store(tmp_path / "other", clock=SystemClock(), target=target)
    asyncio.run(tell_one(other))
    other.close()

    with pytest.raises(ConflictError, match="holds another lab"):
        move_to_database(folder, target)

    open_store(folder, clock=SystemClock(), terms=BRIEF).close()


def test_segments_and_blobs_move_to_the_shared_folder(lab, folder, fresh, tmp_path):
    shared = Target(fresh.url, fresh.schema, shared=tmp_path / "shared")

    moved = move_to_database(folder, shared)

    assert moved.files == len(list((folder / "segments").iterdir()))
    store = opened(tmp_path / "another", shared)
    assert look(store)["history"] == lab["history"]
    store.close()


def test_a_move_that_is_cut_off_leaves_nothing(lab, folder, fresh):
    set_up_database(fresh)
    with psycopg.connect(fresh.url, autocommit=True) as database:
        database.execute(f"alter table {fresh.schema}.dead_letters add check (error = 'no')")

    with pytest.raises(StoreError, match="check constraint"):
        move_to_database(folder, fresh)

    with psycopg.connect(fresh.url, autocommit=True) as database:
        assert database.execute(f"select count(*) from {fresh.schema}.events").fetchone() == (0,)
        database.execute(
            f"alter table {fresh.schema}.dead_letters drop constraint dead_letters_error_check"
        )
    assert not (folder / "moved").exists()
    assert json.dumps(move_to_database(folder, fresh).rows)


MOVE = """
import sys
from pathlib import Path
from flowforge_lab.store import Target, move_to_database
print("begins", flush=True)
move_to_database(Path(sys.argv[1]), Target(sys.argv[2], sys.argv[3]))
"""
SLOWLY = """
create function {schema}.slowly() returns trigger language plpgsql as
  $$ begin perform pg_sleep(0.2); return new; end $$;
create trigger slowly before insert on {schema}.executions
  for each row execute function {schema}.slowly();
"""
COPIES = "select count(*) from pg_stat_activity where query like 'copy executions%'"


def test_a_move_that_is_killed_in_the_middle_is_done_again(lab, folder, fresh):
    set_up_database(fresh)
    with psycopg.connect(fresh.url, autocommit=True) as database:
        database.execute(SLOWLY.format(schema=fresh.schema))
        command = [sys.executable, "-c", MOVE, str(folder), fresh.url, fresh.schema]
        process = subprocess.Popen(command)
        wait_until(lambda: database.execute(COPIES).fetchone() != (0,))
        process.kill()
        process.wait()
        database.execute(f"drop trigger slowly on {fresh.schema}.executions")
        left = database.execute(f"select count(*) from {fresh.schema}.events").fetchone()

    assert (left, (folder / "moved").exists()) == ((0,), False)
    moved = move_to_database(folder, fresh)
    store = opened(folder, fresh)
    assert (moved.was_there, look(store)) == (False, lab)
    store.close()


def test_a_move_that_is_killed_before_its_sign_finds_everything_there(lab, folder, fresh):
    first = move_to_database(folder, fresh)
    (folder / "moved").unlink()

    again = move_to_database(folder, fresh)

    assert (again.was_there, again.digest) == (True, first.digest)
    assert (folder / "moved").exists()


def test_numbers_that_were_given_out_are_not_given_again(lab, folder, fresh):
    move_to_database(folder, fresh)

    with psycopg.connect(fresh.url, autocommit=True) as database:
        insert = (
            f"insert into {fresh.schema}.bookings(user_id, at, amount, balance, reason, key)"
            " values ('ann', 1, '1', '1', '', '') returning id"
        )
        assert database.execute(insert).fetchone() == (3,)  # the second went with its user


def wait_until(is_so) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


MEDDLE = """
create function {schema}.meddle() returns trigger language plpgsql as
  $$ begin new.payload = replace(new.payload, '"', ' "'); return new; end $$;
create trigger meddle before insert on {schema}.events
  for each row execute function {schema}.meddle();
"""


def test_what_arrives_changed_is_noticed_and_not_kept(lab, folder, fresh):
    set_up_database(fresh)
    with psycopg.connect(fresh.url, autocommit=True) as database:
        database.execute(MEDDLE.format(schema=fresh.schema))

    with pytest.raises(StoreError, match=r"events: sent .* nothing was kept"):
        move_to_database(folder, fresh)

    with psycopg.connect(fresh.url, autocommit=True) as database:
        assert database.execute(f"select count(*) from {fresh.schema}.events").fetchone() == (0,)
    open_store(folder, clock=SystemClock(), terms=BRIEF).close()
