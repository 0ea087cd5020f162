"""What a node may measure: names and labels that every dashboard can take."""

import math
import re
from collections.abc import Mapping

from flowforge_lab.nodes import Measure

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_LABELS = 8
_MAX_LABEL_CHARS = 100


def measured(
    name: str, value: float, labels: Mapping[str, str], *, measure: Measure
) -> tuple[str, float, dict[str, str], Measure]:
    """Return a measurement as it may stand in the journal.

    Raises:
        ValueError: a name cannot be one, there are too many labels, or the number is none.
    """
    for word in (name, *labels):
        if not _NAME.fullmatch(word):
            msg = f"expected a name of small letters, digits and underscores, found {word!r}"
            raise ValueError(msg)
    if len(labels) > _MAX_LABELS:
        msg = f"metric {name!r} has {len(labels)} labels, at most {_MAX_LABELS} are allowed"
        raise ValueError(msg)
    number = float(value)
    if not math.isfinite(number) or (measure == "counter" and number < 0):
        msg = f"metric {name!r}: expected a number{' from 0 on' * (measure == 'counter')}, found {value!r}"
        raise ValueError(msg)
    return name, number, {key: text[:_MAX_LABEL_CHARS] for key, text in labels.items()}, measure
