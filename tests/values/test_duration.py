import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from flowforge_lab.values import Duration, format_duration, lasted, parse_duration

CENTURY = 100 * 365 * 86_400


class Wait(BaseModel):
    length: Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("10m", 600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
        (" 3s ", 3),
        ("0s", 0),
        (7, 7),
        (0.25, 0.25),
    ],
)
def test_reads_lengths_of_time_as_people_write_them(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ten",
        "5",
        "5 m",
        "m",
        "-5s",
        "5s5",
        "1e3s",
        "٣s",
        True,
        None,
        -1,
        math.nan,
        math.inf,
        "36501d",
        "9" * 400 + "s",
    ],
)
def test_refuses_what_is_no_length_of_time(wrong):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(wrong)


@given(st.floats(0, CENTURY, allow_nan=False))
def test_what_is_written_is_read_as_the_same(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(0, CENTURY))
def test_whole_seconds_are_written_without_a_point(seconds):
    text = format_duration(seconds)

    assert "." not in text
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.5, "500ms"),
        (90, "1m30s"),
        (3600, "1h"),
        (86_400, "1d"),
        (90.5, "1m30.5s"),
        (60, "1m"),
    ],
)
def test_writes_the_shortest_text(seconds, text):
    assert format_duration(seconds) == text


def test_a_field_reads_text_or_seconds_and_writes_text():
    assert Wait(length="1m30s").length == 90
    assert Wait(length=90).model_dump(mode="json") == {"length": "1m30s"}


def test_a_field_says_what_was_expected():
    with pytest.raises(ValidationError, match="expected a duration such as"):
        Wait(length="soon")


def test_how_long_something_took_is_told_short_and_plain():
    lengths = (0, 0.0004, 0.0123, 3.44, 125, 7325, 180_000)

    assert [lasted(length) for length in lengths] == [
        "0 ms",
        "0.4 ms",
        "12 ms",
        "3.4 s",
        "2 m 05 s",
        "2 h 02 m",
        "2 d 02 h",
    ]
