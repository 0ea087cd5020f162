import asyncio
import stat
import tarfile

import pytest

from flowforge_lab.errors import ConflictError, StoreFullError, StoreUnavailableError
from flowforge_lab.store import Version, restore

from .conftest import fill
from .rows import AT, tell_one


@pytest.fixture
def store(open_lab):
    store = open_lab()
    asyncio.run(tell_one(store, "sealed"))
    store.sealer.seal(min_rows=1)
    asyncio.run(tell_one(store, "recent"))
    store.blobs.put(b"a blob")
    asyncio.run(store.catalogue.put_version(Version("1" * 64, "w", "W", "text", AT)))
    return store


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("lab.tar", "lab.tar.gz")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lab.zip", *SLOW])
def test_a_restored_store_is_the_one_that_was_backed_up(store, open_lab, tmp_path, name):
    size = asyncio.run(store.back_up(tmp_path / name))
    restore(tmp_path / name, tmp_path / "other" / ".flowforge")

    other = open_lab(tmp_path / "other" / ".flowforge")

    rows = other.history.rows("select workflow_id as w from executions order by 1")
    assert [row["w"] for row in rows] == ["recent", "sealed"]
    assert other.blobs.digests() == store.blobs.digests()
    assert len(asyncio.run(other.catalogue.list_workflows())) == 1
    assert size == (tmp_path / name).stat().st_size


@pytest.mark.slow
def test_a_store_restored_elsewhere_fires_no_trigger(store, open_lab, tmp_path):
    asyncio.run(store.back_up(tmp_path / "lab.zip"))
    restore(tmp_path / "lab.zip", tmp_path / "other")

    assert open_lab(tmp_path / "other").is_copy
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700


@pytest.mark.slow
def test_a_backup_while_executions_run_holds_whole_executions_only(store, open_lab, tmp_path):
    async def work() -> None:
        running = [tell_one(store) for _ in range(200)]
        await asyncio.gather(*running, store.back_up(tmp_path / "lab.zip"))

    asyncio.run(work())
    restore(tmp_path / "lab.zip", tmp_path / "other")

    other = open_lab(tmp_path / "other")
    holes = "select 1 from events group by execution_id having max(seq) <> count(*)"
    assert other.history.rows(holes) == []


def test_a_store_is_never_restored_over_another(store, folder, tmp_path):
    asyncio.run(store.back_up(tmp_path / "lab.zip"))

    with pytest.raises(ConflictError, match="holds a store already"):
        restore(tmp_path / "lab.zip", folder)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_backup_is_refused_and_leaves_nothing(tmp_path, content):
    (tmp_path / "bad.zip").write_bytes(content)

    with pytest.raises(StoreUnavailableError):
        restore(tmp_path / "bad.zip", tmp_path / "other")

    assert [path.name for path in tmp_path.iterdir()] == ["bad.zip"]


def test_a_backup_onto_a_full_disk_leaves_nothing_half(store, folder, small_disk):
    fill(small_disk / "filler")

    with pytest.raises(StoreFullError):
        asyncio.run(store.back_up(small_disk / "lab.zip"))

    assert [path.name for path in small_disk.iterdir()] == ["filler"]
    assert list(folder.glob("backup-*")) == []


def test_a_backup_that_was_cut_off_is_refused(store, tmp_path):
    asyncio.run(store.back_up(tmp_path / "lab.tgz"))
    whole = (tmp_path / "lab.tgz").read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(StoreUnavailableError, match=r"cannot restore from .*cut\.tgz"):
        restore(tmp_path / "cut.tgz", tmp_path / "other" / ".flowforge")


def test_settings_and_connections_are_in_the_backup(store, folder, tmp_path):
    (folder / "flowforge.toml").write_text("[settings]\npoll_seconds = 1\n")
    asyncio.run(store.back_up(tmp_path / "lab.zip"))

    restore(tmp_path / "lab.zip", tmp_path / "other" / ".flowforge")

    restored = tmp_path / "other" / ".flowforge" / "flowforge.toml"
    assert restored.read_text() == "[settings]\npoll_seconds = 1\n"


@pytest.mark.parametrize("name", ["lab.tar", "lab.tgz", "lab.zip"])
def test_a_backup_with_one_altered_bit_is_never_taken_for_a_whole_one(store, tmp_path, name):
    asyncio.run(store.back_up(tmp_path / name))
    whole = (tmp_path / name).read_bytes()
    place = whole.find(b"a blob") if name == "lab.tar" else len(whole) // 2
    altered = bytearray(whole)
    altered[place] ^= 1
    (tmp_path / name).write_bytes(altered)

    with pytest.raises(StoreUnavailableError):
        restore(tmp_path / name, tmp_path / "other")

    assert [path.name for path in tmp_path.iterdir() if path.name != ".flowforge"] == [name]


def test_a_backup_cut_off_between_two_files_is_refused(store, tmp_path):
    asyncio.run(store.back_up(tmp_path / "lab.tar"))
    with tarfile.open(tmp_path / "lab.tar") as archive:
        last = archive.getmembers()[-2]
    whole = (tmp_path / "lab.tar").read_bytes()
    (tmp_path / "lab.tar").write_bytes(whole[: last.offset])

    with pytest.raises(StoreUnavailableError, match="damaged or cut off"):
        restore(tmp_path / "lab.tar", tmp_path / "other")
