"""What a notebook takes, as fields of a form."""

from pathlib import Path
from typing import Any

from flowforge_lab.clients import NotebookShape, Parameter
from flowforge_lab.errors import NodeError
from flowforge_lab.plan import is_template, must_be_given, shape_at

Message = dict[str, Any]
_ANY: Message = {"format": "any"}
_INSIDE: dict[str, Message] = {
    "array": {"items": _ANY},
    "object": {"additionalProperties": _ANY},
}


def notebook_form(folder: Path | None, name: str) -> Message:
    """Return the JSON schema of what the notebook with a name takes, as `schema`.

    Without one it takes whatever it is given, and `note` says why; or it cannot be read, and `missing` says
    so.
    """
    if is_template(name):
        return {"note": "an expression names the notebook: what it takes is known when it runs"}
    if folder is None:
        return {"missing": "the workflow has no folder yet to look for it in: save it first"}
    try:
        shape = shape_at(folder, name)
    except (NodeError, OSError) as error:
        return {"missing": error.title if isinstance(error, NodeError) else str(error)}
    return {"note": shape.note} if shape.note else {"schema": _schema_of(shape)}


def _schema_of(shape: NotebookShape) -> Message:
    return {
        "type": "object",
        "properties": {one.name: _field_of(one) for one in shape.parameters},
        "required": [one.name for one in shape.parameters if must_be_given(one)],
    }


def _field_of(one: Parameter) -> Message:
    kind = _ANY if one.type == "any" else {"type": one.type, **_INSIDE.get(one.type, {})}
    field: Message = {**kind, "title": one.name, "description": _about(one)}
    if one.choices:
        field["enum"] = list(one.choices)
    if one.has_default:
        field["default"] = one.default
    return field


def _about(one: Parameter) -> str:
    """Return what a parameter is for, and its default where no control can show that."""
    is_unseen = one.written and (not one.has_default or one.type in _INSIDE)
    default = f"Without a value: `{one.written}`." if is_unseen else ""
    return " ".join(
        filter(None, [one.help.rstrip(".") + "." if one.help and default else one.help, default])
    )
