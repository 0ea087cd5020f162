"""What can go wrong between here and there, in our words."""

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from flowforge_lab.errors import NodeError

from .message import HttpResponse

_TRANSIENT = frozenset({408, 425, 429})
_MAX_RETRY_AFTER_SECONDS = 86_400.0


def shown(url: httpx.URL | str) -> str:
    """Return the address without user, password and query, which may hold secrets."""
    parts = httpx.URL(url)
    return str(parts.copy_with(userinfo=b"", query=None, fragment=None))


def failure_of(error: Exception, url: httpx.URL, *, seconds: float) -> NodeError:
    """Return our error for one of httpx, or for the end of the time a request had."""
    where = shown(url)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return NodeError(f"no answer from {where} within {seconds:g} s", type="http.timeout")
    if isinstance(error, httpx.DecodingError):
        return NodeError(
            f"the answer of {where} cannot be unpacked",
            type="http.decode",
            detail=str(error),
            is_transient=False,
        )
    if _is_untrusted(error):
        return NodeError(
            f"the certificate of {where} is not trusted",
            type="http.connect",
            detail=str(error),
            is_transient=False,
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.InvalidURL):
        return NodeError(
            "this cannot be asked over HTTP",
            type="http.invalid",
            detail=str(error),
            is_transient=False,
        )
    return NodeError(
        f"no connection to {where}",
        type="http.connect",
        detail=str(error) or type(error).__name__,
    )


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def too_large(url: httpx.URL, limit: int) -> NodeError:
    """Return the error for an answer over the limit."""
    return NodeError(
        f"the answer of {shown(url)} is larger than {limit:,} bytes",
        type="http.too_large",
        is_transient=False,
    )


def unexpected_status(response: HttpResponse, now: datetime) -> NodeError:
    """Return the error for a status that the request does not accept."""
    status = response.status
    return NodeError(
        f"{shown(response.url)} answered {status} {response.reason}".rstrip(),
        type="http.status",
        status=status,
        detail=response.excerpt(),
        is_transient=status >= 500 or status in _TRANSIENT,  # noqa: PLR2004  # 5xx, as everybody knows it
        retry_after=retry_after(response.headers.get("retry-after", ""), now),
    )


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` header asks to wait, at most a day; else `None`."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), _MAX_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), _MAX_RETRY_AFTER_SECONDS)


def accepts(patterns: tuple[str, ...], status: int) -> bool:
    """Return whether one of `2xx`, `404`, `200-299` fits the status."""
    return any(_fits(pattern.strip().lower(), status) for pattern in patterns)


def _fits(pattern: str, status: int) -> bool:
    if pattern.endswith("xx"):
        return pattern[:-2] == str(status // 100)
    first, _, last = pattern.partition("-")
    try:
        return int(first) <= status <= int(last or first)
    except ValueError:
        msg = f"expected a status such as '2xx', '404' or '200-299', found {pattern!r}"
        raise NodeError(msg, type="http.invalid", is_transient=False) from None
