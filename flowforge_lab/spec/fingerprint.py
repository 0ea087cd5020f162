"""The version of a workflow: a digest of what it does, whatever it looks like."""

import hashlib
import json

from .model import Workflow


def digest(workflow: Workflow) -> str:
    """Return the SHA-256 (hex) of the workflow without canvas, notes and comments, whatever the order.

    The two ways to write one thing (`next: a` and `next: {out: a}`) give one digest.
    """
    plain = workflow.plain()
    plain.pop("canvas", None)
    for node in plain["nodes"].values():
        node.pop("notes", None)
    canonical = json.dumps(
        plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
