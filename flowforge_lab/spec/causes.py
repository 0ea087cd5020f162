"""Which errors are meant: by type, such as `http.*`, or by status, such as `429`, `5xx` and `500-599`."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

_STATUS = re.compile(r"[1-5]xx|[1-5]\d\d(-[1-5]\d\d)?")
_TYPE = re.compile(r"[a-z_*?][a-z0-9_.*?-]*")


def is_status(cause: str) -> bool:
    """Whether a cause is meant by status, not by type."""
    return _STATUS.fullmatch(cause) is not None


def is_caused(causes: Iterable[str], *, type: str, status: int | None) -> bool:
    """Whether an error of this type and status is one of those meant."""
    return any(_fits(cause, type, status) for cause in causes)


def _fits(cause: str, type: str, status: int | None) -> bool:
    if not is_status(cause):
        return fnmatchcase(type, cause)
    if status is None:
        return False
    if cause.endswith("xx"):
        return cause[0] == str(status // 100)
    first, _, last = cause.partition("-")
    return int(first) <= status <= int(last or first)


def _listed(value: Any) -> Any:
    """Return one cause as a list of one, and numbers as texts: `429` needs no quotes in YAML."""
    given = value if isinstance(value, list | tuple) else [value]
    return [
        str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in given
    ]


def _known(cause: str) -> str:
    first, _, last = cause.partition("-")
    if _TYPE.fullmatch(cause) or (is_status(cause) and first <= (last or first)):
        return cause
    msg = f"expected a type such as 'http.*' or a status such as 429 or '5xx', found {cause!r}"
    raise ValueError(msg)


Cause = Annotated[str, AfterValidator(_known)]
Causes = Annotated[tuple[Cause, ...], BeforeValidator(_listed)]
