"""Schedules: when they fire first, and what is due once some time has gone by."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from flowforge_lab.errors import PlanError, Problem
from flowforge_lab.plan import Plan, Step
from flowforge_lab.values import CronSpec, find_zone

ON_TIME_SECONDS = 60.0
"""A fire that is later than this was missed, and so was one whose successor is due already."""

_KIND = "trigger.schedule"
_INSTANT = timedelta(microseconds=1)
_LONG_AGO = timedelta(days=5 * 366)


class Fire(msgspec.Struct, frozen=True):
    """The first fire of a schedule. `spec` is plain JSON: cron, timezone, missed, max_missed."""

    node: str
    spec: dict[str, Any]
    next_at: datetime


class Fires(msgspec.Struct, frozen=True):
    """The fire times to run now, each part oldest first, and when to look again; times in UTC.

    `next_at` is `None` for a schedule that does not fire any more.
    """

    missed: tuple[datetime, ...]
    on_time: tuple[datetime, ...]
    next_at: datetime | None

    @property
    def due(self) -> tuple[datetime, ...]:
        """All of them, oldest first."""
        return (*self.missed, *self.on_time)


class _Schedule(NamedTuple):
    cron: CronSpec
    zone: ZoneInfo
    missed: str
    max_missed: int


def first_fires(plan: Plan, now: datetime, *, default_zone: str = "UTC") -> list[Fire]:
    """Return the first fire after `now` of every `trigger.schedule` of a plan, in document order.

    `default_zone` is for schedules that name no time zone.

    Raises:
        PlanError: a schedule cannot be understood; with all of them.
    """
    fires: list[Fire] = []
    problems: list[Problem] = []
    for step in plan.triggers:
        if step.type.kind == _KIND:
            try:
                fires.append(_first_fire(step, now, default_zone))
            except PlanError as error:
                problems += error.problems
    if problems:
        raise PlanError(problems)
    return fires


def _first_fire(step: Step, now: datetime, default_zone: str) -> Fire:
    told = dict(step.raw) if step.config is None else step.config.model_dump(mode="json")
    spec = {**told, "timezone": told.get("timezone") or default_zone}
    schedule = _read(spec, step.id)
    return Fire(step.id, spec, schedule.cron.next_after(now, schedule.zone))


def due_fires(
    spec: Mapping[str, Any],
    next_at: datetime,
    now: datetime,
    *,
    looked_at: datetime | None = None,
) -> Fires:
    """Return what is due at `now` of a schedule whose next fire was known to be at `next_at`.

    The last fire is on time for a minute. Those before it are so only if somebody was there, that
    is if they came after `looked_at`, when the host last looked, at most a minute ago. What is on time
    always runs. Of the others `missed` runs none, or the last (unless one on time takes its place), or
    all, at most the newest `max_missed` of them. If the clock was set back to before `next_at`, nothing
    is due: what has fired does not fire again.

    Raises:
        PlanError: the spec cannot be understood, such as a time zone that is gone.
    """
    schedule = _read(spec, "")
    if now < next_at:
        return Fires((), (), next_at)
    start = next_at - _INSTANT
    minute_ago = max(start, now - timedelta(seconds=ON_TIME_SECONDS) - _INSTANT)
    recent = tuple(schedule.cron.fires_between(minute_ago, now, schedule.zone))
    on_time = _on_time(recent, now if looked_at is None or looked_at < minute_ago else looked_at)
    count = _wanted(schedule, has_punctual=bool(on_time))
    until = on_time[0] - _INSTANT if on_time else minute_ago
    missed = _newest(schedule, count, after=start, until=until)
    return Fires(missed, on_time, schedule.cron.next_after(now, schedule.zone))


def last_fire(spec: Mapping[str, Any], until: datetime) -> datetime | None:
    """Return the last fire up to and with `until`, in UTC; `None` if there was none for five years.

    Raises:
        PlanError: the spec cannot be understood.
    """
    found = _newest(_read(spec, ""), 1, after=until - _LONG_AGO, until=until)
    return found[0] if found else None


def next_fire(spec: Mapping[str, Any], after: datetime) -> datetime:
    """Return the first fire after a moment, in UTC.

    Raises:
        PlanError: the spec cannot be understood.
    """
    schedule = _read(spec, "")
    return schedule.cron.next_after(after, schedule.zone)


def next_fires(spec: Mapping[str, Any], after: datetime, count: int) -> list[datetime]:
    """Return the first `count` fires after a moment, in UTC.

    Raises:
        PlanError: the spec cannot be understood.
    """
    schedule = _read(spec, "")
    return list(islice(schedule.cron.fires_after(after, schedule.zone), count))


def _on_time(recent: tuple[datetime, ...], looked_at: datetime) -> tuple[datetime, ...]:
    return tuple(fire for fire in recent if fire > looked_at) or recent[-1:]


def _wanted(schedule: _Schedule, *, has_punctual: bool) -> int:
    """Return how many missed fires may run."""
    if schedule.missed == "all":
        return schedule.max_missed
    return 1 if schedule.missed == "last" and not has_punctual else 0


def _newest(
    schedule: _Schedule, count: int, *, after: datetime, until: datetime
) -> tuple[datetime, ...]:
    """Return the newest fires in (`after`, `until`], at most `count`, oldest first.

    Time is cut in halves until a stretch up to `until` holds neither too few nor far too many: a
    schedule of every second that was down for a year is not counted through.
    """
    if count == 0 or until <= after:
        return ()
    too_early, too_late, start = after, until, after
    while True:
        times = schedule.cron.fires_between(start, until, schedule.zone)
        found = tuple(islice(times, 2 * count + 1))
        if len(found) > 2 * count:
            too_early = start
        elif len(found) >= count or start == after:
            return found[-count:]
        else:
            too_late = start
        start = too_early + (too_late - too_early) / 2


def _read(spec: Mapping[str, Any], node: str) -> _Schedule:
    try:
        return _Schedule(
            CronSpec.parse(str(spec["cron"])),
            find_zone(str(spec["timezone"])),
            str(spec.get("missed", "none")),
            int(spec.get("max_missed", 100)),
        )
    except (KeyError, ValueError) as error:
        text = f"no {error} is given" if isinstance(error, KeyError) else str(error)
        raise PlanError([Problem("trigger.schedule", text, node=node, field="config")]) from error
