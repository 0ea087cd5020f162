import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import flowforge_lab.store
from flowforge_lab.engine import Head
from flowforge_lab.errors import (
    LeaseLostError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
    StoreVersionError,
)
from flowforge_lab.events import VisitParked, VisitResumed, to_row
from flowforge_lab.store import Terms
from flowforge_lab.store.owner.wire import PROTOCOL
from flowforge_lab.store.units import once_unit

from .conftest import QUICK, fill
from .rows import AT, RUNNING, Story, tell_one

OWNER = str(Path(flowforge_lab.store.__file__).parent / "owner")


def owner_pid(folder: Path) -> int:
    return int(json.loads((folder / "owner.json").read_text())["pid"])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"


def wait_for(condition, seconds=8.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def run_by_hand(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", OWNER, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_owner_is_killed(open_lab, folder):
    store = open_lab()

    async def work() -> Story:
        story = await Story(store).begin()
        for visit in range(1, 6):
            await story.step(visit)
            os.kill(owner_pid(folder), signal.SIGKILL)
        return story

    story = asyncio.run(work())

    assert len(asyncio.run(store.journal.read(story.id))) == 11


def test_a_batch_under_way_when_the_owner_dies_is_kept_once(open_lab, folder):
    store = open_lab()

    async def work() -> list[int]:
        story = await Story(store).begin()
        steps = [asyncio.ensure_future(story.step(visit)) for visit in range(1, 200)]
        await asyncio.sleep(0)
        os.kill(owner_pid(folder), signal.SIGKILL)
        await asyncio.gather(*steps)
        return [entry.seq for entry in await store.journal.read(story.id)]

    assert asyncio.run(work()) == list(range(1, 400))


@pytest.mark.slow
def test_an_owner_without_clients_ends(open_lab, folder):
    store = open_lab()
    pid = owner_pid(folder)

    store.close()

    wait_for(lambda: not is_alive(pid))
    assert not (folder / "owner.json").exists()


@pytest.mark.slow
def test_a_second_owner_started_by_hand_says_that_it_is_not_needed(open_lab, folder):
    open_lab()

    done = run_by_hand(folder)

    assert done.returncode == 1
    assert "another owner keeps the journal" in json.loads(done.stdout)["message"]


@pytest.mark.slow
def test_an_owner_whose_socket_was_removed_makes_room_for_another(open_lab, folder):
    asyncio.run(tell_one(open_lab()))
    Path(json.loads((folder / "owner.json").read_text())["socket"]).unlink()

    other = open_lab()

    assert len(asyncio.run(other.journal.list_heads())) == 1


@pytest.mark.slow
def test_an_owner_whose_folder_was_replaced_ends(open_lab, folder):
    open_lab().close()
    store = open_lab()
    pid = owner_pid(folder)

    folder.rename(folder.with_name("moved"))

    wait_for(lambda: not is_alive(pid))
    folder.with_name("moved").rename(folder)
    assert asyncio.run(store.journal.list_heads()) == []


@pytest.mark.slow
def test_a_lost_address_is_written_again(open_lab, folder):
    open_lab()
    (folder / "owner.json").unlink()

    wait_for((folder / "owner.json").exists)

    assert asyncio.run(open_lab().journal.list_heads()) == []


def test_the_owner_starts_again_for_a_client_that_only_waits(open_lab, folder):
    open_lab()
    pid = owner_pid(folder)

    os.kill(pid, signal.SIGKILL)

    wait_for(lambda: owner_pid(folder) != pid)


@pytest.mark.slow
def test_a_journal_of_a_newer_version_is_refused_and_not_touched(open_lab, folder):
    open_lab().close()
    wait_for(lambda: not (folder / "owner.json").exists())
    with sqlite3.connect(folder / "journal.db") as database:
        database.execute("pragma user_version = 99")
    database.close()

    with pytest.raises(StoreVersionError, match="upgrade flowforge-lab"):
        open_lab()


def test_a_folder_whose_version_was_lost_in_a_power_cut_opens(open_lab, folder):
    open_lab().close()
    (folder / "version").write_text("")

    assert open_lab(folder)
    assert (folder / "version").read_text()


def test_a_folder_of_a_newer_layout_is_refused(open_lab, folder):
    open_lab().close()
    (folder / "version").write_text("7\n")

    with pytest.raises(StoreVersionError, match="upgrade"):
        open_lab()


def test_a_folder_on_a_network_file_system_is_recognised(tmp_path):
    from flowforge_lab.store.layout import file_system_of

    mounts = tmp_path / "mounts"
    mounts.write_text("disk / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n")

    assert file_system_of(Path("/home/ann/lab"), mounts) == "nfs4"
    assert file_system_of(Path("/homeless"), mounts) == "ext4"
    assert file_system_of(Path("/home"), tmp_path / "none") == ""


def test_a_damaged_journal_is_named_and_not_overwritten(open_lab, folder):
    folder.mkdir()
    (folder / "journal.db").write_bytes(b"not a database at all, but long enough to be read" * 99)

    with pytest.raises(StoreUnavailableError, match=r"journal\.db"):
        open_lab()

    assert (folder / "journal.db").read_bytes().startswith(b"not a database")


def test_a_path_too_long_for_a_socket_works(open_lab, tmp_path):
    folder = tmp_path / ("long" * 40) / ("longer" * 30) / ".flowforge"

    store = open_lab(folder)

    assert asyncio.run(tell_one(store))


def test_without_unix_sockets_the_owner_speaks_tcp_with_a_token(open_lab, folder):
    terms = Terms(linger=0.3, grace=0.2, is_tcp=True)
    one, other = open_lab(terms=terms), open_lab(terms=terms)

    asyncio.run(tell_one(one))

    assert json.loads((folder / "owner.json").read_text())["port"]
    assert len(asyncio.run(other.journal.list_heads())) == 1


@pytest.mark.slow
def test_a_wrong_token_opens_no_door(open_lab, folder):
    open_lab(terms=Terms(linger=0.3, is_tcp=True))
    endpoint = json.loads((folder / "owner.json").read_text())
    (folder / "owner.json").write_text(json.dumps(endpoint | {"token": "guessed"}))

    started = time.monotonic()
    open_lab()

    assert json.loads((folder / "owner.json").read_text())["token"] == endpoint["token"]
    assert time.monotonic() - started > 0.2


def test_a_folder_can_be_copied_while_in_use_and_the_copy_knows_it_is_one(
    open_lab, folder, tmp_path
):
    store = open_lab()
    asyncio.run(tell_one(store))
    shutil.copytree(folder, tmp_path / "copy")

    copy = open_lab(tmp_path / "copy")
    asyncio.run(tell_one(copy))

    assert (store.is_copy, copy.is_copy) == (False, True)
    assert copy.lab_id == store.lab_id
    assert len(asyncio.run(store.journal.list_heads())) == 1
    assert len(asyncio.run(copy.journal.list_heads())) == 2


def test_a_copy_that_is_adopted_is_a_lab_of_its_own(open_lab, folder, tmp_path):
    store = open_lab()
    shutil.copytree(folder, tmp_path / "copy")
    copy = open_lab(tmp_path / "copy")

    asyncio.run(copy.adopt())

    assert not copy.is_copy
    assert copy.lab_id != store.lab_id
    assert not open_lab(tmp_path / "copy").is_copy


@pytest.mark.slow
def test_a_folder_that_was_moved_is_no_copy(open_lab, folder, tmp_path):
    open_lab().close()
    wait_for(lambda: not (folder / "owner.json").exists())
    folder.rename(tmp_path / "moved")

    assert not open_lab(tmp_path / "moved").is_copy


@pytest.mark.slow
def test_leases_of_a_killed_client_are_free_after_a_short_grace(open_lab, folder):
    store = open_lab()
    script = f"""
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import open_store
from tests.store.rows import Story
store = open_store(Path({str(folder)!r}), clock=SystemClock())
async def main():
    story = await Story(store).begin()
    print(story.id, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    client = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with client:
        execution_id = client.stdout.readline().strip()
        assert asyncio.run(store.journal.claim(execution_id)) is None
        client.kill()
    wait_for(lambda: asyncio.run(store.journal.due(AT)))

    assert asyncio.run(store.journal.claim(execution_id)).epoch == 2


TAKER = """
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import open_store
from tests.store.rows import RUNNING, Story
store = open_store(Path(sys.argv[1]), clock=SystemClock())
async def main():
    story = await Story(store).begin()
    print(story.id, flush=True)
    while not (signals := await store.journal.renew([story.lease])):
        await asyncio.sleep(0.01)
    taken = [signals[0].id] if sys.argv[2] == "takes" else []
    await store.journal.append(story.lease, [], RUNNING, taken=taken)
    print("seen", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(("habit", "expected"), [("looks", ["cancel"]), ("takes", [])])
def test_a_signal_survives_an_engine_killed_before_it_took_it(open_lab, folder, habit, expected):
    journal = open_lab().journal
    command = [sys.executable, "-c", TAKER, str(folder), habit]

    async def go_on(execution_id: str) -> list[str]:
        lease = await journal.claim(execution_id)
        return [signal.kind for signal in await journal.renew([lease])]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        execution_id = engine.stdout.readline().strip()
        assert asyncio.run(journal.signal(execution_id, "cancel"))
        assert engine.stdout.readline() == "seen\n"
        engine.kill()
    wait_for(lambda: asyncio.run(journal.due(AT)))

    assert asyncio.run(go_on(execution_id)) == expected


def test_an_execution_that_is_over_leaves_nothing_in_the_journal(open_lab):
    store = open_lab()

    async def work():
        story, other = await Story(store).begin(), await Story(store).begin()
        await other.tell(VisitParked(1, "ask", keys=(f"execution:{story.id}",)))
        await story.tell(VisitParked(1, "ask", keys=("chat:7",)))
        await store.journal.signal(story.id, "cancel")
        await story.end()
        await other.end()
        return await store.journal.find_waits()

    assert asyncio.run(work()) == []
    [[_events, _executions, living, signals, _segments]] = store._reader.ask(
        "counts", {}, kind=list
    )
    assert (living, signals) == (0, 0)


def test_an_answer_that_is_sent_again_is_given_once(open_lab):
    store = open_lab()
    unit = once_unit("answer", "chat:7", '"yes"')

    async def work():
        stories = [await Story(store).begin() for _ in range(2)]
        for story in stories:
            await story.tell(VisitParked(1, "ask", keys=("chat:7",)), head=Head("waiting"))
        found = [await store._writer.submit(unit) for _ in range(3)]
        return stories[0].id, found, await store.journal.find_waits(key="chat:7")

    first, found, left = asyncio.run(work())
    assert found == [first] * 3
    assert len(left) == 1


@pytest.mark.slow
def test_waits_and_slots_survive_the_owner(open_lab, folder):
    store = open_lab()
    facts = {"slot": "s", "max_in_slot": 1}

    async def begin() -> list[str]:
        running, queued = await Story(store, **facts).begin(), Story(store, **facts)
        await running.tell(VisitParked(1, "ask", keys=("chat:7",)))
        admission = await store.journal.start(queued.new, [], RUNNING)
        assert admission.status == "queued"
        return [running, queued]

    async def go_on() -> None:
        assert await store.journal.claim(queued.id) is None
        await running.tell(VisitResumed(1, "ask"))
        assert await store.journal.find_waits() == []
        await running.end()
        assert await store.journal.claim(queued.id) is not None

    running, queued = asyncio.run(begin())
    os.kill(owner_pid(folder), signal.SIGKILL)
    asyncio.run(go_on())


@pytest.mark.slow
def test_a_holder_keeps_its_lease_when_only_the_owner_died(open_lab, folder):
    holder, other = open_lab(), open_lab()
    story = asyncio.run(Story(holder).begin())

    os.kill(owner_pid(folder), signal.SIGKILL)
    time.sleep(1.5 * QUICK.comeback)

    assert asyncio.run(other.journal.claim(story.id)) is None
    asyncio.run(story.step(1))


@pytest.mark.slow
def test_a_lease_that_is_not_renewed_ends(open_lab):
    terms = Terms(linger=0.3, lease=0.3)
    holder, other = open_lab(terms=terms), open_lab(terms=terms)
    story = asyncio.run(Story(holder).begin())
    assert asyncio.run(other.journal.claim(story.id)) is None

    wait_for(lambda: asyncio.run(other.journal.claim(story.id)))

    with pytest.raises(LeaseLostError):
        asyncio.run(story.step(1))


@pytest.mark.slow
def test_a_renewed_lease_goes_on(open_lab):
    terms = Terms(linger=0.3, lease=0.6)
    holder, other = open_lab(terms=terms), open_lab(terms=terms)
    story = asyncio.run(Story(holder).begin())

    for _ in range(10):
        time.sleep(0.1)
        asyncio.run(holder.journal.renew([story.lease]))

    assert asyncio.run(other.journal.claim(story.id)) is None


def test_a_closed_store_says_so(open_lab):
    store = open_lab()
    store.close()

    with pytest.raises(StoreUnavailableError, match="closed"):
        asyncio.run(tell_one(store))


def test_what_was_queued_before_closing_is_written(open_lab):
    store = open_lab()

    async def work() -> str:
        story = await Story(store).begin()
        entries = [story.entry(event) for event in ()]
        future = store.journal.append(story.lease, entries, None)
        await asyncio.to_thread(store.close)
        await future
        return story.id

    assert len(asyncio.run(open_lab().journal.read(asyncio.run(work())))) == 1


@pytest.fixture
def other_version(tmp_path):
    """Return what starts an owner that speaks another version of the protocol."""

    def start(folder: Path, version: int) -> subprocess.Popen[bytes]:
        shutil.copytree(OWNER, tmp_path / "other" / "owner")
        wire = tmp_path / "other" / "owner" / "wire.py"
        wire.write_text(
            wire.read_text().replace(f"PROTOCOL = {PROTOCOL}\n", f"PROTOCOL = {version}\n")
        )
        folder.mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-I", "-S", str(wire.parent), str(folder), "--linger=3"]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        wait_for((folder / "owner.json").exists)
        return started[-1]

    started: list[subprocess.Popen[bytes]] = []
    yield start
    for process in started:
        process.kill()
        process.wait()


def test_an_older_owner_without_clients_makes_room_for_a_newer_one(
    open_lab, folder, other_version
):
    older = other_version(folder, 0)

    store = open_lab()

    assert older.wait(5) == 0
    assert asyncio.run(tell_one(store))


def test_a_newer_owner_tells_an_older_client_to_upgrade(open_lab, folder, other_version):
    other_version(folder, PROTOCOL + 1)

    with pytest.raises(StoreVersionError, match="in use by a newer version"):
        open_lab()


def test_an_older_owner_with_clients_is_named(open_lab, folder, other_version):
    import socket
    import struct

    other_version(folder, 0)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(json.loads((folder / "owner.json").read_text())["socket"])
        hello = json.dumps({"session": "an older client"}).encode()
        sock.sendall(struct.pack("<IB", len(hello), 0) + hello)
        sock.recv(100)

        with pytest.raises(StoreVersionError, match="in use by an older version"):
            open_lab()


def test_garbage_on_the_socket_harms_nobody(open_lab, folder):
    import socket

    store = open_lab()
    path = json.loads((folder / "owner.json").read_text())["socket"]
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x05\x00\x00\x00\x01[nope", b"\x00" * 500):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)
            sock.sendall(garbage)

    assert asyncio.run(tell_one(store))


def test_a_unit_that_cannot_be_stored_does_not_harm_those_beside_it(open_lab):
    store = open_lab()

    async def work() -> list[object]:
        stories = [await Story(store).begin() for _ in range(3)]
        bad = stories[1].entry(_visit(2**70))
        good = [stories[n].entry(_visit(1)) for n in (0, 2)]
        futures = [
            store.journal.append(stories[0].lease, [good[0]]),
            store.journal.append(stories[1].lease, [bad]),
            store.journal.append(stories[2].lease, [good[1]]),
        ]
        return await asyncio.gather(*futures, return_exceptions=True)

    first, second, third = asyncio.run(work())

    assert (first, third) == (None, None)
    assert isinstance(second, StoreError)


def test_every_value_of_many_events_in_one_append_is_in_its_own_place(open_lab):
    store = open_lab()

    async def work() -> tuple[list[object], list[object]]:
        story = await Story(store).begin()
        told = [story.entry(_visit(number)) for number in range(2, 60)]
        await store.journal.append(story.lease, told)
        return told, (await store.journal.read(story.id))[1:]

    told, kept = asyncio.run(work())

    assert kept == told


def test_rows_of_odd_lengths_are_refused_also_where_they_would_even_out(open_lab):
    store = open_lab()

    async def work() -> tuple[object, list[object]]:
        story = await Story(store).begin()
        rows = [list(row_of(story.entry(_visit(number)))) for number in range(2, 34)]
        rows[4].insert(5, rows[3].pop())
        unit = ("append", story.id, story.lease.epoch, rows, None, [])
        [refusal] = await asyncio.gather(
            store.journal._writer.submit(json.dumps(unit).encode()), return_exceptions=True
        )
        return refusal, await store.journal.read(story.id)

    refusal, kept = asyncio.run(work())

    assert isinstance(refusal, StoreError)
    assert len(kept) == 1


def row_of(entry) -> tuple[object, ...]:
    row = to_row(entry, "greet")
    return tuple(getattr(row, name) for name in row.__struct_fields__)


def _visit(number: int):
    from flowforge_lab.events import VisitStarted

    return VisitStarted(number, "load", "data.frame")


def test_a_full_disk_refuses_whole_appends_and_works_again_when_freed(open_lab, small_disk):
    store = open_lab(small_disk / ".flowforge")
    filler = small_disk / "filler"

    async def work() -> tuple[int, int]:
        story = await Story(store).begin()
        fill(filler)
        with pytest.raises(StoreFullError):
            for visit in range(1, 2000):
                await story.step(visit, outputs="y" * 2000)
        kept = len(await store.journal.read(story.id))
        filler.unlink()
        story.seq = kept
        await story.step(9999)
        return kept, len(await store.journal.read(story.id))

    kept, after = asyncio.run(work())

    assert after == kept + 2


def test_a_read_only_folder_is_named(open_lab, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.raises(StoreError, match=r"Read-only|read-only|cannot be"):
        open_lab(small_disk / ".flowforge")
