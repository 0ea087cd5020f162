"""How often something may happen, as people write it: `10/s`, `100/m`, `5/10s`."""

import re
from typing import Annotated

import msgspec
from pydantic import AfterValidator

from .duration import parse_duration

_FORM = re.compile(r"\s*([1-9][0-9]{0,8})\s*/\s*([0-9]*(?:\.[0-9]+)?)\s*(ms|s|m|h|d)\s*")


class Rate(msgspec.Struct, frozen=True):
    """So many times in so many seconds, all of them at once if nothing happened before."""

    count: int
    seconds: float

    @property
    def interval(self) -> float:
        """The seconds from one to the next when they come evenly."""
        return self.seconds / self.count


def parse_rate(text: object) -> Rate:
    """Return the rate in `text`.

    Raises:
        ValueError: it is no rate.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    length = parse_duration(f"{found.group(2) or 1}{found.group(3)}") if found else 0.0
    if found is None or not length:
        msg = f"expected a rate such as '10/s', '100/m' or '5/10s', found {text!r}"
        raise ValueError(msg)
    return Rate(int(found.group(1)), length)


def _checked(text: str) -> str:
    if text:
        parse_rate(text)
    return text


RateText = Annotated[str, AfterValidator(_checked)]
"""A rate in a model, kept as it was written; empty for none."""
