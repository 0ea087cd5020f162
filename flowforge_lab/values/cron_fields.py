"""The fields of a cron line: read one by one, checked, and written out as plain lists."""

import re
from typing import NamedTuple

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NTH = re.compile(r"(\w+)#([1-5])")
_MAX_DIGITS = 4
_LAST_DAY = re.compile(r"(\w+)l")


class Kind(NamedTuple):
    """What may stand in a field; `names` stand for numbers from `first_name` on."""

    title: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    first_name: int = 0


SECOND = Kind("second", 0, 59)
MINUTE = Kind("minute", 0, 59)
HOUR = Kind("hour", 0, 23)
DAY = Kind("day of the month", 1, 31)
MONTH = Kind("month", 1, 12, _MONTHS, 1)
WEEKDAY = Kind("day of the week", 0, 7, _DAYS)


class Field(NamedTuple):
    """One field, read. `specials` are days that a number cannot tell, as croniter writes them."""

    kind: Kind
    values: frozenset[int]
    specials: tuple[str, ...] = ()
    is_starred: bool = False

    @property
    def is_full(self) -> bool:
        """Whether it lets every value through."""
        return len(self.values) == _count(self.kind)

    @property
    def text(self) -> str:
        """The field as a star or a plain list; it means the same to every cron library."""
        if self.is_full:
            return "*"
        return ",".join([*map(str, sorted(self.values)), *self.specials])


def read_field(text: str, kind: Kind) -> Field:
    """Return a field of a cron line.

    Raises:
        ValueError: it cannot be read; the text says what was expected, and what was found.
    """
    values: set[int] = set()
    specials: dict[str, None] = {}
    for part in text.lower().split(","):
        special = _special(part, kind)
        if special:
            specials[special] = None
        else:
            values |= _values(part, kind)
    if specials and values and kind is WEEKDAY:
        msg = f"{kind.title}: days such as 'mon#1' or 'friL' cannot stand beside plain ones, found {text!r}"
        raise ValueError(msg)
    return Field(kind, frozenset(values), tuple(specials), text.startswith(("*", "?")))


def _special(part: str, kind: Kind) -> str:
    """Return a part such as `L`, `mon#1` or `friL` in croniter's words; empty if it is none of them."""
    if kind is DAY and part == "l":
        return "L"
    if kind is not WEEKDAY:
        return ""
    if nth := _NTH.fullmatch(part):
        return f"{_number(nth[1], kind) % 7}#{nth[2]}"
    if last := _LAST_DAY.fullmatch(part):
        return f"L{_number(last[1], kind) % 7}"
    return ""


def _values(part: str, kind: Kind) -> set[int]:
    """Return the numbers that `*`, `5`, `1-5`, `*/10`, `1-30/5` or `5/10` stand for.

    Libraries differ on whether `5/2` in a week reaches Sunday, so there a step needs a range.
    """
    span, slash, step_text = part.partition("/")
    low, high = _span(span, kind, is_open=bool(slash))
    step = _step(step_text, kind) if slash else 1
    values = set(range(low, high + 1, step))
    return {value % 7 for value in values} if kind is WEEKDAY else values


def _span(span: str, kind: Kind, *, is_open: bool) -> tuple[int, int]:
    if span == "*" or (span == "?" and kind in (DAY, WEEKDAY)):
        return kind.low, kind.low + _count(kind) - 1
    first, dash, last = span.partition("-")
    low = _number(first, kind)
    if not dash and is_open and kind is WEEKDAY:
        msg = f"{kind.title}: expected a range such as 'mon-fri' before '/', found {span!r}"
        raise ValueError(msg)
    if not dash:
        return low, kind.high if is_open else low
    high = _number(last, kind)
    if kind is WEEKDAY and high == 0 and low > 0:
        high = 7  # friday to sunday
    if high < low:
        msg = (
            f"{kind.title}: expected a range that goes up, found {span!r}; write it as two ranges"
        )
        raise ValueError(msg)
    return low, high


def _step(text: str, kind: Kind) -> int:
    if not _is_number(text) or not 1 <= int(text) <= _count(kind):
        msg = f"{kind.title}: expected a step from 1 to {_count(kind)} after '/', found {text!r}"
        raise ValueError(msg)
    return int(text)


def _number(text: str, kind: Kind) -> int:
    if text in kind.names:
        return kind.names.index(text) + kind.first_name
    if _is_number(text) and kind.low <= int(text) <= kind.high:
        return int(text)
    names = f" or {kind.names[0]} to {kind.names[-1]}" if kind.names else ""
    msg = f"{kind.title}: expected a number from {kind.low} to {kind.high}{names}, found {text!r}"
    raise ValueError(msg)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _count(kind: Kind) -> int:
    """Return how many values there are; Sunday is both 0 and 7."""
    return 7 if kind is WEEKDAY else kind.high - kind.low + 1
