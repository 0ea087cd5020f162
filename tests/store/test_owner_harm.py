"""Owners and clients of other versions, garbage, full disks."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.errors import (
    StoreError,
    StoreFullError,
    StoreVersionError,
)
from flowforge_lab.events import to_row
from flowforge_lab.store.owner.wire import PROTOCOL
from tests.patience import wait_for
from tests.store.owners import OWNER

from .conftest import fill
from .rows import Story, tell_one


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


@pytest.mark.slow
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full, as Linux has one")
def test_an_owner_that_finds_no_room_for_its_address_names_the_file(tmp_path):
    code = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from owner.process import main\n"
        "os.symlink('/dev/full', f'{sys.argv[2]}/.owner.json.{os.getpid()}')\n"
        "main([sys.argv[2]])\n"
    )
    command = (sys.executable, "-c", code, str(Path(OWNER).parent), str(tmp_path))
    said = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)

    assert said["error"] == "full"
    assert "No space left" in said["message"]
    assert str(tmp_path / "owner.json") in said["message"]
