# ruff: noqa: DTZ001  # what clocks show
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from flowforge_lab.values import CronSpec, find_zone

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2025, 3, 29, 12, tzinfo=UTC)
AUTUMN = datetime(2025, 10, 25, 12, tzinfo=UTC)


def fires(text, after, count, zone=BERLIN):
    """The first fires as the clocks show them, each with the offset of that moment."""
    found = islice(CronSpec.parse(text).fires_after(after, zone), count)
    return [fire.astimezone(zone).strftime("%d %H:%M:%S%z") for fire in found]


def on_day(text, day, zone):
    start = day.replace(tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
    end = (day + timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC)
    between = CronSpec.parse(text).fires_between(start, end - timedelta(microseconds=1), zone)
    return [fire.astimezone(zone).strftime("%H:%M%z") for fire in between]


def test_a_fixed_time_that_clocks_skip_runs_once_right_after_the_gap():
    assert fires("30 2 * * *", SPRING, 2) == ["30 03:00:00+0200", "31 02:30:00+0200"]


def test_several_skipped_times_run_once_together():
    assert fires("0,20,40 2,3 * * *", SPRING, 3) == [
        "30 03:00:00+0200",
        "30 03:20:00+0200",
        "30 03:40:00+0200",
    ]


def test_a_fixed_time_in_an_hour_that_comes_twice_runs_the_first_time_only():
    assert fires("30 2 * * *", AUTUMN, 2) == ["26 02:30:00+0200", "27 02:30:00+0100"]


def test_a_fixed_time_asked_for_within_the_second_pass_runs_the_next_day():
    within = datetime(2025, 10, 26, 1, 10, tzinfo=UTC)

    assert fires("30 2 * * *", within, 1) == ["27 02:30:00+0100"]


def test_a_star_in_the_hours_follows_the_time_that_goes_by():
    assert on_day("30 * * * *", datetime(2025, 3, 30), BERLIN)[:3] == [
        "00:30+0100",
        "01:30+0100",
        "03:30+0200",
    ]
    assert on_day("30 * * * *", datetime(2025, 10, 26), BERLIN)[1:4] == [
        "01:30+0200",
        "02:30+0200",
        "02:30+0100",
    ]


def test_a_star_in_the_minutes_of_a_skipped_hour_does_not_run_that_day():
    assert on_day("*/30 2 * * *", datetime(2025, 3, 30), BERLIN) == []
    assert len(on_day("*/30 2 * * *", datetime(2025, 10, 26), BERLIN)) == 4


def test_every_second_has_no_hole_when_clocks_are_changed():
    change = datetime(2025, 10, 26, 1, tzinfo=UTC)

    found = list(
        CronSpec.parse("* * * * * *").fires_between(
            change - timedelta(seconds=5), change + timedelta(seconds=5), BERLIN
        )
    )

    assert [later - earlier for earlier, later in pairwise(found)] == [timedelta(seconds=1)] * 9


def test_a_change_of_half_an_hour_is_followed_as_well():
    lord_howe = ZoneInfo("Australia/Lord_Howe")

    assert on_day("15 2 * * *", datetime(2025, 10, 5), lord_howe) == ["02:30+1100"]
    assert on_day("45 1 * * *", datetime(2025, 4, 6), lord_howe) == ["01:45+1100"]
    assert on_day("45 * * * *", datetime(2025, 4, 6), lord_howe)[1:3] == [
        "01:45+1100",
        "01:45+1030",
    ]


def test_midnight_runs_on_the_day_whose_midnight_is_skipped():
    beirut = ZoneInfo("Asia/Beirut")

    assert on_day("@daily", datetime(2025, 3, 30, 1), beirut)[0] == "01:00+0300"


def test_a_whole_day_that_is_skipped_runs_once_at_its_end():
    found = fires(
        "0 12 * * *", datetime(2011, 12, 29, 23, tzinfo=UTC), 3, ZoneInfo("Pacific/Apia")
    )

    assert found == ["31 00:00:00+1400", "31 12:00:00+1400", "01 12:00:00+1400"]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("57-57 * * * *", {57}), ("5/20 * * * *", {5, 25, 45}), ("1-9/4,30 * * * *", {1, 5, 9, 30})],
)
def test_minutes_are_read_as_they_are_written(text, minutes):
    found = islice(CronSpec.parse(text).fires_after(SPRING, BERLIN), 12)

    assert {fire.minute for fire in found} == minutes


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        (" @Weekly ", "0 0 * * sun"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 jan *"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * FRI-sun", "0 0 * * 0,5,6"),
        ("0 0 * Jan-MAR ?", "0 0 * 1-3 *"),
        ("0 30 7 * * 1-5", "30 7 * * mon-fri"),
        ("0  0 *\t* *", "0 0 * * *"),
    ],
)
def test_two_ways_to_say_the_same(text, same):
    assert CronSpec.parse(text).lines == CronSpec.parse(same).lines


