"""Cron lines: read with care, and the moments they stand for in a time zone.

Five fields: minute, hour, day of the month, month, day of the week; or six, with seconds first. Days
may be `L` (the last of the month), `mon#1` (the first Monday) and `friL` (the last Friday). On the
days when clocks are changed the rule is Debian cron's: a job at a fixed time runs once, right after a
gap that skips it, and the first time in an hour that comes twice; a job with a star in its minutes or
hours runs whenever the clocks show its time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, takewhile
from typing import Self
from zoneinfo import ZoneInfo

from .cron_fields import DAY, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, Field, Kind, read_field
from .zones import find_change, first_instant

_KINDS: tuple[Kind, ...] = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_INSTANT = timedelta(microseconds=1)
_SOME_TIME = datetime(2000, 1, 1)  # noqa: DTZ001  # what a clock shows, nowhere in particular


@dataclass(frozen=True, slots=True)
class CronSpec:
    """When something shall happen again and again. Made by `parse`; `text` is as it was written.

    `lines` say the same in plain lists and stars, seconds last: two of them where one of the two day
    fields is enough, and then it fires when either does. `is_elapsed` tells which of the two rules holds
    when clocks are changed.
    """

    text: str
    lines: tuple[str, ...]
    is_elapsed: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a cron line, or a word such as `@daily`, says.

        Raises:
            ValueError: it cannot be read, or it never comes true, such as the 30th of February.
        """
        try:
            second, minute, hour, day, month, weekday = _fields(text)
        except ValueError as error:
            msg = f"cron {text!r}: {error}"
            raise ValueError(msg) from None
        days: tuple[tuple[str, str], ...] = ((day.text, weekday.text),)
        if not (day.is_starred or weekday.is_starred):
            days = ((day.text, "*"), ("*", weekday.text))
        spec = cls(
            text=text,
            lines=tuple(
                f"{minute.text} {hour.text} {day_text} {month.text} {weekday_text} {second.text}"
                for day_text, weekday_text in days
            ),
            is_elapsed=minute.is_starred or hour.is_starred,
        )
        if next(spec._walls(_SOME_TIME), None) is None:
            msg = f"cron {text!r}: it never comes true; no such day is in the months it names"
            raise ValueError(msg)
        return spec

    def __str__(self) -> str:
        return self.text

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the first time after `moment` (aware), in UTC."""
        return next(self.fires_after(moment, zone))

    def fires_between(
        self, after: datetime, until: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Return the times after `after`, up to and with `until`, in UTC, worked out one by one."""
        return takewhile(lambda fire: fire <= until, self.fires_after(after, zone))

    def fires_after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Return all times after `moment` (aware), in UTC, worked out one by one, without end.

        Raises:
            ValueError: `moment` has no time zone.
        """
        if moment.tzinfo is None:
            msg = f"expected a moment with a time zone, found {moment.isoformat()}"
            raise ValueError(msg)
        start = moment.astimezone(UTC)
        return self._elapsed(start, zone) if self.is_elapsed else self._fixed(start, zone)

    def _fixed(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Give each time that clocks show once: the first one, or the end of the gap it fell into."""
        last = moment
        for wall in self._walls(_wall(moment, zone)):
            instant = first_instant(wall, zone)
            if instant > last:
                yield instant
                last = instant

    def _elapsed(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Give every moment at which clocks show a time, one stretch between changes after another."""
        start, shift = moment, _wall(moment, zone) - moment.replace(tzinfo=None)
        while True:
            for wall in self._walls(start.replace(tzinfo=None) + shift):
                instant = (wall - shift).replace(tzinfo=UTC)
                change = find_change(moment, instant, zone)
                if change is not None:
                    break
                yield instant
                moment = instant
            else:
                return
            moment, start = change, change - _INSTANT
            shift = _wall(change, zone) - change.replace(tzinfo=None)

    def _walls(self, after: datetime) -> Iterator[datetime]:
        """Give the times (naive) that a clock which is never changed shows after `after`."""
        times = merge(*(_times_of(line, after) for line in self.lines))
        return (time for time, _same in groupby(times))


def _times_of(line: str, after: datetime) -> Iterator[datetime]:
    """Give the times of a plain line; `day_or` keeps the days that croniter would mix up apart."""
    from croniter import CroniterBadDateError, croniter

    times = croniter(line, after.replace(microsecond=0), day_or=False)
    try:
        while True:
            yield times.get_next(datetime)
    except CroniterBadDateError:  # none in fifty years
        return


def _fields(text: str) -> list[Field]:
    """Return the six fields, seconds first."""
    parts = _NAMED.get(text.strip().lower(), text).split()
    if len(parts) == len(_KINDS) - 1:
        parts.insert(0, "0")
    if parts and parts[0].startswith("@"):
        msg = f"expected one of {', '.join(_NAMED)}, found {parts[0]!r}"
        raise ValueError(msg)
    if len(parts) != len(_KINDS):
        msg = (
            "expected 5 fields (minute, hour, day of the month, month, day of the week), "
            f"or 6 with seconds first, found {len(parts)}"
        )
        raise ValueError(msg)
    return [read_field(part, kind) for part, kind in zip(parts, _KINDS, strict=True)]


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
