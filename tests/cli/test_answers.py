"""Values as plain JSON for programs, and as text for the eye."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from rich.console import Console

from flowforge_lab.cli.answers import plain
from flowforge_lab.cli.tables import shown
from flowforge_lab.values import Frame


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (None, None),
        (True, True),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (-float("inf"), "-Infinity"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("1.10"), "1.10"),
        (b"abc", "YWJj"),
        ({1: (2, None)}, {"1": [2, None]}),
    ],
)
def test_every_value_has_a_plain_form(value, answer):
    assert plain(value) == answer


def test_a_frame_answers_with_its_rows_and_missing_values_as_null():
    table = pd.DataFrame(
        {"n": [1, 2], "x": [1.5, None], "t": pd.to_datetime(["2026-01-02", None])}
    )

    answer = plain(Frame.of(table))

    assert answer["row_count"] == 2
    assert answer["rows"] == [
        {"n": 1, "x": 1.5, "t": "2026-01-02T00:00:00"},
        {"n": 2, "x": None, "t": None},
    ]


def test_a_long_frame_is_cut_and_says_how_long_it_is():
    answer = plain(Frame.of(pd.DataFrame({"n": range(5000)})))

    assert (answer["row_count"], len(answer["rows"])) == (5000, 1000)


def drawn(value):
    console = Console(width=120)
    with console.capture() as captured:
        console.print(shown(value))
    return captured.get()


def test_a_wide_and_long_table_is_cut_with_notes():
    rows = [{f"column{number}": "x" * 500 for number in range(30)}] * 100

    text = drawn(rows)

    assert "… 88 more of 100 rows" in text
    assert "… 20 more columns" in text


def test_long_text_is_cut_and_markup_is_shown_as_it_is():
    assert "… 98,000 more characters" in drawn("y" * 100_000)
    assert "[red]x[/nope]" in drawn("[red]x[/nope]")
    assert "[red]" in drawn([{"a": "[red]"}])


def test_an_empty_frame_has_its_columns():
    assert "carrier" in drawn(Frame.of(pd.DataFrame({"carrier": []})))
