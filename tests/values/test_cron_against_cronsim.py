"""The same lines read by another library: random ones, five zones, the weeks when clocks are changed."""
# ruff: noqa: DTZ001  # Hypothesis wants them so

import os
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_lab.values import CronSpec

LINES_A_ZONE = int(os.environ.get("FLOWFORGE_CRON_EXAMPLES", "200"))
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "America/St_Johns",
]
CHANGES = [  # where cronsim is wrong itself: at midnight, by half an hour, by two hours, by a day
    ("Asia/Beirut", datetime(2025, 3, 29, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2025, 10, 25, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2025, 4, 24, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 4, 5, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2025, 10, 4, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2025, 3, 29, 12, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2025, 10, 25, 12, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2025, 10, 25, 12, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC)),
]
WEEKS = [
    datetime(year, month, day, tzinfo=UTC)
    for year in range(2024, 2028)
    for month, day in [(3, 7), (3, 27), (4, 3), (10, 2), (10, 24), (10, 30)]
]


def parts(low, high):
    number = st.integers(low, high)
    pairs = st.tuples(number, number).map(sorted).filter(lambda pair: pair[0] < pair[1])
    span = pairs.map(lambda pair: f"{pair[0]}-{pair[1]}")  # cronsim reads 3-3/2 as 3-59/2
    step = st.integers(1, high - low + 1)
    stepped = st.tuples(span | number | st.just("*"), step).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    return number.map(str) | span | stepped


def field(low, high, *more):
    plain = parts(low, high)
    lists = st.lists(plain.filter(lambda part: "*" not in part), min_size=1, max_size=3).map(
        ",".join
    )
    return st.one_of(st.just("*"), plain, lists, *more)


DAYS = field(1, 31, st.just("L"), st.just("15,L"))
NTH = st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda pair: f"{pair[0]}#{pair[1]}")
WEEKDAYS = field(0, 6, NTH, st.integers(0, 6).map(lambda day: f"{day}L"), st.just("7"))
LINES = st.tuples(field(0, 59), field(0, 23), DAYS, field(1, 12), WEEKDAYS).map(" ".join)

NIGHTLY = st.tuples(field(0, 59), field(0, 4) | field(0, 23)).map(" ".join).map("{} * * *".format)


def usable(line):
    try:
        return CronSpec.parse(line)
    except ValueError:
        return None


def agree(line, start, zone, count):
    spec = usable(line)
    if spec is None:
        return
    ours = list(islice(spec.fires_after(start, zone), count))
    theirs = [
        fire.astimezone(UTC) for fire in islice(CronSim(line, start.astimezone(zone)), count)
    ]

    assert ours == theirs, f"{line!r} from {start} in {zone}: {ours[:3]}, cronsim {theirs[:3]}"


@pytest.mark.slow
@settings(max_examples=150)
@given(LINES, st.sampled_from(WEEKS), st.sampled_from(ZONES), st.integers(0, 7 * 86_400))
def test_random_lines_fire_when_cronsim_says(line, week, zone, seconds):
    agree(line, week + timedelta(seconds=seconds), ZoneInfo(zone), 12)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.tuples(field(0, 59), LINES).map(" ".join), st.sampled_from(WEEKS))
def test_random_lines_with_seconds_fire_when_cronsim_says(line, week):
    agree(line, week, ZoneInfo("UTC"), 12)


def by_the_rule(line, start, zone):
    """Every minute of a day looked at: the rule for changes of clocks, word by word."""
    minutes = [start + timedelta(minutes=count) for count in range(24 * 60)]
    walls = [minute.astimezone(zone).replace(tzinfo=None) for minute in minutes]
    matching = set()
    for wall in CronSim(line, walls[0] - timedelta(minutes=1)):
        if wall > max(walls):
            break
        matching.add(wall)
    if any(part.startswith("*") for part in line.split()[:2]):
        return [minute for minute, wall in zip(minutes, walls, strict=True) if wall in matching]
    found, due = [], sorted(matching, reverse=True)
    for minute, wall in zip(minutes, walls, strict=True):
        if due and due[-1] <= wall:
            found.append(minute)
            while due and due[-1] <= wall:
                due.pop()
    return found


@pytest.mark.slow
@settings(max_examples=100)
@given(NIGHTLY, st.sampled_from(CHANGES))
def test_random_lines_follow_the_rule_when_clocks_are_changed(line, change):
    spec = usable(line)
    if spec is None:
        return
    zone, start = ZoneInfo(change[0]), change[1]
    end = start + timedelta(days=1) - timedelta(seconds=1)

    found = list(spec.fires_between(start - timedelta(seconds=1), end, zone))

    assert found == by_the_rule(line, start, zone), f"{line!r} in {zone}"


@pytest.mark.slow
@settings(max_examples=60)
@given(LINES, st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)), st.sampled_from(ZONES))
def test_the_next_fire_is_the_same_from_anywhere_before_it(line, start, zone):
    spec = usable(line)
    if spec is None:
        return
    zone, start = ZoneInfo(zone), start.replace(tzinfo=UTC)
    first, second = islice(spec.fires_after(start, zone), 2)

    halfway = first + (second - first) / 2

    assert spec.next_after(first - timedelta(microseconds=1), zone) == first
    assert spec.next_after(first, zone) == spec.next_after(halfway, zone) == second


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=LINES_A_ZONE, derandomize=False, suppress_health_check=list(HealthCheck))
@given(LINES, st.sampled_from(WEEKS), st.integers(0, 14 * 86_400))
def test_many_random_lines_of_a_zone_fire_when_cronsim_says(zone, line, week, seconds):
    agree(line, week + timedelta(seconds=seconds), ZoneInfo(zone), 40)
