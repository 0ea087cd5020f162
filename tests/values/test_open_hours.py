from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from flowforge_lab.values import OpenHours, parse_clock, parse_days

BERLIN = ZoneInfo("Europe/Berlin")


def hours(days="mon-fri", opens="09:00", closes="17:00", zone=BERLIN):
    return OpenHours(parse_days(days), parse_clock(opens), parse_clock(closes), zone)


def berlin(*numbers, fold=0):
    return datetime(*numbers, tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (berlin(2030, 1, 30, 12), berlin(2030, 1, 30, 12)),  # a Wednesday, open
        (berlin(2030, 1, 30, 9), berlin(2030, 1, 30, 9)),
        (berlin(2030, 1, 30, 8, 59), berlin(2030, 1, 30, 9)),
        (berlin(2030, 1, 30, 17), berlin(2030, 1, 31, 9)),  # closed at the minute it closes
        (berlin(2030, 2, 1, 18), berlin(2030, 2, 4, 9)),  # Friday evening
        (berlin(2030, 2, 3, 0), berlin(2030, 2, 4, 9)),
        (datetime(2030, 1, 30, 7, 59, tzinfo=UTC), berlin(2030, 1, 30, 9)),
    ],
)
def test_gives_the_next_open_moment(moment, expected):
    assert hours().next_open(moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (berlin(2030, 3, 29, 18), datetime(2030, 4, 1, 7, tzinfo=UTC)),  # summer time since Sunday
        (
            berlin(2030, 10, 25, 18),
            datetime(2030, 10, 28, 8, tzinfo=UTC),
        ),  # winter time since Sunday
    ],
)
def test_nine_is_what_the_clocks_show_also_after_they_were_changed(moment, expected):
    assert hours().next_open(moment) == expected


def test_a_time_that_the_clocks_skip_is_that_of_the_change():
    night = hours("sun", "02:30", "05:00")

    assert night.next_open(berlin(2030, 3, 31, 0)) == datetime(2030, 3, 31, 1, tzinfo=UTC)


def test_hours_that_the_clocks_skip_altogether_are_not_open_that_day():
    night = hours("sun", "02:15", "02:45")

    assert night.next_open(berlin(2030, 3, 31, 0)) == berlin(2030, 4, 7, 2, 15)


def test_of_an_hour_that_comes_twice_the_first_counts():
    night = hours("sun", "02:30", "02:45")
    second = berlin(2030, 10, 27, 2, 35, fold=1)

    assert night.next_open(berlin(2030, 10, 27, 2, 35)) == datetime(
        2030, 10, 27, 0, 35, tzinfo=UTC
    )
    assert night.next_open(second) == berlin(2030, 11, 3, 2, 30)


def test_hours_over_midnight_belong_to_the_day_they_begin_on():
    night = hours("fri", "22:00", "06:00")

    assert night.next_open(berlin(2030, 2, 2, 3)) == berlin(2030, 2, 2, 3)  # Saturday, early
    assert night.next_open(berlin(2030, 2, 2, 6)) == berlin(2030, 2, 8, 22)


def test_a_whole_day_is_open_from_midnight_to_midnight():
    whole = hours("mon-sun", "00:00", "24:00")

    assert whole.next_open(berlin(2030, 3, 31, 23, 59)) == berlin(2030, 3, 31, 23, 59)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("Sat-Mon", {5, 6, 0}),
        ("monday, wed,sun", {0, 2, 6}),
        ("tue-tue", {1}),
        ("mon-sun", set(range(7))),
    ],
)
def test_reads_days(text, days):
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "mo-fr", "mon-", "weekdays", "mon;tue", "1-5"])
def test_refuses_what_names_no_days(text):
    with pytest.raises(ValueError, match="expected days"):
        parse_days(text)


@pytest.mark.parametrize("text", ["", "9", "25:00", "24:01", "09:60", "9am", "-1:00"])
def test_refuses_what_is_no_time_of_day(text):
    with pytest.raises(ValueError, match="expected a time of day"):
        parse_clock(text)
