"""`flowforge import`: a file of another product becomes a workflow of the lab, and a report says how."""

import json

import pytest

from flowforge_lab.lab import open_lab
from tests.importers.foreign import text_of


@pytest.fixture
def folder(tmp_path):
    with open_lab(tmp_path):
        pass
    return tmp_path


@pytest.mark.slow
def test_a_workflow_is_saved_and_each_node_is_told_of(folder, flowforge):
    (folder / "orders.json").write_text(text_of("n8n_orders.json"))

    answer = flowforge("import", str(folder / "orders.json"), "--lab", str(folder), "--json")

    told = json.loads(answer.out)
    assert answer.code == 0
    assert (told["source"], told["counts"]["mapped"], told["counts"]["partly"]) == ("n8n", 6, 1)
    assert told["workflows"][0]["id"] == "orders_to_report"
    assert (folder / "orders_to_report.flow.yaml").is_file()


@pytest.mark.slow
def test_drafts_connections_and_remarks_are_told_to_people(folder, flowforge):
    (folder / "older.json").write_text(text_of("n8n_older.json"))

    answer = flowforge("import", str(folder / "older.json"), "--lab", str(folder))

    assert "connection to make: shop_db (postgresql), 'Shop DB' there" in answer.out
    assert "older.flow.yaml: a draft" in answer.out
    assert "n8n: 4 mapped, 3 partly, 1 placeholder, 0 left out" in answer.out


@pytest.mark.slow
def test_nothing_is_overwritten(folder, flowforge):
    (folder / "o.json").write_text(text_of("n8n_orders.json"))
    mine = folder / "mine.flow.yaml"
    mine.write_text("keep me")

    onto = flowforge("import", str(folder / "o.json"), "-o", str(mine), "--lab", str(folder))
    first = flowforge("import", str(folder / "o.json"), "--lab", str(folder))
    again = flowforge("import", str(folder / "o.json"), "--lab", str(folder))

    assert (onto.code, first.code, again.code) == (4, 0, 4)
    assert "nothing was imported" in again.err
    assert mine.read_text() == "keep me"


def test_a_dry_run_writes_nothing(tmp_path, flowforge):
    (tmp_path / "flow.yaml").write_text(text_of("kestra_weather.yaml"))

    answer = flowforge("import", str(tmp_path / "flow.yaml"), "--dry-run", "--json")

    assert json.loads(answer.out)["workflows"] == [{"id": "weather_report"}]
    assert not list(tmp_path.glob("*.flow.yaml"))


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (None, 3, "there is no file"),
        (b"", 1, "expected a mapping"),
        (b"\xff\xfe\x00", 1, "expected UTF-8"),
        (b'{"a": 1}', 1, "none of them"),
    ],
)
def test_what_cannot_be_imported_is_told_in_words(tmp_path, flowforge, content, code, told):
    if content is not None:
        (tmp_path / "x.json").write_bytes(content)

    answer = flowforge("import", str(tmp_path / "x.json"), "--dry-run")

    assert answer.code == code
    assert told in answer.err


def test_one_name_does_not_fit_several_workflows(tmp_path, flowforge):
    (tmp_path / "flows.json").write_text(text_of("node_red_home.json"))

    answer = flowforge("import", str(tmp_path / "flows.json"), "-o", "one.flow.yaml")

    assert answer.code == 2
    assert "holds 2 workflows" in answer.err
