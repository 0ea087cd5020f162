"""Shape a value by form: fields, lists of records, or one new value by an expression.

First `pick`, `drop`, `rename`, `set` change fields, in this order; a list is changed item by item. Then
`steps` work through the list as a whole: `filter`, `map`, `aggregate`, `sort`, `deduplicate`, `split`,
`merge` by key, `append`, `limit`, and the same field changes again. Without `source` the value that came
along the edge is used; where it is the output of a node, its `rows` are.

A record is a map of fields. `address.city` reaches into a field. A field that a record lacks counts as null:
null is never greater or less than anything, is left out of sums and means, and sorts last. A field that no
record has is an error where a step is about it: to pick, rename, split, sort, group, gather or merge by.
Formulas (`price * quantity`, `status in ["new", "open"]`) are those of `data.frame`, except that text
patterns are always literal. The list that came in is never changed.

Best practice: pick what the next nodes need instead of dropping what they do not; filter before you
sort or merge. For data frames, pivots and time series use `data.frame`; for loops and functions use
`python.code`: this node starts no process and costs next to nothing.
Troubleshooting: `transform.not_fields` means that the source is a text, a number or a table;
`transform.no_field` names a field that cannot be picked; `transform.step` names the step by its number, and
the fields that the first record has there.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from typing_extensions import override

from flowforge_lab.clients import Comparison, Gathering, apply_steps, parse_formula
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import AnyValue, Attempt, Expression, Model, NoInputs, node_type

_SMALL = 1_000
"""So many records are worked through at once; more in a thread."""


def _formula(text: str) -> str:
    if text:
        parse_formula(text)
    return text


Formula = Annotated[str, AfterValidator(_formula)]
Parameters = dict[str, AnyValue]


class _Formulas(Model):
    parameters: Parameters = Field(
        default_factory=dict, description="Values for the `@names` in the formulas."
    )

    def formulas(self) -> Iterable[str]:
        """Return the formulas that the parameters are for."""
        return ()

    @model_validator(mode="after")
    def _has_all(self) -> Self:
        for formula in filter(None, self.formulas()):
            for name in sorted(parse_formula(formula).parameters - self.parameters.keys()):
                has = ", ".join(self.parameters) or "nothing"
                msg = f"no value for @{name} of the formula {formula!r:.80}; there is: {has}"
                raise ValueError(msg)
        return self


class Condition(Model):
    """What must hold of one field."""

    field: str = Field(description="The field.", examples=["status", "address.city"])
    is_: Comparison = Field(default="equals", alias="is", description="How it must compare.")
    value: AnyValue = Field(default=None, description="With what; `empty` needs nothing.")


class Filter(_Formulas):
    """Keep the records for which conditions hold."""

    op: Literal["filter"] = Field(description="Keep the records for which conditions hold.")
    conditions: list[Condition] = Field(default_factory=list, description="The conditions.")
    match: Literal["all", "any"] = Field(
        default="all", description="Whether all of them must hold, or one."
    )
    where: Formula = Field(
        default="", description="A formula that must hold too.", examples=["total > @least"]
    )

    @override
    def formulas(self) -> Iterable[str]:
        return (self.where,)


class Map(_Formulas):
    """Give each record fields by formulas."""

    op: Literal["map"] = Field(description="Give each record fields by formulas.")
    fields: dict[str, Formula] = Field(
        min_length=1,
        description="Formulas by field; later ones see earlier ones.",
        examples=[{"total": "price * quantity"}],
    )
    keep: bool = Field(default=True, description="Whether the other fields stay.")

    @override
    def formulas(self) -> Iterable[str]:
        return self.fields.values()


class Pick(Model):
    """Keep some fields, in this order."""

    op: Literal["pick"] = Field(description="Keep some fields, in this order.")
    fields: list[str] = Field(min_length=1, description="The fields to keep.")


class Drop(Model):
    """Leave some fields out."""

    op: Literal["drop"] = Field(description="Leave some fields out.")
    fields: list[str] = Field(min_length=1, description="The fields to leave out.")


class Rename(Model):
    """Give fields new names."""

    op: Literal["rename"] = Field(description="Give fields new names.")
    fields: dict[str, str] = Field(min_length=1, description="New names by old names.")


class SetFields(Model):
    """Give all records the same values."""

    op: Literal["set"] = Field(description="Give all records the same values.")
    fields: dict[str, AnyValue] = Field(min_length=1, description="The values by field.")


class SortKey(Model):
    """One field to sort by."""

    field: str = Field(description="The field.")
    descending: bool = Field(default=False, description="Whether the largest come first.")


class Sort(Model):
    """Put the records in order."""

    op: Literal["sort"] = Field(description="Put the records in order; null comes last.")
    by: list[SortKey] = Field(min_length=1, description="The fields, the most important first.")


class Deduplicate(Model):
    """Keep one of records that are equal."""

    op: Literal["deduplicate"] = Field(description="Keep one of records that are equal.")
    by: list[str] = Field(default_factory=list, description="The fields to compare; none: all.")
    keep: Literal["first", "last"] = Field(default="first", description="Which one to keep.")


class Total(Model):
    """One field of an aggregated record."""

    name: str = Field(description="The name of the new field.")
    field: str = Field(default="", description="The field to aggregate; `size` needs none.")
    function: Gathering = Field(description="How; null counts in `size` only.")


class Aggregate(Model):
    """One record for each group."""

    op: Literal["aggregate"] = Field(description="One record for each group.")
    by: list[str] = Field(
        default_factory=list, description="The fields to group by; none gives one record for all."
    )
    aggregates: list[Total] = Field(min_length=1, description="The fields of the result.")


class Split(Model):
    """Take a text or a list apart."""

    op: Literal["split"] = Field(description="Take a text or a list apart.")
    field: str = Field(description="The field that holds it.")
    into: Literal["rows", "list", "fields"] = Field(
        default="rows", description="A record for each part, a list in the field, or fields."
    )
    separator: str = Field(default=",", min_length=1, description="What stands between parts.")
    trim: bool = Field(default=True, description="Whether spaces around parts are cut off.")
    names: list[str] = Field(default_factory=list, description="For `fields`: their names.")


class Merge(Model):
    """Add the fields of the records of another list that have the same key."""

    op: Literal["merge"] = Field(description="Add the fields of another list's records by key.")
    other: Expression = Field(
        description="The other list of records.", examples=["nodes.customers.rows"]
    )
    on: list[str] = Field(min_length=1, description="The fields that must be equal.")
    other_on: list[str] = Field(
        default_factory=list, description="Their names in the other list, if they differ."
    )
    how: Literal["left", "inner", "outer"] = Field(
        default="left", description="Which records to keep: those here, those in both, or all."
    )
    suffix: str = Field(default="_other", description="For names that both lists have.")

    @field_validator("other_on")
    @classmethod
    def _pairs(cls, other_on: list[str], found: ValidationInfo) -> list[str]:
        on = found.data.get("on", other_on)
        if other_on and len(other_on) != len(on):
            msg = f"expected a name for each of {', '.join(on)}, found {len(other_on)}"
            raise ValueError(msg)
        return other_on


class Append(Model):
    """Add the records of another list below."""

    op: Literal["append"] = Field(description="Add the records of another list below.")
    other: Expression = Field(description="The other list of records.")


class Limit(Model):
    """Keep the first records."""

    op: Literal["limit"] = Field(description="Keep the first records.")
    count: int = Field(ge=0, description="How many to keep.")
    skip: int = Field(default=0, ge=0, description="How many to leave out before.")


Step = Annotated[
    Filter
    | Map
    | Pick
    | Drop
    | Rename
    | SetFields
    | Sort
    | Deduplicate
    | Aggregate
    | Split
    | Merge
    | Append
    | Limit,
    Field(discriminator="op"),
]


class Config(Model):
    """What to do with the fields, and with the records."""

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
    steps: list[Step] = Field(
        default_factory=list,
        max_length=100,
        description="What to do with the list of records, from the first to the last.",
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
    keywords=(
        "set",
        "map",
        "pick",
        "rename",
        "fields",
        "edit",
        "filter",
        "sort",
        "group",
        "merge",
    ),
)
async def transform(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Give the new value, or the source with its fields and records changed."""
    if "value" in config.model_fields_set:
        return Outputs(value=config.value)
    source = config.source if "source" in config.model_fields_set else attempt.input
    if not config.steps:
        return Outputs(value=_shaped(source, config))
    records = _records(source)
    steps = [_plain(step) for step in config.steps]
    if len(records) <= _SMALL:
        return Outputs(value=apply_steps(_shaped(records, config), steps))
    found = await asyncio.to_thread(lambda: apply_steps(_shaped(records, config), steps))
    attempt.log(f"{len(records):,} records in, {len(found):,} out")
    return Outputs(value=found)


