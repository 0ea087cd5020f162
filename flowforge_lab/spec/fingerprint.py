"""The version of a workflow: a digest of what it does, whatever it looks like."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .model import Workflow


def digest(workflow: Workflow) -> str:
    """Return the SHA-256 (hex) of the workflow without canvas, notes and comments, whatever the order.

    The two ways to write one thing (`next: a` and `next: {out: a}`) give one digest.
    """
    plain = workflow.plain()
    plain.pop("canvas", None)
    for node in plain["nodes"].values():
        node.pop("notes", None)
    return hashlib.sha256(_canonical(plain).encode()).hexdigest()


def differences(one: Workflow, other: Workflow) -> list[str]:
    """Return where two workflows differ in what a file can say, as `nodes.load.config`; empty if nowhere."""
    return list(_differences(one.plain(), other.plain(), "", levels=3))


def _differences(one: Any, other: Any, place: str, *, levels: int) -> Iterator[str]:
    if _canonical(one) == _canonical(other):
        return
    if not levels or not isinstance(one, dict) or not isinstance(other, dict):
        yield place
        return
    for name in {**one, **other}:
        at = f"{place}.{name}" if place else str(name)
        yield from _differences(one.get(name), other.get(name), at, levels=levels - 1)


def _canonical(plain: Any) -> str:
    return json.dumps(
        plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
