"""Tables in files: read and written in every format, and what is refused."""

import pandas as pd
import pytest
from pydantic import ValidationError

from flowforge_lab.clients.code.table_files import read_table, work_through, write_table
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry

FORMATS = {
    "csv": "x.csv",
    "tsv": "x.tsv",
    "parquet": "x.parquet",
    "excel": "x.xlsx",
    "json": "x.json",
}
FORMATS |= {"jsonl": "x.jsonl"}
FACTS = {
    "format": "auto",
    "sheet": "S",
    "separator": ",",
    "text": [],
    "encoding": "utf-8",
    "decimal": ".",
}
TYPED = pd.DataFrame({"n": [1, 2], "text": ["ä", "b,c"], "x": [0.5, 1.5]})


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.slow
def test_a_table_written_to_a_file_reads_back(kind):
    name = FORMATS[kind]

    done = work_through({"frame": TYPED}, [], max_rows=0, write={**FACTS, "name": name})
    again = read_table({**FACTS, "name": name, "content": done["content"]})

    assert again.to_dict("list") == TYPED.to_dict("list")


@pytest.mark.slow
def test_times_with_zones_go_into_a_sheet():
    zoned = TYPED.assign(at=pd.to_datetime(["2030-01-01T10:00+02:00"] * 2))

    content = write_table(zoned, {**FACTS, "name": "x.xlsx"})
    again = read_table({**FACTS, "name": "x.xlsx", "content": content})

    assert str(again["at"][0]) == "2030-01-01 08:00:00"


def read_bytes(content, name="x.csv", **told):
    return read_table({**FACTS, "name": name, "content": content, **told})


def test_columns_may_stay_text():
    content = b"zip,phone,n\n01067,+49151,7\n,007,8\n"
    some, every = read_bytes(content, text=["zip", "phone"]), read_bytes(content, text=["*"])

    assert list(some["zip"].fillna("-")) == ["01067", "-"]
    assert (list(some["phone"]), list(some["n"])) == (["+49151", "007"], [7, 8])
    assert list(every["n"]) == ["7", "8"]
    with pytest.raises(NodeError) as caught:
        read_bytes(content, text=["zpi"])
    assert caught.value.detail == "no column 'zpi' to be text; there are: zip, phone, n"


def test_a_file_may_be_written_as_elsewhere():
    content = "Straße;Preis\nGrün;1,5\n".encode("latin-1")
    found = read_bytes(content, separator=";", encoding="latin-1", decimal=",")

    assert found.to_dict("records") == [{"Straße": "Grün", "Preis": 1.5}]
    with pytest.raises(NodeError, match="is no csv table"):
        read_bytes(content)
    with pytest.raises(ValidationError, match="no encoding is called 'latin-x'"):
        Registry().get("data.frame").config.model_validate(
            {"read": {"path": "x.csv", "encoding": "latin-x"}}
        )


@pytest.mark.slow
def test_text_in_a_sheet_stays_text():
    content = write_table(pd.DataFrame({"zip": ["01067"], "n": [1]}), {**FACTS, "name": "x.xlsx"})
    numbers = pd.DataFrame({"zip": [1067], "n": [1]})
    written = write_table(numbers, {**FACTS, "name": "x.xlsx"})

    assert list(read_bytes(content, "x.xlsx", text=["zip"])["zip"]) == ["01067"]
    assert list(read_bytes(written, "x.xlsx", text=["zip"])["zip"]) == ["1067"]


@pytest.mark.slow
def test_text_in_a_sheet_is_never_a_formula():
    words = ["=1+1", '=HYPERLINK("http://evil.example","click")', "plain", "="]
    told = pd.DataFrame({"=A1": words, "n": [1, 2, 3, 4]})

    content = write_table(told, {**FACTS, "name": "x.xlsx"})
    again = read_table({**FACTS, "name": "x.xlsx", "content": content})

    assert again.to_dict("list") == told.to_dict("list")


@pytest.mark.parametrize("kind", ["parquet", "excel", "json", "jsonl"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff rubbish", b'{"a"'])
def test_rubbish_is_no_table(kind, content):
    with pytest.raises(NodeError) as caught:
        read_table({**FACTS, "format": kind, "name": "x", "content": content})

    assert (caught.value.type, caught.value.is_transient) == ("frame.read", False)


@pytest.mark.slow
def test_a_table_too_wide_for_a_sheet_is_told():
    wide = pd.DataFrame([[0] * 16_385])

    with pytest.raises(NodeError) as caught:
        write_table(wide, {**FACTS, "name": "x.xlsx"})

    assert caught.value.type == "frame.write"


@pytest.mark.slow
def test_reads_a_file_of_the_folder_and_saves_another(visit, attempt):
    attempt.folder.joinpath("in.csv").write_text("a,b\n1,x\n2,y\n")
    config = {"read": {"path": "in.csv"}, "write": {"name": "out/o.jsonl", "save": True}}

    got = visit("data.frame", config)

    assert got.file.name == "o.jsonl"
    assert (attempt.folder / "out" / "o.jsonl").read_bytes() == got.file.content
    assert [path.name for path in (attempt.folder / "out").iterdir()] == ["o.jsonl"]


@pytest.mark.slow
def test_reads_an_attachment(visit):
    given = {"name": "a.csv", "type": "text/csv", "content": b"a;b\n1;2\n"}

    got = visit("data.frame", {"read": {"content": given, "separator": ";"}})

    assert got.rows == [{"a": 1, "b": 2}]


@pytest.mark.slow
def test_nothing_is_saved_outside_of_the_folder(visit):
    config = {"frame": [{"a": 1}], "write": {"name": "../../o.csv", "save": True}}

    with pytest.raises(NodeError) as caught:
        visit("data.frame", config)

    assert caught.value.type == "file.outside"


def test_what_is_no_file_cannot_be_read(visit):
    with pytest.raises(NodeError) as caught:
        visit("data.frame", {"read": {"content": 5}})

    assert caught.value.type == "file.no_content"


@pytest.mark.parametrize(
    "config",
    [
        {"read": {}},
        {"read": {"path": "a.csv", "content": "x"}},
        {"read": {"path": "a.csv"}, "frame": []},
    ],
)
def test_contradictions_are_refused(config):
    with pytest.raises(ValidationError):
        Registry().get("data.frame").config.model_validate(config)


@pytest.mark.parametrize(
    ("config", "effects"),
    [
        ({}, "none"),
        ({"read": {"path": "a.csv"}}, "reads"),
        ({"read": {"content": "x"}, "write": {"name": "a.csv"}}, "none"),
        ({"write": {"name": "a.csv", "save": True}}, "writes"),
    ],
)
def test_only_what_touches_the_disk_counts_as_such(config, effects):
    assert Registry().get("data.frame").effects_with(config) == effects