def test_seconds_come_first():
    assert fires("10,40 5 * * * *", SPRING, 2) == ["29 13:05:10+0100", "29 13:05:40+0100"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 0 13 * fri", [4, 11, 13, 18]),
        ("0 0 1 * mon#2", [1, 14]),
        ("0 0 13 * 0-6", [1, 2, 3, 4]),
        ("0 0 */10 * fri", [11]),
        ("0 0 13 * *", [13]),
        ("0 0 L * *", [30]),
        ("0 0 15,L * *", [15, 30]),
        ("0 0 * * mon#1,wed#3", [7, 16]),
        ("0 0 * * friL", [25]),
    ],
)
def test_days_of_april_2025(text, days):
    start, end = datetime(2025, 3, 31, 23, tzinfo=UTC), datetime(2025, 4, 30, 23, tzinfo=UTC)

    found = [fire.day for fire in CronSpec.parse(text).fires_between(start, end, ZoneInfo("UTC"))]

    assert found[: len(days)] == days
    assert len(days) == 4 or len(found) == len(days)


def test_the_29th_of_february_waits_for_a_leap_year():
    found = islice(
        CronSpec.parse("0 0 29 2 *").fires_after(datetime(2096, 3, 1, tzinfo=UTC), BERLIN), 2
    )

    assert [fire.astimezone(BERLIN).year for fire in found] == [2104, 2108]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 0 30 2 *", "it never comes true"),
        ("0 0 31 2,4,6,9,11 *", "it never comes true"),
        ("0 0 */31 2 mon#5", "it never comes true"),
        ("", "expected 5 fields .* or 6 with seconds first, found 0"),
        ("* * * *", "found 4"),
        ("* * * * * * *", "found 7"),
        ("every day", "found 2"),
        ("60 * * * *", "minute: expected a number from 0 to 59, found '60'"),
        ("61 * * * * *", "second: expected a number from 0 to 59, found '61'"),
        ("* 24 * * *", "hour: expected a number from 0 to 23, found '24'"),
        ("* * 0 * *", "day of the month: expected a number from 1 to 31, found '0'"),
        ("* * * 13 *", "month: expected a number from 1 to 12 or jan to dec, found '13'"),
        ("* * * * monday", "day of the week: .*, found 'monday'"),
        ("*/0 * * * *", "minute: expected a step from 1 to 60 after '/', found '0'"),
        ("*/90 * * * *", "minute: expected a step from 1 to 60 after '/', found '90'"),
        ("*/ * * * *", "found ''"),
        ("* 22-2 * * *", "hour: expected a range that goes up, found '22-2'"),
        ("1,,2 * * * *", "minute: .*, found ''"),
        ("-1 * * * *", "minute: .*, found ''"),
        ("1-2-3 * * * *", "minute: .*, found '2-3'"),
        ("٣ * * * *", "minute: .*, found '٣'"),
        ("? * * * *", r"minute: .*, found '\?'"),
        ("* * * * mon,tue#2", "cannot stand beside plain ones"),
        ("* * * * mon#6", "found 'mon#6'"),
        (
            "* * * * 1/2",
            "day of the week: expected a range such as 'mon-fri' before '/', found '1'",
        ),
        ("@reboot", "expected one of @hourly, .*, found '@reboot'"),
        ("1e400 * * * *", "minute: "),
        ("9" * 5000 + " * * * *", "minute: "),
    ],
)
def test_says_what_is_wrong_and_where(text, told):
    with pytest.raises(ValueError, match=told) as caught:
        CronSpec.parse(text)

    assert str(caught.value).startswith("cron ")


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="expected a moment with a time zone"):
        CronSpec.parse("@daily").next_after(datetime(2025, 1, 1), BERLIN)


def test_a_fire_is_never_the_moment_that_was_asked_about():
    spec = CronSpec.parse("0 0 * * *")
    midnight = datetime(2025, 6, 1, 22, tzinfo=UTC)

    assert spec.next_after(midnight, BERLIN) == midnight + timedelta(days=1)
    assert spec.next_after(midnight - timedelta(microseconds=1), BERLIN) == midnight
    assert list(spec.fires_between(midnight, midnight, BERLIN)) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Europe/Berlni", "did you mean 'Europe/Berlin'"),
        ("europe/berlin", "did you mean 'Europe/Berlin'"),
        ("tokyo", "did you mean 'Asia/Tokyo'"),
        ("New York", "did you mean 'America/New_York'"),
        ("Europe", "found 'Europe'"),
        ("", "found ''"),
        ("../etc/passwd", "found"),
        ("a\0b", "found"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_the_nearest(name, told):
    with pytest.raises(ValueError, match=f"expected the IANA name of a time zone.*{told}"):
        find_zone(name)
