import asyncio

import pytest

from .conftest import BOTH, fill
from .rows import Story, tell_one

KEEPERS = BOTH


def findings(store, level: str) -> list[str]:
    found = asyncio.run(store.examine())
    return [finding.message for finding in found if finding.level == level]


@pytest.fixture
def store(open_lab):
    store = open_lab()
    asyncio.run(tell_one(store))
    store.sealer.seal(min_rows=1)
    return store


def test_finds_nothing_wrong_with_a_sound_store(store):
    found = asyncio.run(store.examine())

    assert {finding.level for finding in found} == {"ok"}
    assert {"journal", "segments", "blobs", "owner", "permissions", "space"} <= {
        item.check for item in found
    }


def test_finds_a_folder_open_to_others(store, folder):
    folder.chmod(0o755)

    assert any("open to other users" in text for text in findings(store, "warning"))


def test_finds_a_segment_that_is_gone_or_broken(store, folder):
    [events] = folder.glob("segments/events-*")
    [steps] = folder.glob("segments/steps-*")
    events.unlink()
    steps.write_bytes(b"PAR1 nonsense")

    errors = findings(store, "error")
    assert len(errors) == 2
    assert all("cannot be read" in text for text in errors)


def test_finds_a_blob_that_is_referred_to_and_gone(store, folder):
    digest = store.blobs.put(b"x")

    async def tell() -> None:
        story = await Story(store).begin()
        await story.step(1, outputs={"$blob": digest})

    asyncio.run(tell())
    assert findings(store, "error") == []
    (folder / "blobs" / digest[:2] / digest).unlink()

    [error] = findings(store, "error")
    assert digest in error


def test_finds_a_blob_that_no_longer_holds_what_it_is_named_by(store, folder):
    digest = store.blobs.put(b"x" * 100)

    async def tell() -> None:
        story = await Story(store).begin()
        await story.step(1, outputs={"$blob": digest})

    asyncio.run(tell())
    (folder / "blobs" / digest[:2] / digest).write_bytes(b"y" * 100)

    assert findings(store, "error") == [f"1 blobs are damaged, such as {digest}"]


def test_finds_files_that_belong_to_nothing(store, folder):
    (folder / "segments" / "events-1-2-3.parquet").write_bytes(b"")
    store.blobs.put(b"orphan")

    assert len(findings(store, "warning")) == 2


def test_every_trouble_comes_with_what_would_mend_it(store, folder):
    folder.chmod(0o777)
    found = asyncio.run(store.examine())

    assert all(finding.remedy for finding in found if finding.level != "ok")


def test_a_disk_with_little_room_is_not_called_full(open_lab, small_disk):
    store = open_lab(small_disk / ".flowforge")
    asyncio.run(tell_one(store))

    [error] = findings(store, "error")

    assert error.startswith("only ")
    assert "full" not in error


def test_finds_a_full_disk(open_lab, small_disk):
    store = open_lab(small_disk / ".flowforge")
    asyncio.run(tell_one(store))
    fill(small_disk / "filler")

    [error] = findings(store, "error")

    assert "the disk is full: 0 MB are free" in error
