"""What went wrong, as the structured error that users see, and how long to wait before another attempt."""

import random
from typing import Any

from pydantic import ValidationError

from flowforge_lab.errors import (
    ExpressionError,
    FlowForgeError,
    NodeError,
    NotFoundError,
    SettingsError,
)
from flowforge_lab.events import ErrorDetail
from flowforge_lab.spec import Retry, is_caused, told_of

_MAX_DETAIL = 4_000
_LACKS = {NotFoundError: "lab.not_found", SettingsError: "lab.settings"}
"""What no other attempt mends: somebody must set up a connection, a secret or an extra first."""


def describe(error: BaseException, *, node: str, attempt: int) -> ErrorDetail:
    """Return `error` as data; the text of foreign exceptions is cut at 4,000 characters."""
    if isinstance(error, NodeError):
        return ErrorDetail(
            error.type,
            error.title,
            error.detail[:_MAX_DETAIL],
            error.status,
            node=node,
            attempt=attempt,
            is_transient=error.is_transient,
        )
    if isinstance(error, ExpressionError):
        return ErrorDetail("expression", "an expression failed", str(error), None, node, attempt)
    if isinstance(error, ValidationError):
        return ErrorDetail(
            "config.invalid", "a value does not fit", _told(error), None, node, attempt
        )
    for branch, word in _LACKS.items():
        if isinstance(error, branch):
            return ErrorDetail(word, str(error)[:_MAX_DETAIL], "", None, node, attempt)
    title = str(error) if isinstance(error, FlowForgeError) else f"{type(error).__name__}: {error}"
    return ErrorDetail(
        "node.raised", title[:_MAX_DETAIL], "", None, node, attempt, is_transient=True
    )


def _told(error: ValidationError) -> str:
    parts = []
    for found in error.errors(include_url=False):
        field = ".".join(str(part) for part in found["loc"])
        parts.append(f"{error.title}.{field}: {told_of(found)}")
    return "; ".join(parts)[:_MAX_DETAIL]


def retry_delay(
    retry: Retry, detail: ErrorDetail, *, attempt: int, asked: float | None, elapsed: float = 0.0
) -> float | None:
    """Return the seconds to wait before the next attempt, or `None` if there shall be none.

    `attempt` counts from 1 and is the one that failed; `asked` is what the other side wants (Retry-After)
    and is obeyed even where it is longer than the policy's longest wait. `elapsed` are the seconds since
    the visit began.
    """
    if attempt >= retry.attempts or not _may_pass(retry, detail):
        return None
    growth = {"constant": 1.0, "linear": float(attempt), "exponential": 2.0 ** (attempt - 1)}
    delay = min(retry.first * growth[retry.backoff], retry.longest)
    if retry.jitter:
        delay *= random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret
    delay = max(delay, asked or 0.0)
    is_too_late = retry.max_elapsed is not None and elapsed + delay > retry.max_elapsed
    return None if is_too_late else delay


def _may_pass(retry: Retry, detail: ErrorDetail) -> bool:
    """Whether another attempt may mend it: the policy says so, or else the error itself."""
    if is_caused(retry.stop_on, type=detail.type, status=detail.status):
        return False
    if retry.retry_on:
        return is_caused(retry.retry_on, type=detail.type, status=detail.status)
    return detail.is_transient


def error_value(detail: ErrorDetail) -> dict[str, Any]:
    """Return an error as an error port carries it."""
    return {
        "type": detail.type,
        "title": detail.title,
        "status": detail.status,
        "detail": detail.detail,
        "node": detail.node,
        "attempt": detail.attempt,
    }
