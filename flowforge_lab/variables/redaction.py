"""Secrets taken out of whatever is shown or kept: logs, events, errors."""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

MASK = "***"
_MIN_CHARS = 4  # a shorter value would blank out ordinary words
_MIN_LINE_CHARS = 16  # lines of a key may be printed one by one; short ones say nothing


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """Return `value` with every known secret in its texts replaced by `***`.

    Looks into dicts (keys too), lists, tuples and bytes; everything else comes back as it is, and so
    does what holds no secret. Secrets also count as they stand in a URL or in JSON; those of fewer
    than four characters are not looked for.
    """
    pattern = _pattern(frozenset(secrets))
    return value if pattern is None else _clean(value, pattern)


@lru_cache(maxsize=16)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _MIN_CHARS}
    if not forms:
        return None
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield secret.strip()
    yield quote(secret, safe="", errors="surrogateescape")
    yield quote(secret, errors="surrogateescape")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield from (line for line in secret.splitlines() if len(line) >= _MIN_LINE_CHARS)


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(MASK, value)
    if isinstance(value, dict):
        return {_clean(key, pattern): _clean(item, pattern) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_clean(item, pattern) for item in value)
    if isinstance(value, bytes):
        text = value.decode(errors="surrogateescape")
        return pattern.sub(MASK, text).encode(errors="surrogateescape")
    return value
