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

from flowforge_lab.errors import (
    StoreUnavailableError,
    StoreVersionError,
)
from flowforge_lab.store import Terms
from tests.patience import wait_for
from tests.store.owners import OWNER, owner_pid

from .rows import Story, tell_one


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"


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
