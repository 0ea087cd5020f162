"""Which files a Jupyter server shows, and which lab they belong to."""

from pathlib import Path

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.jupyter_server.ground import Ground
from flowforge_lab.jupyter_server.labs import Labs
from flowforge_lab.jupyter_server.overview import overview


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", "/srv"),
        ("a/b.flow.yaml", "/srv/a/b.flow.yaml"),
        ("/a//b", "/srv/a/b"),
        ("./a", "/srv/a"),
    ],
)
def test_an_address_is_a_place_below_the_root(address, place):
    assert Ground(Path("/srv")).path_of(address) == Path(place)


@pytest.mark.parametrize(
    "address",
    ["..", "a/../..", "a\\..\\..\\b", ".ssh/id", "a/.git/config", "a\0b", "S3:bucket/x", "C:\\x"],
)
def test_what_lies_elsewhere_or_is_hidden_does_not_exist(address):
    with pytest.raises(NotFoundError):
        Ground(Path("/srv")).path_of(address)


def test_hidden_files_are_there_where_the_server_shows_them():
    assert Ground(Path("/srv"), has_hidden=True).path_of(".a/b") == Path("/srv/.a/b")


@pytest.mark.parametrize("address", ["..", "a/../../b", "a\\..\\..\\b", "/../etc"])
def test_nothing_leads_out_of_the_root_though_hidden_files_are_shown(address):
    with pytest.raises(NotFoundError):
        Ground(Path("/srv"), has_hidden=True).path_of(address)


def test_a_place_outside_has_no_address():
    ground = Ground(Path("/srv/notebooks"))

    assert ground.address_of(Path("/srv/notebooks/a/b")) == "a/b"
    assert ground.address_of(Path("/srv/notebooks")) == ""
    assert ground.address_of(Path("/srv/other")) is None
    assert Ground(None).address_of(Path("/srv")) is None


def test_a_folder_belongs_to_the_nearest_lab_above_it(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOWFORGE_LAB", raising=False)
    (tmp_path / "shop" / ".flowforge").mkdir(parents=True)
    (tmp_path / "shop" / "reports").mkdir()
    labs = Labs(Ground(tmp_path))

    assert labs.root_of("shop/reports") == tmp_path / "shop"
    assert labs.root_of("elsewhere") == labs.home == tmp_path


def test_a_look_at_a_folder_without_a_lab_makes_none(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOWFORGE_LAB", raising=False)
    (tmp_path / "a.flow.yaml").write_text("nodes: {}\n")

    found = overview(Labs(Ground(tmp_path)))

    assert not found["lab"]["is_used"]
    assert [one["path"] for one in found["workflows"]] == ["a.flow.yaml"]
    assert not (tmp_path / ".flowforge").exists()
