"""Time zones: found by name, and what their clocks do on the days they are changed."""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

_STEP_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone with an IANA name such as `Europe/Berlin`.

    Raises:
        ValueError: there is no such zone; the text names the nearest one.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a folder of zones, such as 'Europe', is an OSError
        pass
    near = get_close_matches(name, available_timezones(), n=1) or _same_city(name)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    msg = f"expected the IANA name of a time zone, such as 'Europe/Berlin', found {name!r}{hint}"
    raise ValueError(msg)


def _same_city(name: str) -> list[str]:
    """Return the zones that a city, or a zone in another case, stands for."""
    wanted = name.strip().lower().replace(" ", "_")
    return sorted(
        zone
        for zone in available_timezones()
        if zone.lower() == wanted or zone.lower().rpartition("/")[2] == wanted
    )


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks of `zone` first show `wall` (naive), in UTC.

    A time that they skip is given as the moment of the change, right after the gap.
    """
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return find_change(before, instant, zone) or instant


def find_change(after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first moment in (`after`, `until`] with another UTC offset than `after`, or `None`."""
    probe, end = _seconds(after), _seconds(until)
    offset = _offset(probe, zone)
    while probe < end:
        following = min(probe + _STEP_SECONDS, end)
        if _offset(following, zone) != offset:
            return _EPOCH + timedelta(seconds=_bisect(probe, following, zone))
        probe = following
    return None


def _bisect(low: int, high: int, zone: ZoneInfo) -> int:
    """Return the second at which the offset of `low` ends; that of `high` is another."""
    offset = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return high


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def _offset(seconds: int, zone: ZoneInfo) -> timedelta | None:
    return (_EPOCH + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
