from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowforge_lab.errors import PlanError
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import compile_workflow
from flowforge_lab.spec import Document
from flowforge_lab.triggers import due_fires, first_fires
from flowforge_lab.values import CronSpec

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TWO_SCHEDULES = """
flowforge: 1
id: report
nodes:
  by_hand: {kind: trigger.manual, next: end}
  daily:
    kind: trigger.schedule
    config: {cron: 30 7 * * *, timezone: Europe/Berlin, missed: last}
    next: end
  often: {kind: trigger.schedule, config: {cron: '*/5 * * * *'}, next: end}
  end: {kind: flow.end}
"""


def plan(text):
    return compile_workflow(Document.parse(text).workflow, Registry())


def spec(cron, missed="none", zone="UTC", **more):
    return {"cron": cron, "timezone": zone, "missed": missed, **more}


def hours(fires):
    return [fire.strftime("%d %H:%M") for fire in fires.due]


def test_every_schedule_of_a_plan_has_its_first_fire():
    daily, often = first_fires(plan(TWO_SCHEDULES), NOON)

    assert (daily.node, daily.next_at) == ("daily", datetime(2025, 6, 3, 5, 30, tzinfo=UTC))
    assert daily.spec == spec("30 7 * * *", "last", "Europe/Berlin", max_missed=100)
    assert (often.node, often.next_at) == ("often", NOON + 5 * MINUTE)


def test_a_schedule_without_a_zone_has_that_of_the_lab():
    daily, often = first_fires(plan(TWO_SCHEDULES), NOON, default_zone="Asia/Tokyo")

    assert (daily.spec["timezone"], often.spec["timezone"]) == ("Europe/Berlin", "Asia/Tokyo")


def test_a_plan_without_schedules_has_no_fires():
    text = "flowforge: 1\nid: x\nnodes:\n  by_hand: {kind: trigger.manual}\n"

    assert first_fires(plan(text), NOON) == []


def test_a_fire_within_a_poll_is_due_and_the_next_one_is_known():
    fires = due_fires(spec("0 * * * *"), NOON, NOON + timedelta(milliseconds=400))

    assert fires.due == (NOON,)
    assert fires.next_at == NOON + HOUR


@pytest.mark.parametrize("missed", ["none", "last", "all"])
def test_several_fires_within_one_poll_are_all_on_time(missed):
    now = NOON + timedelta(seconds=30)
    fires = due_fires(spec("* * * * * *", missed), NOON, now, looked_at=NOON - INSTANT)

    assert fires.on_time == tuple(NOON + timedelta(seconds=second) for second in range(31))


@pytest.mark.parametrize(
    ("late", "missed", "count"),
    [(60, "none", 1), (61, "none", 0), (61, "last", 1), (60, "all", 1), (61, "all", 1)],
)
def test_a_minute_late_is_on_time_and_a_second_more_is_missed(late, missed, count):
    fires = due_fires(spec("0 * * * *", missed), NOON, NOON + timedelta(seconds=late))

    assert len(fires.due) == count
    assert fires.next_at == NOON + HOUR


@pytest.mark.parametrize(("missed", "late"), [("none", 0), ("last", 0), ("all", 100)])
@pytest.mark.parametrize("looked_at", [None, NOON - MINUTE, NOON])
def test_of_a_line_of_every_two_seconds_only_the_last_is_on_time_after_a_downtime(
    missed, late, looked_at
):
    now = NOON + 5 * MINUTE + timedelta(seconds=1)

    fires = due_fires(spec("*/2 * * * * *", missed), NOON, now, looked_at=looked_at)

    assert fires.on_time == (NOON + 5 * MINUTE,)
    assert len(fires.missed) == late
    assert fires.due == tuple(sorted(set(fires.due)))


def test_a_fire_is_on_time_until_its_successor_is_due():
    uneven = spec("0,3 * * * * *")

    early = due_fires(uneven, NOON, NOON + timedelta(seconds=2.9))
    late = due_fires(uneven, NOON, NOON + timedelta(seconds=3))

    assert early.due == (NOON,)
    assert late.due == (NOON + timedelta(seconds=3),)


