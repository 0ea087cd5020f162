"""What the editor knows of the node types: names, looks, ports, and the schema of their forms."""

import logging
from typing import Any

from pydantic import BaseModel, create_model

from flowforge_lab.nodes import NodeType, NodeTypeError, Registry, templates_of
from flowforge_lab.spec import InputField, Node, Retry, Settings

from .ports import ports_for

logger = logging.getLogger(__name__)
_ORDER = ("trigger", "action", "data", "sql", "python", "notebook", "logic", "flow")
_TITLES = {"trigger": "Triggers", "action": "Actions", "sql": "SQL", "message": "Messages"}


def describe_types(registry: Registry) -> dict[str, Any]:
    """Return the catalogue as JSON values; a type that cannot be imported is logged and left out."""
    types = sorted(registry, key=_rank)
    return {
        "types": [_describe(kind) for kind in types],
        "node_settings": {
            "retry": schema_of(Retry),
            "node": _part_of(Node, ("timeout", "on_crash")),
        },
        "workflow": schema_of(
            create_model("Workflow", inputs=(dict[str, InputField], {}), settings=(Settings, {}))
        ),
    }


def _rank(kind: NodeType) -> tuple[int, str, str]:
    place = _ORDER.index(kind.category) if kind.category in _ORDER else len(_ORDER)
    return place, kind.category, kind.title


def _describe(kind: NodeType) -> dict[str, Any]:
    summary, _, _ = kind.doc.partition("\n")
    return {
        "kind": kind.kind,
        "title": kind.title,
        "summary": summary.strip(),
        "doc": kind.doc,
        "category": _TITLES.get(kind.category, kind.category.replace("_", " ").capitalize()),
        "icon": kind.icon,
        "color": kind.color,
        "keywords": list(kind.keywords),
        "effects": kind.effects,
        "is_trigger": kind.is_trigger,
        "ports": ports_for(kind, {}).to_message(),
        "schema": schema_of(kind.config),
        "templates": _templates(kind),
    }


def _templates(kind: NodeType) -> list[dict[str, Any]]:
    """Return what a config may start from; a file that is none is logged, and the type is there without."""
    try:
        found = templates_of(kind)
    except NodeTypeError as error:
        logger.warning("%s", error)
        return []
    return [{"title": one.title, "text": one.text, "config": one.config} for one in found]


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a model, without the model's own docstring."""
    schema = model.model_json_schema(mode="validation")
    schema.pop("description", None)
    return schema


def _part_of(model: type[BaseModel], names: tuple[str, ...]) -> dict[str, Any]:
    schema = schema_of(model)
    schema["properties"] = {name: schema["properties"][name] for name in names}
    schema["required"] = []
    return schema
