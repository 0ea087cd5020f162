import hashlib
import os
import threading
import time

import pytest

from flowforge_lab.errors import NotFoundError, StoreFullError
from flowforge_lab.store import FileBlobs

from .conftest import fill

DAY = 86_400.0


@pytest.fixture
def blobs(tmp_path) -> FileBlobs:
    return FileBlobs(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20_000])
def test_gives_back_the_same_bytes_under_their_sha256(blobs, content):
    digest = blobs.put(content)

    assert digest == hashlib.sha256(content).hexdigest()
    assert blobs.get(digest) == content


def test_the_same_bytes_twice_are_stored_once(blobs):
    assert blobs.put(b"same") == blobs.put(b"same")
    assert len(blobs.digests()) == 1


def test_a_blob_that_is_not_there_is_named(blobs):
    with pytest.raises(NotFoundError, match="there is no blob abc"):
        blobs.get("abc")


def test_sweeps_only_what_is_unused_and_a_day_old(blobs, tmp_path):
    used, fresh, old = (blobs.put(name) for name in (b"used", b"fresh", b"old"))
    for digest in (used, old):
        os.utime(tmp_path / digest[:2] / digest, (0, 0))

    assert blobs.sweep([used], now=time.time()) == 1
    assert blobs.digests() == sorted([used, fresh])
    with pytest.raises(NotFoundError):
        blobs.get(old)


def test_putting_a_blob_again_saves_it_from_the_sweep(blobs, tmp_path):
    digest = blobs.put(b"again")
    os.utime(tmp_path / digest[:2] / digest, (0, 0))

    blobs.put(b"again")

    assert blobs.sweep([], now=time.time()) == 0


def test_sweeps_drafts_that_a_crash_left(blobs, tmp_path):
    digest = blobs.put(b"x")
    draft = tmp_path / digest[:2] / ".draft"
    draft.write_bytes(b"half")
    os.utime(draft, (0, 0))

    blobs.sweep([digest], now=time.time())

    assert not draft.exists()


def test_many_threads_put_the_same_and_other_blobs_at_once(blobs):
    contents = [b"%d" % (number % 5) for number in range(40)]
    threads = [threading.Thread(target=blobs.put, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {blobs.get(digest) for digest in blobs.digests()} == {b"%d" % n for n in range(5)}


def test_a_full_disk_leaves_no_half_of_a_blob(small_disk):  # the fixture
    blobs = FileBlobs(small_disk / "blobs")
    fill(small_disk / "filler")

    with pytest.raises(StoreFullError, match="No space"):
        blobs.put(b"y" * 100_000)

    (small_disk / "filler").unlink()
    assert blobs.digests() == []
    assert blobs.get(blobs.put(b"y" * 100_000))