@pytest.mark.parametrize(
    ("down", "missed", "due"),
    [
        (150 * MINUTE, "none", []),
        (150 * MINUTE, "last", ["02 14:00"]),
        (150 * MINUTE, "all", ["02 12:00", "02 13:00", "02 14:00"]),
        (120 * MINUTE, "none", ["02 14:00"]),
        (120 * MINUTE, "last", ["02 14:00"]),
        (120 * MINUTE, "all", ["02 12:00", "02 13:00", "02 14:00"]),
        (30 * DAY - MINUTE, "last", ["02 11:00"]),
        (30 * DAY, "none", ["02 12:00"]),
    ],
)
def test_what_runs_after_a_downtime_is_as_the_policy_says(down, missed, due):
    fires = due_fires(spec("0 * * * *", missed), NOON, NOON + down)

    assert hours(fires) == due
    assert fires.next_at > NOON + down


def test_of_many_missed_fires_the_newest_are_kept():
    fires = due_fires(spec("0 * * * *", "all", max_missed=3), NOON, NOON + 5 * DAY - 30 * MINUTE)

    assert hours(fires) == ["07 09:00", "07 10:00", "07 11:00"]


@pytest.mark.parametrize(
    ("cron", "newest"),
    [("* * * * * *", timedelta(seconds=1)), ("* * * 6 *", timedelta(seconds=60))],
)
def test_a_year_of_missed_fires_is_not_counted_through(cron, newest):
    fires = due_fires(spec(cron, "all", max_missed=10), NOON, NOON + 365 * DAY)

    assert len(fires.missed) == 10
    assert fires.missed[-1] == NOON + 365 * DAY - newest


@pytest.mark.slow
@settings(max_examples=60)
@given(
    st.sampled_from(["*/7 * * * *", "0 */5 * * *", "30 2 * * *", "0 0 1 * *", "5-9 3 * * mon"]),
    st.sampled_from(["none", "last", "all"]),
    st.integers(1, 5),
    st.datetimes(datetime(2025, 3, 1), datetime(2025, 11, 30)),  # noqa: DTZ001  # Hypothesis wants them so
    st.integers(0, 40 * 86_400),
)
def test_due_fires_are_the_newest_of_all_that_came(cron, missed, most, start, down):
    zone, now = ZoneInfo("Europe/Berlin"), start.replace(tzinfo=UTC) + timedelta(seconds=down)
    next_at = CronSpec.parse(cron).next_after(start.replace(tzinfo=UTC), zone)

    fires = due_fires(spec(cron, missed, zone.key, max_missed=most), next_at, now)

    came = list(CronSpec.parse(cron).fires_between(start.replace(tzinfo=UTC), now, zone))
    late = [fire for fire in came if now - fire > MINUTE]
    on_time = came[len(late) :]
    kept = {"none": [], "last": [] if on_time else late[-1:], "all": late[-most:]}[missed]
    assert list(fires.due) == kept + on_time


def test_a_night_in_which_clocks_skip_the_time_is_caught_up_once():
    before = datetime(2025, 3, 29, 1, 30, tzinfo=UTC)
    nightly = spec("30 2 * * *", "all", "Europe/Berlin")

    fires = due_fires(nightly, before, before + 2 * DAY)

    assert hours(fires) == ["29 01:30", "30 01:00", "31 00:30"]


def test_a_night_in_which_the_time_comes_twice_is_caught_up_once():
    before = datetime(2025, 10, 25, 0, 30, tzinfo=UTC)
    nightly = spec("30 2 * * *", "all", "Europe/Berlin")

    assert hours(due_fires(nightly, before, before + 2 * DAY)) == ["25 00:30", "26 00:30"]


def test_nothing_fires_twice_when_the_clock_was_set_back():
    fires = due_fires(spec("0 * * * *", "all"), NOON + HOUR, NOON - HOUR)

    assert fires.due == ()
    assert fires.next_at == NOON + HOUR


def test_looking_again_at_once_finds_nothing_more():
    now = NOON + timedelta(seconds=5)
    first = due_fires(spec("* * * * * *"), NOON, now)

    again = due_fires(spec("* * * * * *"), first.next_at, now, looked_at=now)

    assert again.due == ()
    assert again.next_at == first.next_at


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"timezone": "UTC"}, "no 'cron' is given"),
        ({"cron": "@daily"}, "no 'timezone' is given"),
        (spec("61 * * * *"), "minute: expected a number"),
        (spec("@daily", zone="Mars/Olympus"), "time zone"),
        (spec("@daily", max_missed="many"), "invalid literal"),
    ],
)
def test_a_kept_spec_that_cannot_be_understood_is_told_as_a_problem(broken, told):
    with pytest.raises(PlanError, match=told):
        due_fires(broken, NOON, NOON)
