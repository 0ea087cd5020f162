"""Segments and blobs in an object store, between machines that share no folder."""

import asyncio
import contextlib
import itertools
import shutil

import msgspec
import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NotFoundError, StoreError, StoreUnavailableError
from flowforge_lab.store import (
    ObjectsTarget,
    Target,
    Terms,
    move_to_database,
    open_store,
    set_up_database,
)
from flowforge_lab.store.blobs import FileBlobs
from flowforge_lab.store.objects import Objects
from tests.object_server import ObjectServer

from .rows import tell_one

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
_NUMBERS = itertools.count(1)
DAY = 86_400.0


@pytest.fixture(scope="module")
def server():
    server = ObjectServer()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "lab")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not a real one")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


@pytest.fixture
def place(server):
    return ObjectsTarget(f"s3://{server.new_bucket()}/labs/one", server.url)


@pytest.fixture
def objects(place):
    return Objects(place)


@pytest.fixture
def target(place, postgres):
    target = Target(postgres.url(), f"objects_{next(_NUMBERS)}", objects=place)
    set_up_database(target)
    return target


@pytest.fixture
def machines(target, tmp_path):
    """Open the lab on machines that have a database and an object store between them, and no folder."""
    opened = []

    def open_on(name):
        opened.append(open_store(tmp_path / name, clock=SystemClock(), target=target))
        return opened[-1]

    yield open_on
    for store in opened:
        store.close()


def ids(store):
    rows = store.history.rows("select distinct execution_id as id from events")
    return sorted(row["id"] for row in rows)


def sealed_by(store, count=3):
    told = sorted(asyncio.run(tell_one(store)) for _ in range(count))
    assert store.sealer.seal(min_rows=1) is not None
    return told


def test_what_one_machine_sealed_another_asks(machines):
    one, other = machines("one"), machines("other")
    told = sealed_by(one)

    assert ids(other) == ids(one) == told
    assert list(other.layout.segments.iterdir()) != []
    assert [
        f for f in asyncio.run(other.examine()) if f.check == "segments" and f.level != "ok"
    ] == []


def test_a_machine_that_lost_its_disk_has_everything_again(machines, tmp_path):
    one = machines("one")
    told, digest = sealed_by(one), one.blobs.put(b"x" * 100_000)
    one.close()
    shutil.rmtree(tmp_path / "one")
    again = machines("one")

    assert ids(again) == told
    assert again.blobs.get(digest) == b"x" * 100_000
    assert again.blobs.size(digest) == 100_000


def test_a_segment_that_is_lost_is_told_by_its_name(machines, objects):
    one, other = machines("one"), machines("other")
    sealed_by(one)
    objects.delete([item.name for item in objects.list("segments")])

    with pytest.raises(StoreError, match=r"segments/\w+-.*parquet is not in the object store"):
        ids(other)
    assert "error" in [finding.level for finding in asyncio.run(other.examine())]


def test_merged_and_dropped_segments_go_from_the_object_store(machines, objects):
    one = machines("one")
    for _ in range(8):
        sealed_by(one, count=1)
    assert one.sealer.merge() == 8
    assert one.sealer.drop_before(2**60) == 1
    one.sealer._clock = LaterClock()
    one.sealer.sweep_files()

    assert list(objects.list("segments")) == []
    assert list(one.layout.segments.iterdir()) == []


class LaterClock(SystemClock):
    def now(self):
        return super().now().replace(year=2100)


def test_a_place_that_is_not_the_labs_is_refused(machines, target, server, tmp_path):
    machines("one")
    elsewhere = ObjectsTarget(f"s3://{server.new_bucket()}", server.url)
    wrong = msgspec.structs.replace(target, objects=elsewhere)

    with pytest.raises(
        StoreUnavailableError, match=r"another place than s3:.*FLOWFORGE_OBJECT_STORE"
    ):
        open_store(tmp_path / "wrong", clock=SystemClock(), target=wrong)


def test_blobs_nobody_needs_go_after_a_day_of_grace(objects, tmp_path):
    blobs = FileBlobs(tmp_path / "blobs", objects)
    kept, gone = blobs.put(b"kept"), blobs.put(b"gone")
    now = SystemClock().now().timestamp()

    assert blobs.sweep([kept], now=now) == 0
    assert blobs.sweep([kept], now=now + DAY + 60) == 1
    assert blobs.digests() == [kept]
    with pytest.raises(NotFoundError):
        blobs.get(gone)


def test_a_blob_that_was_only_fetched_is_put_anew_by_who_stores_it(objects, tmp_path):
    one, other = (FileBlobs(tmp_path / name, objects) for name in ("one", "other"))
    digest = one.put(b"the same")
    other.get(digest)
    objects.delete([f"blobs/{digest[:2]}/{digest}"])  # as the sweep of a third machine does
    other.put(b"the same")

    assert other.digests() == [digest]


def test_a_damaged_blob_is_no_blob(objects, tmp_path):
    blobs = FileBlobs(tmp_path / "blobs", objects)
    digest = FileBlobs(tmp_path / "other", objects).put(b"right")
    objects.put(f"blobs/{digest[:2]}/{digest}", b"wrong")

    with pytest.raises(StoreError, match="damaged"):
        blobs.get(digest)
    assert not blobs.is_whole(digest)


def test_without_the_object_store_nothing_is_stored_by_half(tmp_path):
    own = ObjectServer()
    target_place = ObjectsTarget(f"s3://{own.new_bucket()}", own.url)
    blobs = FileBlobs(tmp_path / "blobs", Objects(target_place))
    own.kill()

    with pytest.raises(
        StoreUnavailableError, match=r"cannot store 'blobs/.*' in s3://lab-1 at http"
    ):
        blobs.put(b"never there")
    assert blobs._copies() == []


def test_a_lab_that_moves_takes_segments_and_blobs_along(folder, place, objects, postgres):
    here = open_store(folder, clock=SystemClock(), terms=Terms(linger=0.1, grace=0.1))
    told, digest = sealed_by(here), here.blobs.put(b"large")
    here.close()
    target = Target(postgres.url(), f"objects_{next(_NUMBERS)}", objects=place)
    moved = move_to_database(folder, target)

    shutil.rmtree(folder / "segments")
    with contextlib.closing(open_store(folder, clock=SystemClock(), target=target)) as there:
        assert ids(there) == told
    assert moved.files == len(list(objects.list(""))) - 1  # one says whose they are
    assert objects.look(f"blobs/{digest[:2]}/{digest}") is not None


@pytest.mark.parametrize("url", ["", "http://x/y", "s3:///x"])
def test_what_names_no_bucket_is_told(url):
    with pytest.raises(StoreUnavailableError, match="s3://bucket/prefix"):
        Objects(ObjectsTarget(url))