def _records(source: Any) -> list[Any]:
    if isinstance(source, Mapping) and isinstance(source.get("rows"), list):
        source = source["rows"]
    if isinstance(source, list):
        return source
    if isinstance(source, Mapping):
        return [source]
    raise _not_fields(source)


def _plain(step: BaseModel) -> dict[str, Any]:
    """Return a step as the engine of steps takes it; large values in it are not copied."""
    return {
        name: [_item(item) for item in value] if isinstance(value, list) else value
        for name, value in step
    }


def _item(item: Any) -> Any:
    if isinstance(item, Condition):
        return {"field": item.field, "is": item.is_, "value": item.value}
    return dict(item) if isinstance(item, BaseModel) else item


def _shaped(source: Any, config: Config) -> Any:
    """Return fields, or each of a list of them, after `pick`, `drop`, `rename` and `set`."""
    if config.steps and not (config.pick or config.drop or config.rename or config.set):
        return source
    if isinstance(source, list):
        return [_changed(item, config) for item in source]
    return _changed({} if source is None else source, config)


def _changed(fields: Any, config: Config) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise _not_fields(fields)
    names = _picked(fields, config.pick) if config.pick else list(fields)
    kept = {name: fields[name] for name in names if name not in config.drop}
    return {config.rename.get(name, name): item for name, item in kept.items()} | config.set


def _not_fields(found: Any) -> NodeError:
    return NodeError(
        "cannot change fields",
        type="transform.not_fields",
        detail=f"expected fields or a list of them, found {type(found).__name__}",
        is_transient=False,
    )


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
