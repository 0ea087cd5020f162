"""Work on a table, one operation after the other: select, filter, assign, group, join, pivot and more.

The table is `frame`, or else what came in: a frame, a list of rows, or the output of a node that
has `frame` or `rows`. All happens in a worker process, so that a large table slows down nothing
else.

Formulas are written as in pandas (`distance > @least and carrier in ["AA", "DL"]`): columns by
name (with spaces in backticks), values from `parameters` with an `@`. They may hold numbers,
texts, lists, `+ - * / // % **`, comparisons, `in`, `and`, `or`, `not`; the functions `abs`,
`sqrt`, `exp`, `log`, `log10`, `floor`, `ceil`; of a column `.abs()`, `.round()`, `.clip()`,
`.fillna()`, `.between()`, `.isin()`, `.isna()`, `.notna()`; of texts `.str.` with `contains`,
`startswith`, `endswith`, `lower`, `upper`, `strip`, `len`, `slice`, `replace`; of times `.dt.`
with `year`, `quarter`, `month`, `day`, `dayofweek`, `hour`, `minute`, `date`. Nothing else: a
formula runs no code, also if a part of it came from outside.

Best practice: select and filter first; give values by `parameters`, not by a template in a
formula. For joins and groups over large tables `sql.query` is
faster.
Troubleshooting: an error names the operation by its number and the columns that the table has
there.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from flowforge_lab.clients import CodeJob, CodeLimits, parse_formula
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    Expression,
    Model,
    NoInputs,
    Port,
    node_type,
)
from flowforge_lab.values import Frame

_WORKER = "flowforge_lab.clients.code.tables:apply_operations"
_MEGABYTE = 1_000_000
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
    | Sort
    | Head
    | Rename
    | DropDuplicates
    | FillNa
    | AsType,
    Field(discriminator="op"),
]


class Config(Model):
    """Which table, and what to do with it."""

    frame: Expression = Field(
        default=None,
        description="The table; by default what came in.",
        examples=["nodes.load.frame"],
    )
    operations: list[Operation] = Field(
        default_factory=list, max_length=100, description="What to do, from the first to the last."
    )
    max_inline_rows: int = Field(
        default=1_000, ge=0, le=10_000, description="Up to this many come out as `rows` too."
    )
    max_memory_mb: int = Field(default=4_000, ge=100, description="The most memory, in megabytes.")


class Outputs(Model):
    """What came out."""

    frame: Frame = Field(description="The table after all operations.")
    row_count: int = Field(description="How many rows it has.")
    columns: list[str] = Field(description="The names of its columns, in order.")
    rows: list[dict[str, Any]] | None = Field(description="The rows, if they are few; else null.")


def _takes(config: Mapping[str, Any]) -> tuple[Port, ...]:
    """A table must come in, unless the config says where it is."""
    return (Port("in", "Table", "any" if config.get("frame") else "frame"),)


@node_type(
    "data.frame",
    title="Data frame",
    outputs=Outputs,
    takes=_takes,
    ports=(Port("out", "Table", "frame"),),
    icon="table",
    color="#059669",
    keywords=("pandas", "filter", "group", "join", "pivot", "table", "sort"),
)
async def frame(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Work through the operations in a worker process."""
    source = config.frame if "frame" in config.model_fields_set else _arrived(attempt.input)
    job = CodeJob(
        directory=attempt.folder,
        target=_WORKER,
        inputs={
            "frame": _table(source),
            "operations": [dict(operation) for operation in config.operations],
            "max_rows": config.max_inline_rows,
        },
        limits=CodeLimits(max_memory_bytes=config.max_memory_mb * _MEGABYTE),
    )
    done = await attempt.clients.code.run(job, log=attempt.log)
    result: Frame = done["frame"]
    attempt.log(f"{result.row_count:,} rows, {len(result.columns)} columns")
    return Outputs(
        frame=result,
        row_count=result.row_count,
        columns=list(result.columns),
        rows=done["rows"],
    )


def _arrived(value: Any) -> Any:
    if isinstance(value, Mapping):
        return next(
            (value[name] for name in ("frame", "rows") if value.get(name) is not None), value
        )
    return value


def _table(value: Any) -> Frame | list[Any]:
    if isinstance(value, Frame | list):
        return value
    raise NodeError(
        "there is no table to work on",
        type="frame.not_a_table",
        detail=f"expected a data frame or a list of rows, found {type(value).__name__}",
        is_transient=False,
    )
