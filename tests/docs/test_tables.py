"""The page of the tables tells every column of every view, with its type, as DuckDB has it."""

import re
from pathlib import Path

import duckdb
import pytest

from flowforge_lab.store.views import RECENT, VIEWS, define_views
from tests.docs.code_blocks import ROOT

TYPES = {"TIMESTAMP WITH TIME ZONE": "timestamptz"}
PAGE = (ROOT / "docs" / "pages" / "history-tables.md").read_text("utf-8")


def told():
    """Return what the page says: the columns of each view with their types, in order."""
    _, *parts = re.split(r"^## (\w+)$", PAGE, flags=re.MULTILINE)
    row = re.compile(r"^\| `(\w+)` \| (\w+) \| .*\S.* \|$", re.MULTILINE)
    return {name: row.findall(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'UTC'")
        database.execute(RECENT)
        for name, query in define_views(Path(), []).items():
            database.execute(f"create view {name} as {query}")
        yield database


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_as_its_page_says(database, view):
    columns = database.execute(f"describe {view}").fetchall()

    assert told()[view] == [(name, TYPES.get(kind, kind.lower())) for name, kind, *_ in columns]


def test_the_page_tells_of_no_other_view():
    assert set(told()) == set(VIEWS)
