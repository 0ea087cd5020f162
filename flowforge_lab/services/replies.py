"""What a caller of a webhook is told: status, headers, body."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from flowforge_lab.engine import Outcome
from flowforge_lab.triggers import CallError
from flowforge_lab.values import Frame, encode, normalise

EXECUTION_HEADER = "X-FlowForge-Execution"
_JSON = "application/json"
_STATUSES = {"succeeded": 200, "cancelled": 409}
_BODILESS = (204, 304)
_VISIBLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer; `headers` in the order they are sent, the content type among them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def repeated(self) -> "Reply":
        """Return the answer to a call whose key had started the execution before."""
        return msgspec.structs.replace(
            self, headers=(*self.headers, ("Idempotency-Replayed", "true"))
        )


def under_way(execution_id: str) -> Reply:
    """Return the answer while an execution is not over."""
    told = {"execution_id": execution_id, "status": "accepted"}
    return _reply(202, told, execution_id, headers={})


def ended(outcome: Outcome) -> Reply:
    """Return the answer to which nothing else was written: the result, or what went wrong."""
    if outcome.status == "succeeded":
        return _reply(
            200, to_json(outcome.result), outcome.execution_id, headers={"Content-Type": _JSON}
        )
    error = outcome.error
    told = {
        "type": f"urn:flowforge:error:execution.{outcome.status}",
        "title": f"The execution {outcome.status}",
        "status": _STATUSES.get(outcome.status, 500),
        "code": f"execution.{outcome.status}",
        "detail": "" if error is None else error.title,
        "execution_id": outcome.execution_id,
    }
    headers = {"Content-Type": "application/problem+json"}
    return _reply(int(str(told["status"])), told, outcome.execution_id, headers=headers)


def render(answer: Mapping[str, Any], execution_id: str, default_status: int) -> Reply:
    """Return an answer whose expressions were evaluated.

    Raises:
        CallError: they do not give an HTTP answer.
    """
    status = answer.get("status", default_status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:  # noqa: PLR2004  # HTTP's
        msg = f"status: expected a number from 200 to 599, found {status!r:.50}"
        raise _unusable(msg)
    headers = {}
    for name, value in dict(answer.get("headers") or {}).items():
        text = str(value)
        if not _VISIBLE.fullmatch(text):
            msg = f"headers.{name}: there are characters in it that no header may have"
            raise _unusable(msg)
        headers[name] = text
    body = answer.get("body", {"execution_id": execution_id})
    if status in _BODILESS:
        return Reply(status, ((EXECUTION_HEADER, execution_id), *headers.items()))
    return _reply(status, body, execution_id, headers=headers)


def _reply(status: int, body: Any, execution_id: str, *, headers: Mapping[str, str]) -> Reply:
    content, kind = _written(body)
    named = {name.lower() for name in headers}
    ours = () if "content-type" in named else (("Content-Type", kind),)
    return Reply(status, (*ours, (EXECUTION_HEADER, execution_id), *headers.items()), content)


def _written(body: Any) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    return to_json(body), _JSON


def to_json(value: Any) -> bytes:
    """Return a value as JSON for others: times and decimals as text, bytes as base64, frames as rows."""
    try:
        return msgspec.json.encode(value, enc_hook=_special)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return json.dumps(encode(normalise(value)), default=str).encode()


def _special(value: Any) -> Any:
    if isinstance(value, Frame):
        return _rows(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def _rows(frame: Frame) -> list[dict[str, Any]]:
    table = frame.to_pandas()
    rows = json.loads(table.to_json(orient="records", date_format="iso"))
    return list(rows)


def _unusable(message: str) -> CallError:
    return CallError(
        500, "webhook.answer", f"the answer of the workflow cannot be sent: {message}"
    )
