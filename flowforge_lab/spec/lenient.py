"""Reading a document that may be wrong: everything wrong is told, and the good part is kept.

So one mistyped field does not hide the problems of all other nodes.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from flowforge_lab.errors import Problem

from .model import FORMAT, ID_PATTERN, Node, Workflow
from .suggest import did_you_mean

M = TypeVar("M", bound=BaseModel)


def read_workflow(raw: Mapping[str, Any], *, stem: str) -> tuple[Workflow, list[Problem]]:
    """Return the workflow in `raw` and all that is wrong with its form; `stem` is its spare id."""
    problems: list[Problem] = []
    fields = {key: value for key, value in raw.items() if not key.startswith("x-")}
    listed = _mapping(fields.pop("nodes", {}), "nodes", problems)
    nodes = {id: _read_node(id, node, problems) for id, node in listed.items()}
    fields = {"id": stem, **fields, "flowforge": FORMAT}
    canvas = _mapping(fields.pop("canvas", {}), "canvas", problems)
    workflow = _validated(Workflow, fields, problems, node="")
    places = {id: place for id, place in canvas.items() if _is_place(place, id, problems)}
    return workflow.model_copy(update={"nodes": nodes, "canvas": places}), problems


def _mapping(value: Any, name: str, problems: list[Problem]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    found = type(value).__name__
    problems.append(Problem("document.shape", f"expected a mapping, found {found}", field=name))
    return {}


def _is_place(value: Any, id: str, problems: list[Problem]) -> bool:
    if (
        isinstance(value, list | tuple)
        and len(value) == 2  # noqa: PLR2004  # x and y
        and all(isinstance(part, int | float) for part in value)
    ):
        return True
    problem = f"expected [x, y], found {value!r}"
    problems.append(Problem("document.shape", problem, field=f"canvas.{id}", severity="warning"))
    return False


def _read_node(id: str, value: Any, problems: list[Problem]) -> Node:
    if not re.match(ID_PATTERN, id):
        text = f"{id!r} is no node id: letters, digits and '_', a letter first, 64 at most"
        problems.append(Problem("document.id", text, node=id))
    if not isinstance(value, Mapping):
        text = f"expected a mapping with 'kind', found {type(value).__name__}"
        problems.append(Problem("document.shape", text, node=id))
        return Node(kind="")
    fields = {key: item for key, item in value.items() if not key.startswith("x-")}
    if fields.get("config", {}) is None:
        fields["config"] = {}
    return _validated(Node, fields, problems, node=id, spare={"kind": ""})


def _validated(
    model: type[M],
    fields: dict[str, Any],
    problems: list[Problem],
    *,
    node: str,
    spare: Mapping[str, Any] | None = None,
) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        bad = set()
        for found in error.errors(include_url=False):
            bad.add(str(found["loc"][0]) if found["loc"] else "")
            problems.append(_problem(found, node, model))
        good = {key: value for key, value in fields.items() if key not in bad}
        return model.model_validate({**(spare or {}), **good})


def _problem(found: Any, node: str, model: type[BaseModel]) -> Problem:
    path = ".".join(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        known = tuple(model.model_fields)
        top = len(found["loc"]) == 1
        hint = did_you_mean(path, known) if top else ""
        has = f"; it has: {', '.join(known)}" if top else ""
        return Problem("document.field", f"unknown field{has}", node=node, field=path, hint=hint)
    if found["type"] == "missing":
        return Problem("document.field", "required, but missing", node=node, field=path)
    text = found["msg"].removeprefix("Value error, ")
    return Problem(
        "document.field", f"{text}; found {found['input']!r:.80}", node=node, field=path
    )
