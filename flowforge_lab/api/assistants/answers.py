"""What an assistant is told: the end of an execution, how it stands, why there is none."""

import json
from typing import Any

import msgspec

from flowforge_lab.api.wire import when
from flowforge_lab.engine import Outcome
from flowforge_lab.errors import FlowForgeError
from flowforge_lab.services import WaitView, to_json

MAX_RESULT_BYTES = 1_000_000
"""A larger result is not handed to an assistant, which could do nothing with it."""
_OVER = ("succeeded", "failed", "cancelled")
OUTPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "execution_id": {"type": "string"},
        "status": {
            "type": "string",
            "enum": [*_OVER, "running", "queued", "waiting", "paused"],
        },
        "result": {"description": "What the workflow ended with, once it succeeded."},
        "error": {"type": ["object", "null"]},
        "waits": {"type": "array", "items": {"type": "object"}},
        "note": {"type": "string"},
    },
    "required": ["execution_id", "status"],
}


class Answer(msgspec.Struct, frozen=True):
    """What goes back: as text, as JSON values, and whether it is a failure."""

    text: str
    told: dict[str, Any] | None = None
    is_error: bool = False


def refusal(error: FlowForgeError) -> Answer:
    """Return why nothing was started or done."""
    return Answer(str(error), is_error=True)


def ended(outcome: Outcome) -> Answer:
    """Return how an execution ended."""
    if outcome.status == "succeeded":
        return _succeeded(outcome)
    error = outcome.error
    why = error.title if error is not None else f"it was {outcome.status}"
    if error is not None and error.detail and error.detail not in why:
        why = f"{why}: {error.detail}"
    where = f" at node {error.node}" if error is not None and error.node else ""
    told = _facts(outcome.execution_id, outcome.status)
    told["error"] = None if error is None else _plain(msgspec.structs.asdict(error))
    text = f"{why}{where} (execution {outcome.execution_id} {outcome.status})"
    return Answer(text, told, is_error=True)


def _succeeded(outcome: Outcome) -> Answer:
    text = to_json(outcome.result)
    told = _facts(outcome.execution_id, outcome.status)
    if len(text) > MAX_RESULT_BYTES:
        note = (
            f"the result has {len(text):,} bytes and is not shown;"
            f" GET /api/executions/{outcome.execution_id} gives it"
        )
        return Answer(note, {**told, "result": None, "note": note})
    return Answer(text.decode(), {**told, "result": json.loads(text)})


def standing(execution_id: str, status: str, *, note: str, waits: list[WaitView]) -> Answer:
    """Return how an execution stands that is not over; `note` says what to make of it.

    What answers a wait is not told: whoever has it may answer.
    """
    told = {**_facts(execution_id, status), "note": note}
    if waits:
        told["waits"] = [{"node": one.node, "until": _plain(when(one.until))} for one in waits]
    return Answer(f"execution {execution_id} is {status}: {note}", told)


def is_over(status: str) -> bool:
    """Whether nothing comes after a status."""
    return status in _OVER


def _facts(execution_id: str, status: str) -> dict[str, Any]:
    return {"execution_id": execution_id, "status": status}


def _plain(value: Any) -> Any:
    return json.loads(to_json(value))
