"""The operations of `data.frame` as its form asks for them."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from flowforge_lab.clients import parse_formula

from .fields import AnyValue, Expression
from .models import Model

Aggregation = Literal[
    "count",
    "size",
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "std",
    "var",
    "first",
    "last",
    "nunique",
]


def _formula(text: str) -> str:
    parse_formula(text)
    return text


Formula = Annotated[str, AfterValidator(_formula)]
Parameters = dict[str, AnyValue]


def _all_given(parameters: Parameters, formulas: Iterable[str]) -> Parameters:
    for formula in formulas:
        for name in sorted(parse_formula(formula).parameters - parameters.keys()):
            has = ", ".join(parameters) or "nothing"
            msg = f"no value for @{name} of the formula {formula!r:.80}; there is: {has}"
            raise ValueError(msg)
    return parameters


class Select(Model):
    """Keep some columns, in this order."""

    op: Literal["select"] = Field(description="Keep some columns, in this order.")
    columns: list[str] = Field(min_length=1, description="The columns to keep.")


class Filter(Model):
    """Keep the rows for which a formula holds."""

    op: Literal["filter"] = Field(description="Keep the rows for which a formula holds.")
    where: Formula = Field(description="The formula.", examples=["dep_delay > @least"])
    parameters: Parameters = Field(
        default_factory=dict,
        validate_default=True,
        description="Values for the `@names` in the formula.",
    )

    @field_validator("parameters")
    @classmethod
    def _has_all(cls, parameters: Parameters, found: ValidationInfo) -> Parameters:
        where = found.data.get("where")
        return _all_given(parameters, [] if where is None else [where])


class Assign(Model):
    """Add or replace columns by formulas."""

    op: Literal["assign"] = Field(description="Add or replace columns by formulas.")
    columns: dict[str, Formula] = Field(
        min_length=1,
        description="Formulas by column; later ones see earlier ones.",
        examples=[{"speed": "distance / air_time * 60"}],
    )
    parameters: Parameters = Field(
        default_factory=dict,
        validate_default=True,
        description="Values for the `@names` in the formulas.",
    )

    @field_validator("parameters")
    @classmethod
    def _has_all(cls, parameters: Parameters, found: ValidationInfo) -> Parameters:
        return _all_given(parameters, found.data.get("columns", {}).values())


class Aggregate(Model):
    """One column of a grouped table."""

    name: str = Field(description="The name of the new column.")
    column: str = Field(default="", description="The column to aggregate; `size` needs none.")
    function: Aggregation = Field(description="How to aggregate it.")


class Group(Model):
    """One row for each group."""

    op: Literal["group"] = Field(description="One row for each group.")
    by: list[str] = Field(
        default_factory=list, description="The columns to group by; none gives one row for all."
    )
    aggregates: list[Aggregate] = Field(min_length=1, description="The columns of the result.")


class Join(Model):
    """Add the columns of another table."""

    op: Literal["join"] = Field(description="Add the columns of another table.")
    other: Expression = Field(
        description="The other table: a frame or a list of rows.",
        examples=["nodes.airlines.frame"],
    )
    on: list[str] = Field(default_factory=list, description="The columns that must be equal.")
    other_on: list[str] = Field(
        default_factory=list, description="Their names in the other table, if they differ."
    )
    how: Literal["inner", "left", "right", "outer", "cross"] = Field(
        default="left", description="Which rows to keep."
    )
    suffix: str = Field(default="_other", description="For names that both tables have.")


class Pivot(Model):
    """Turn the values of a column into columns."""

    op: Literal["pivot"] = Field(description="Turn the values of a column into columns.")
    rows: list[str] = Field(min_length=1, description="The columns that make the rows.")
    columns: str = Field(description="The column whose values become columns.")
    values: str = Field(description="The column that fills them.")
    function: Aggregation = Field(default="sum", description="How to bring several values to one.")


class Melt(Model):
    """Turn columns into rows."""

    op: Literal["melt"] = Field(description="Turn columns into rows.")
    keep: list[str] = Field(default_factory=list, description="The columns that stay.")
    columns: list[str] = Field(
        default_factory=list, description="The columns that become rows; none means all others."
    )
    name_to: str = Field(default="name", description="The column for their names.")
    value_to: str = Field(default="value", description="The column for their values.")


class Append(Model):
    """Add the rows of another table below."""

    op: Literal["append"] = Field(description="Add the rows of another table below.")
    other: Expression = Field(description="The other table: a frame or a list of rows.")


class Resample(Model):
    """One row for each stretch of time."""

    op: Literal["resample"] = Field(description="One row for each stretch of time, gaps too.")
    on: str = Field(description="The column of times; texts are read as times.")
    every: str = Field(
        pattern=r"^[1-9]\d{0,4}(s|min|h|D|W|MS|ME|QS|QE|YS|YE)$",
        description="How long: a number and `s`, `min`, `h`, `D`, `W`, `MS` (month), `QS`, `YS`.",
        examples=["15min", "1D", "1MS"],
    )
    by: list[str] = Field(default_factory=list, description="Columns to group by as well.")
    aggregates: list[Aggregate] = Field(min_length=1, description="The columns of the result.")
    fill: Literal["none", "zero", "previous"] = Field(
        default="none", description="What stands where there was nothing."
    )


class Split(Model):
    """Take a column of texts or lists apart."""

    op: Literal["split"] = Field(description="Take a column of texts or lists apart.")
    column: str = Field(description="The column.")
    separator: str = Field(default=",", min_length=1, description="What stands between parts.")
    into: list[str] = Field(
        default_factory=list, description="New columns for the parts; none gives a row for each."
    )


class Drop(Model):
    """Leave some columns out."""

    op: Literal["drop"] = Field(description="Leave some columns out.")
    columns: list[str] = Field(min_length=1, description="The columns to leave out.")


class Sort(Model):
    """Put the rows in order."""

    op: Literal["sort"] = Field(description="Put the rows in order; missing values come last.")
    by: list[str] = Field(min_length=1, description="The columns, the most important first.")
    descending: bool = Field(default=False, description="Whether the largest come first.")


class Head(Model):
    """Keep the first rows."""

    op: Literal["head"] = Field(description="Keep the first rows.")
    count: int = Field(ge=0, description="How many rows to keep.")


class Rename(Model):
    """Give columns new names."""

    op: Literal["rename"] = Field(description="Give columns new names.")
    columns: dict[str, str] = Field(min_length=1, description="New names by old names.")


class DropDuplicates(Model):
    """Keep one of rows that are equal."""

    op: Literal["drop_duplicates"] = Field(description="Keep one of rows that are equal.")
    columns: list[str] = Field(
        default_factory=list, description="The columns to compare; none means all."
    )
    keep: Literal["first", "last"] = Field(default="first", description="Which one to keep.")


class FillNa(Model):
    """Fill missing values."""

    op: Literal["fillna"] = Field(description="Fill missing values.")
    values: dict[str, AnyValue] = Field(min_length=1, description="The fillings by column.")


class AsType(Model):
    """Change the types of columns."""

    op: Literal["astype"] = Field(description="Change the types of columns.")
    columns: dict[str, Literal["int64", "float64", "string", "bool", "category", "datetime"]] = (
        Field(min_length=1, description="The new types by column.")
    )


Operation = Annotated[
    Select
    | Filter
    | Assign
    | Group
    | Join
    | Pivot
    | Melt
    | Append
    | Resample
    | Split
    | Drop
    | Sort
    | Head
    | Rename
    | DropDuplicates
    | FillNa
    | AsType,
    Field(discriminator="op"),
]
