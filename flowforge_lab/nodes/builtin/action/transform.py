"""Shape a value: keep, drop, rename and set fields, or make one new value by an expression.

The steps happen in the order `pick`, `drop`, `rename`, `set`. A list is changed item by item.
Without `source` the value that came along the edge is used. For tables use `data.frame`; for loops
and functions use `python.code`: this node is meant for small things and costs next to nothing.

Best practice: pick what the next nodes need instead of dropping what they do not.
Troubleshooting: "expected fields" means that the source is a text, a number or a table, not
fields.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import AnyValue, Attempt, Expression, Model, NoInputs, node_type


class Config(Model):
    """What to do with the fields."""

    value: Expression = Field(
        default=None,
        description="One new value by an expression; the other fields then stay empty.",
        examples=["[row.id for row in nodes.load.rows]"],
    )
    source: Expression = Field(
        default=None,
        description="The fields to change, or a list of such; by default what came in.",
        examples=["nodes.fetch.body"],
    )
    pick: list[str] = Field(
        default_factory=list, description="Keep only these fields; empty keeps all."
    )
    drop: list[str] = Field(default_factory=list, description="Leave these fields out.")
    rename: dict[str, str] = Field(
        default_factory=dict, description="New names by old names.", examples=[{"tel": "phone"}]
    )
    set: dict[str, AnyValue] = Field(
        default_factory=dict,
        description="Fields to add or replace; texts may be templates.",
        examples=[{"greeting": "Hello {{ input.name }}"}],
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self.model_fields_set
        if len(given) > 1 and "value" in given:
            others = ", ".join(sorted(given - {"value"}))
            msg = f"'value' is the whole output and stands alone; found also {others}"
            raise ValueError(msg)
        return self


class Outputs(Model):
    """What came out."""

    value: Any = Field(description="The changed fields, the list of them, or the new value.")


@node_type(
    "action.transform",
    title="Transform",
    outputs=Outputs,
    icon="wand",
    color="#0891b2",
    keywords=("set", "map", "pick", "rename", "fields", "edit"),
)
async def transform(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Give the new value, or the source with its fields changed."""
    if "value" in config.model_fields_set:
        return Outputs(value=config.value)
    source = config.source if "source" in config.model_fields_set else attempt.input
    if isinstance(source, list):
        return Outputs(value=[_changed(item, config) for item in source])
    return Outputs(value=_changed({} if source is None else source, config))


def _changed(fields: Any, config: Config) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise NodeError(
            "cannot change fields",
            type="transform.not_fields",
            detail=f"expected fields or a list of them, found {type(fields).__name__}",
            is_transient=False,
        )
    names = _picked(fields, config.pick) if config.pick else list(fields)
    kept = {name: fields[name] for name in names if name not in config.drop}
    return {config.rename.get(name, name): item for name, item in kept.items()} | config.set


def _picked(fields: Mapping[str, Any], pick: list[str]) -> list[str]:
    missing = [name for name in pick if name not in fields]
    if missing:
        msg = f"no field {missing[0]!r} to pick"
        raise NodeError(
            msg,
            type="transform.no_field",
            detail=f"it has: {', '.join(map(str, fields)) or 'no fields at all'}",
            is_transient=False,
        )
    return pick
