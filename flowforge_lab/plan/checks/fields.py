"""Required fields are set, and every field that holds no expression is of the right type."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from flowforge_lab.errors import Problem
from flowforge_lab.expressions import Compiled, Path
from flowforge_lab.nodes import NodeType
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import did_you_mean

_MISSING = "missing"
_KEY = "[key]"


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for each config field that is missing, unknown or of the wrong type."""
    for id, kind in draft.types.items():
        try:
            kind.config.model_validate(draft.configs[id])
        except ValidationError as error:
            for found in error.errors(include_url=False):
                if not _is_open(found, draft.configs[id], draft.compiled[id]):
                    yield _problem(found, id, kind)


def _is_open(found: Any, config: Mapping[str, object], compiled: Compiled) -> bool:
    """Whether the fault is of a value that an expression will only give when the node runs."""
    place = _place(found["loc"], config)
    if found["type"] == "extra_forbidden" or _is_of_key(found["loc"], place):
        return False
    return any(place[: len(field.path)] == field.path for field in compiled.fields)


def _place(told: tuple[str | int, ...], config: object) -> Path:
    """Return the path in the config that pydantic means; it names the members of unions on the way too."""
    place: list[str | int] = []
    for part in told:
        try:
            config = config[part]  # type: ignore[index]  # whatever it is, it has the part or not
        except (KeyError, IndexError, TypeError):
            continue
        place.append(part)
    return tuple(place)


def _is_of_key(told: Sequence[str | int], place: Path) -> bool:
    """Whether the fault is a key, not its value; keys hold no expressions."""
    return told.count(_KEY) > place.count(_KEY)


def _problem(found: Any, id: str, kind: NodeType) -> Problem:
    is_key = found["loc"][-1:] == (_KEY,)
    path = ".".join(str(part) for part in (found["loc"][:-1] if is_key else found["loc"]))
    field = f"config.{path}" if path else "config"
    if found["type"] == "extra_forbidden":
        known = kind.config.model_fields if len(found["loc"]) == 1 else {}
        has = f"; {kind.kind} has: {', '.join(known)}" if known else ""
        hint = did_you_mean(path, known)
        return Problem("config.unknown", f"unknown field{has}", node=id, field=field, hint=hint)
    if found["type"] == _MISSING:
        info = kind.config.model_fields.get(path)
        hint = (info.description or "") if info else ""
        return Problem("config.missing", "required, but not set", node=id, field=field, hint=hint)
    text = found["msg"].removeprefix("Value error, ")
    return Problem("config.type", f"{text}; found {found['input']!r:.80}", node=id, field=field)
