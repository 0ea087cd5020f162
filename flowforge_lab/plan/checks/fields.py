"""Required fields are set, and every field that holds no expression is of the right type."""

from collections.abc import Iterator

from pydantic import ValidationError

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import Compiled
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import Fault, faults_in

_CODES = {"unknown": "config.unknown", "missing": "config.missing", "wrong": "config.type"}


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each config field that is missing, unknown or of the wrong type."""
    for id, kind in draft.types.items():
        try:
            kind.config.model_validate(draft.configs[id])
        except ValidationError as error:
            for fault in faults_in(draft.configs[id], kind.config, error):
                if not _is_open(fault, draft.compiled[id]):
                    yield _problem(fault, id)


def _is_open(fault: Fault, compiled: Compiled) -> bool:
    """Whether the fault is of a value that an expression will only give when the node runs."""
    if fault.is_key:
        return False
    return any(fault.path[: len(field.path)] == field.path for field in compiled.fields)


def _problem(fault: Fault, id: str) -> Problem:
    field = ".".join(["config", *map(str, fault.path)])
    return Problem(_CODES[fault.kind], fault.text, node=id, field=field, hint=fault.hint)
