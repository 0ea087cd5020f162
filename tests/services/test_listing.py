"""Pages of long lists, against lists sorted as a whole."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from flowforge_lab.services import listing
from flowforge_lab.services.listing import Listing, Wanted

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT, SIZE = 230, 20


class Past:
    """Executions in DuckDB: many equal durations and starts, and some that are not over."""

    def __init__(self):
        self._database = duckdb.connect()
        self._database.execute("set TimeZone = 'UTC'")
        self._database.execute(
            """create table executions (execution_id text, workflow_id text, version text, trigger text,
              status text, started_at timestamptz, finished_at timestamptz, duration double,
              "user" text, session text, chat text, error json, parent text, origin text)"""
        )
        luck = random.Random(7)
        self.rows_in = []
        for number in range(COUNT):
            is_over = number % 9 != 0
            started = START + timedelta(minutes=luck.randrange(40))
            duration = luck.randrange(30) / 10 if is_over else None
            status = luck.choice(["failed", "succeeded"]) if is_over else "running"
            self.rows_in.append((f"{number:04}", f"w{number % 3}", status, started, duration))
        luck.shuffle(self.rows_in)
        self._database.executemany(
            "insert into executions (execution_id, workflow_id, status, started_at, duration) values (?, ?, ?, ?, ?)",
            self.rows_in,
        )

    def rows(self, sql, params=None):
        found = self._database.execute(sql, params or {})
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def ids_by(self, sort, wanted):
        """Return all ids as they should come: those without a key last, equal keys by id."""
        place = 3 if "started_at" in sort else 4
        kept = [row for row in self.rows_in if wanted(row)]
        is_down = sort.startswith("-")
        with_key = sorted((row for row in kept if row[place] is not None), key=lambda r: r[0])
        with_key.sort(key=lambda r: (r[place], r[0]), reverse=is_down)
        without = sorted(
            (r for r in kept if r[place] is None), key=lambda r: r[0], reverse=is_down
        )
        return [row[0] for row in [*with_key, *without]]


@pytest.fixture(scope="module")
def past():
    return Past()


@pytest.mark.parametrize("near", [0, 60, 10_000])
@pytest.mark.parametrize("sorted_by", ["started_at", "nothing"])
@pytest.mark.parametrize("sort", ["-started_at", "started_at", "-duration", "duration"])
def test_each_page_of_a_long_list_is_the_part_of_the_whole(
    past, monkeypatch, sort, near, sorted_by
):
    monkeypatch.setattr(listing, "_MANY", 0)
    monkeypatch.setattr(listing, "_NEAR", near)
    monkeypatch.setattr(listing, "_SORTED_BY", sorted_by)
    whole = past.ids_by(sort, lambda row: True)

    pages = [
        asyncio.run(Listing(past).page(Wanted(sort=sort, page=number, size=SIZE)))
        for number in range(1, COUNT // SIZE + 3)
    ]

    assert [row["id"] for page in pages for row in page.items] == whole
    assert {page.total for page in pages} == {COUNT}


@pytest.mark.parametrize("near", [0, 10_000])
@pytest.mark.parametrize("sort", ["-duration", "started_at"])
def test_a_long_list_is_filtered_before_it_is_paged(past, monkeypatch, sort, near):
    monkeypatch.setattr(listing, "_MANY", 0)
    monkeypatch.setattr(listing, "_NEAR", near)
    whole = past.ids_by(sort, lambda row: row[1] == "w1" and row[2] == "failed")
    assert len(whole) > 2 * 7

    found = []
    for number in range(1, len(whole) // 7 + 2):
        wanted = Wanted(workflow_id="w1", status=("failed",), sort=sort, page=number, size=7)
        found += [row["id"] for row in asyncio.run(Listing(past).page(wanted)).items]

    assert found == whole
