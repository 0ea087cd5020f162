"""Reading a document that may be wrong: everything wrong is told, and the good part is kept.

So one mistyped field does not hide the problems of all other nodes.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from flowforge_lab.errors import Problem

from .description import describe
from .faults import Fault, Path, faults_in
from .model import (
    DRAWN_PATTERN,
    FORMAT,
    ID_PATTERN,
    MAX_PLACE,
    SLUG_PATTERN,
    Drawn,
    Node,
    Workflow,
)

M = TypeVar("M", bound=BaseModel)


def read_workflow(raw: Mapping[str, Any], *, stem: str) -> tuple[Workflow, list[Problem]]:
    """Return the workflow in `raw` and all that is wrong with its form; `stem` is its spare id."""
    problems: list[Problem] = []
    fields = {key: value for key, value in raw.items() if not key.startswith("x-")}
    listed = _mapping(fields.pop("nodes", {}), "nodes", problems)
    nodes = {id: _read_node(id, node, problems) for id, node in listed.items()}
    problems += (told := _faults_of_stem(raw, stem))
    fields = {**({} if told else {"id": stem}), **fields, "flowforge": FORMAT}
    canvas = _mapping(fields.pop("canvas", {}), "canvas", problems)
    workflow = _validated(Workflow, fields, problems, node="")
    found = {id: _read_spot(id, spot, problems) for id, spot in canvas.items()}
    spots = {id: spot for id, spot in found.items() if spot is not None}
    return workflow.model_copy(update={"nodes": nodes, "canvas": spots}), problems


def _faults_of_stem(raw: Mapping[str, Any], stem: str) -> list[Problem]:
    """Return what is wrong with the name of the file where it has to serve as the id."""
    if "id" in raw or re.fullmatch(SLUG_PATTERN, stem):
        return []
    text = f"the workflow says no id, and the name of its file, {stem!r}, cannot be one"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-zA-Z0-9_.-]+", "_", plain).strip("_.-")[:128] or "workflow"
    return [Problem("document.id", text, field="id", hint=f"write `id: {slug}` into the file")]


def _mapping(value: Any, name: str, problems: list[Problem]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    text = f"expected a mapping, found {describe(value)}"
    problems.append(Problem("document.shape", text, field=name))
    return {}


def _read_spot(id: str, value: Any, problems: list[Problem]) -> tuple[float, float] | Drawn | None:
    """Return a place or what is drawn beside the nodes; `None` for what is neither, which is told."""
    if not isinstance(value, Mapping):
        return tuple(value) if _is_place(value, id, problems) else None
    told, drawn = [], None
    if not re.fullmatch(DRAWN_PATTERN, id):
        told.append("expected an id of '_' and letters, digits or '_' for what is no node")
    try:
        drawn = Drawn.model_validate(value)
    except ValidationError as error:
        told += [
            f"{'.'.join(map(str, fault.path))}: {fault.text}"
            for fault in faults_in(value, Drawn, error)
        ]
    problems += [
        Problem("document.shape", text, field=f"canvas.{id}", severity="warning") for text in told
    ]
    return None if told else drawn


def _is_place(value: Any, id: str, problems: list[Problem]) -> bool:
    if (
        isinstance(value, list | tuple)
        and len(value) == 2  # noqa: PLR2004  # x and y
        and all(
            isinstance(part, int | float) and -MAX_PLACE <= part <= MAX_PLACE for part in value
        )
    ):
        return True
    problem = f"expected [x, y], found {value!r}"
    problems.append(Problem("document.shape", problem, field=f"canvas.{id}", severity="warning"))
    return False


def _read_node(id: str, value: Any, problems: list[Problem]) -> Node:
    if not re.fullmatch(ID_PATTERN, id):
        text = f"{id!r} is no node id: letters, digits and '_', a letter first, 64 at most"
        problems.append(Problem("document.id", text, node=id, field="" if id else "nodes"))
    if not isinstance(value, Mapping):
        text = f"expected a mapping with 'kind', found {describe(value)}"
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
        faults = list(faults_in(fields, model, error))
        problems += [_problem(fault, node) for fault in faults]
    return _sound_part(model, fields, faults, spare=spare or {})


def _sound_part(
    model: type[M], fields: dict[str, Any], faults: Sequence[Fault], *, spare: Mapping[str, Any]
) -> M:
    """Return what is left without the faults, or without the whole fields that they are in."""
    good = fields
    for fault in faults:
        good = _without(good, fault.path)
    try:
        return model.model_validate({**spare, **good})
    except ValidationError:
        bad = {fault.path[0] for fault in faults if fault.path}
        good = {key: value for key, value in fields.items() if key not in bad}
        return model.model_validate({**spare, **good})


def _without(value: Any, path: Path) -> Any:
    if not path or not isinstance(value, Mapping) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {**value, path[0]: _without(value[path[0]], path[1:])}


def _problem(fault: Fault, node: str) -> Problem:
    field = ".".join(map(str, fault.path))
    return Problem("document.field", fault.text, node=node, field=field, hint=fault.hint)
