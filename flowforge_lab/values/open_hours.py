"""The hours in which somebody is there: on which days, from when to when, by the clocks of which zone."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from .zones import first_instant

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_LAST_HOUR = 24
_WEEKS_AHEAD = 3


def parse_days(text: str) -> frozenset[int]:
    """Return the days of the week in `text`, such as `mon-fri` or `mon,wed,fri-sun`; Monday is 0.

    Raises:
        ValueError: it names no days.
    """
    days: set[int] = set()
    for part in text.lower().split(","):
        found = _PART.fullmatch(part.strip())
        names = [name for name in found.groups() if name] if found else []
        if not names or any(name not in _DAYS for name in names):
            msg = f"expected days such as 'mon-fri' or 'mon,wed,sat', found {text!r}"
            raise ValueError(msg)
        first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
        days |= {day % 7 for day in range(first, last + 1 + 7 * (last < first))}
    return frozenset(days)


def parse_clock(text: str) -> int:
    """Return the minutes after midnight that a time such as `09:00` says; `24:00` is the end of the day.

    Raises:
        ValueError: it is no time of day.
    """
    found = _CLOCK.fullmatch(text.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (-1, -1)
    if not ((0 <= hour < _LAST_HOUR and 0 <= minute < 60) or (hour, minute) == (_LAST_HOUR, 0)):  # noqa: PLR2004  # minutes
        msg = f"expected a time of day such as '09:00', found {text!r}"
        raise ValueError(msg)
    return hour * 60 + minute


class OpenHours(msgspec.Struct, frozen=True):
    """Open on `days` from `opens` to `closes` (minutes after midnight), by the clocks of `zone`.

    Where `closes` is not later than `opens`, it is a time of the next day. A time that the clocks skip is
    that of the change; one that they show twice is the first.
    """

    days: frozenset[int]
    opens: int
    closes: int
    zone: ZoneInfo

    def next_open(self, moment: datetime) -> datetime:
        """Return the first moment, not before `moment` (aware), in which it is open; in UTC.

        Raises:
            ValueError: it is never open.
        """
        start = moment.astimezone(UTC)
        for opens_at, closes_at in self._stretches(start):
            if start < closes_at:
                return max(start, opens_at)
        msg = "these hours are never open"
        raise ValueError(msg)

    def _stretches(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = moment.astimezone(self.zone).date()
        length = self.closes - self.opens + (self.closes <= self.opens) * _LAST_HOUR * 60
        for ahead in range(-1, 7 * _WEEKS_AHEAD):
            day = today + timedelta(days=ahead)
            if day.weekday() in self.days:
                opens_at = self._instant(day, self.opens)
                closes_at = self._instant(day, self.opens + length)
                if opens_at < closes_at:
                    yield opens_at, closes_at

    def _instant(self, day: date, minutes: int) -> datetime:
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return first_instant(wall, self.zone)
