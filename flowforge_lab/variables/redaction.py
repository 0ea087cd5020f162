"""No secret is shown: neither as it is, nor as services, programs and our own clients write it."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from flowforge_lab.values import Frame

HIDDEN = "***"
_SHORTEST = 4
_SIX, _EIGHT = 6, 8
_REST_OF_TOKEN = "[A-Za-z0-9+/_=-]*"  # noqa: S105  # a pattern of base64, not a password
_WRITERS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: repr(f"{text}'\"")[1:-4],  # as within a text with both kinds of quotes
    lambda text: ascii(text)[1:-1],
    lambda text: html.escape(text, quote=False),
    html.escape,
    lambda text: quote(text, safe=""),
    quote,
    quote_plus,
)


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """Return `value` with every secret in it replaced by `***`, in texts and bytes at any depth, keys too.

    A secret is found as it is and as JSON, Python, HTML, addresses, base64 and hexadecimal digits write it,
    so also within the header of Basic authentication. Secrets shorter than four characters are left: they
    would hide half of every text. What holds no secret is returned as it is.
    """
    hidden = frozenset(secret for secret in secrets if len(secret) >= _SHORTEST)
    return _sieve(hidden).clean(value) if hidden else value


class _Sieve:
    """What finds some secrets: a quick look first, since most values hold none, then the pattern."""

    def __init__(self, secrets: Iterable[str]) -> None:
        hidden = list(secrets)
        written = {form for secret in hidden for form in _forms(secret)}
        encoded = {core for form in written for core in _in_base64(form)}
        written |= {form for secret in hidden for form in _in_hex(secret)}
        self._texts = _longest_first(written | encoded)
        self._contents = [text.encode("utf-8", "surrogatepass") for text in self._texts]
        plain, tokens = ("|".join(map(re.escape, _longest_first(s))) for s in (written, encoded))
        pattern = f"{plain}|(?:{tokens}){_REST_OF_TOKEN}"
        self._in_text = re.compile(pattern)
        self._in_content = re.compile(pattern.encode("utf-8", "surrogatepass"))

    def clean(self, value: Any) -> Any:
        """Return `value` without the secrets."""
        match value:
            case str() | bytes():
                return self._clean_text(value) if isinstance(value, str) else self._bare(value)
            case Mapping():
                return {self.clean(key): self.clean(item) for key, item in value.items()}
            case list() | tuple():
                items = map(self.clean, value)
                return list(items) if isinstance(value, list) else tuple(items)
            case Frame() if not value.digest:  # one that is stored was looked at before
                return value.replaced(self._contents, self.clean)
        return value

    def _clean_text(self, value: str) -> str:
        for text in self._texts:  # a loop, since this is asked of each text that flows
            if text in value:
                return self._in_text.sub(HIDDEN, value)
        return value

    def _bare(self, value: bytes) -> bytes:
        is_clean = not any(content in value for content in self._contents)
        return value if is_clean else self._in_content.sub(HIDDEN.encode(), value)


@lru_cache(maxsize=16)
def _sieve(secrets: frozenset[str]) -> _Sieve:
    return _Sieve(secrets)


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=len, reverse=True)


def _forms(secret: str) -> Iterator[str]:
    for write in _WRITERS:
        form = write(secret)
        yield form
        yield json.dumps(form)[1:-1]  # a log line within an answer
        if "%" in form:  # others write the digits small
            yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), form)


def _in_hex(text: str) -> Iterator[str]:
    digits = text.encode("utf-8", "surrogatepass").hex()
    yield digits
    yield digits.upper()


def _in_base64(text: str) -> Iterator[str]:
    """Yield what of `text` is in base64 whatever stands before and after it, for each of its places."""
    content = text.encode("utf-8", "surrogatepass")
    for before in range(3):  # its bytes begin at any of three places in a group
        first = -(-before * _EIGHT // _SIX)
        last = (before + len(content)) * _EIGHT // _SIX
        core = b64encode(b"\0" * before + content).decode()[first:last]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
