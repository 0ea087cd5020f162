"""Ask or change a PostgreSQL or DuckDB database, by form or with SQL, alone or in one transaction.

`steps` are `select`, `insert`, `update`, `delete`, `upsert`, or `sql`. In the forms names are quoted and
values are bound; in SQL values stand as `$name` and are given in `parameters`. SQL is never a template, so
that no value can change its meaning. Each step is one statement; by default all of them are one transaction.

The connection says what may be done: `statements`, `tables`, `columns` and `functions` in its table of
`.flowforge/flowforge.toml` are white lists, and a connection that says nothing may only read. What is
judged is what runs: SQL is read, checked and written anew, and statements that cannot be understood are
refused. A step `sql` runs in a read-only transaction unless `write` is set.

Rows come out as records, or as a data frame; of several steps `rows` are those of the last that gave
any, and `results` has those of each. Decimals, times and UUIDs keep their types.

Best practice: let the database filter and aggregate; use `upsert` for what may come twice, since a step that
a crash cut off is not repeated by itself; give the connection a role of its own with few rights.
Troubleshooting: `sql.not_allowed` names what is missing on the white list; `sql.connect` is a database that
is down or refuses the login; `sql.constraint` a key or a rule of the table; `sql.too_many_rows` asks for a
limit. `update` and `delete` without conditions need `everything`.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from flowforge_lab import clients
from flowforge_lab.clients import Comparison
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    LITERAL,
    AnyValue,
    Attempt,
    ConnectionName,
    Effects,
    Expression,
    Model,
    NoInputs,
    Port,
    Sql,
    Switch,
    node_type,
)
from flowforge_lab.values import Duration, Frame

Name = Annotated[str, LITERAL, Field(min_length=1, max_length=130)]
"""A name in the database: never given by an expression, for it decides what is reached."""


class Condition(Model):
    """What must hold of one column."""

    column: Name = Field(description="The column.", examples=["status"])
    is_: Comparison = Field(
        default="equals", alias="is", description="How it must compare; `empty` is null."
    )
    value: AnyValue = Field(default=None, description="With what.")


class SortKey(Model):
    """One column to sort by."""

    column: Name = Field(description="The column.")
    descending: bool = Field(default=False, description="Whether the largest come first.")


Conditions = Annotated[list[Condition], Field(default_factory=list, description="Which rows.")]
Match = Annotated[
    Literal["all", "any"],
    Field(default="all", description="Whether all conditions must hold, or one."),
]
Returning = Annotated[
    list[Name],
    Field(default_factory=list, description="Columns of the changed rows to give back."),
]


class Select(Model):
    """Read rows."""

    op: Literal["select"] = Field(description="Read rows.")
    table: Name = Field(description="The table, with its schema if it is not the connection's.")
    columns: list[Name] = Field(
        default_factory=list, description="The columns; none gives all that may be read."
    )
    where: Conditions
    match: Match
    order_by: list[SortKey] = Field(default_factory=list, description="How to sort; null last.")
    limit: int | None = Field(default=None, ge=0, description="How many rows at most.")
    offset: int = Field(default=0, ge=0, description="How many to leave out before.")


class Insert(Model):
    """Add rows."""

    op: Literal["insert"] = Field(description="Add rows.")
    table: Name = Field(description="The table.")
    rows: Expression = Field(
        description="The rows: fields, a list of them, or a data frame.",
        examples=["input.rows", "nodes.load.frame"],
    )
    returning: Returning


class Upsert(Model):
    """Add rows, or change those that are there."""

    op: Literal["upsert"] = Field(description="Add rows, or change those that are there.")
    table: Name = Field(description="The table.")
    rows: Expression = Field(description="The rows: fields, a list of them, or a data frame.")
    key: list[Name] = Field(min_length=1, description="The columns of a unique key.")
    update: list[Name] | None = Field(
        default=None, description="What to change, of what a row has; by default all of that."
    )
    returning: Returning


class _Some(Model):
    where: Conditions
    match: Match
    everything: Switch = Field(
        default=False, description="Whether all rows are meant if there is no condition."
    )

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        if not self.where and not self.everything:
            msg = "there is no condition; set 'everything' if all rows are meant"
            raise ValueError(msg)
        return self


class Update(_Some):
    """Change rows."""

    op: Literal["update"] = Field(description="Change rows.")
    table: Name = Field(description="The table.")
    values: dict[str, AnyValue] = Field(min_length=1, description="New values by column.")
    returning: Returning


class Delete(_Some):
    """Delete rows."""

    op: Literal["delete"] = Field(description="Delete rows.")
    table: Name = Field(description="The table.")
    returning: Returning


class WrittenSql(Model):
    """One statement in SQL."""

    op: Literal["sql"] = Field(description="One statement in SQL.")
    sql: Sql = Field(
        min_length=1,
        description="The statement, with `$name` for values.",
        examples=["SELECT region, sum(total) AS total FROM orders WHERE day = $day GROUP BY 1"],
    )
    parameters: dict[str, AnyValue] = Field(
        default_factory=dict, description="Values for the `$names`."
    )
    write: Switch = Field(default=False, description="Whether it may change anything.")


Step = Annotated[
    Select | Insert | Upsert | Update | Delete | WrittenSql, Field(discriminator="op")
]


class Config(Model):
    """What to ask, or to change, over which connection."""

    connection: ConnectionName = Field(
        min_length=1, description="A connection of the kind `postgresql` or `duckdb`."
    )
    steps: list[Step] = Field(
        min_length=1, max_length=50, description="The statements, from the first to the last."
    )
    transaction: bool = Field(
        default=True, description="Whether all of them happen or none; else each by itself."
    )
    result: Literal["rows", "frame"] = Field(
        default="rows", description="Whether rows come out as records or as a data frame."
    )
    max_rows: int = Field(
        default=10_000, ge=1, description="More rows of one step are an error, never cut off."
    )
    timeout: Duration = Field(default=30.0, gt=0, description="How long all of it may take.")


class Outputs(Model):
    """What came of it."""

    rows: list[dict[str, Any]] | None = Field(
        description="The rows of the last step that gave any; null with a data frame."
    )
    frame: Frame | None = Field(default=None, description="The same as a data frame.")
    count: int = Field(description="How many rows the last step gave or changed.")
    counts: list[int] = Field(description="The same for each step.")
    results: list[list[dict[str, Any]]] = Field(
        description="The rows of each step, where there are several."
    )


def _effects(config: Mapping[str, Any]) -> Effects:
    steps = config.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        return "writes"
    is_reading = all(
        step.get("op") == "select" or (step.get("op") == "sql" and step.get("write") is not True)
        for step in steps
    )
    return "reads" if is_reading else "writes"


@node_type(
    "action.database_query",
    title="Database query",
    outputs=Outputs,
    ports=(Port("out", "Rows"),),
    icon="database",
    color="#2563eb",
    effects="writes",
    effects_of=_effects,
    is_idempotent=False,
    keywords=("sql", "postgres", "postgresql", "duckdb", "select", "insert", "update", "table"),
)
async def database_query(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Run the statements, and give their rows."""
    outcomes = await attempt.clients.connections.run_statements(
        config.connection,
        [await _statement(step) for step in config.steps],
        is_atomic=config.transaction,
        is_read_only=all(map(_only_reads, config.steps)),
        max_rows=config.max_rows,
        seconds=config.timeout,
    )
    for step, outcome in zip(config.steps, outcomes, strict=True):
        attempt.log(f"{step.op}: {outcome.count:,} rows")
    giving = next((one for one in reversed(outcomes) if one.columns), outcomes[-1])
    is_frame = config.result == "frame"
    return Outputs(
        rows=None if is_frame else giving.rows,
        frame=await asyncio.to_thread(_frame, giving) if is_frame else None,
        count=outcomes[-1].count,
        counts=[one.count for one in outcomes],
        results=[] if is_frame or len(outcomes) == 1 else [one.rows for one in outcomes],
    )


def _only_reads(step: Step) -> bool:
    return isinstance(step, Select) or (isinstance(step, WrittenSql) and not step.write)


async def _statement(step: Step) -> clients.Statement:
    match step:
        case Select():
            return clients.Select(
                table=step.table,
                columns=step.columns,
                where=_where(step.where),
                match=step.match,
                order_by=[clients.Order(key.column, key.descending) for key in step.order_by],
                limit=step.limit,
                offset=step.offset,
            )
        case Insert():
            rows = await _rows(step.rows)
            return clients.Insert(table=step.table, rows=rows, returning=step.returning)
        case Upsert():
            return clients.Upsert(
                table=step.table,
                rows=await _rows(step.rows),
                key=step.key,
                update=step.update,
                returning=step.returning,
            )
        case _:
            return _changing(step)


def _changing(step: Update | Delete | WrittenSql) -> clients.Statement:
    match step:
        case Update():
            return clients.Update(
                table=step.table,
                values=step.values,
                where=_where(step.where),
                match=step.match,
                returning=step.returning,
            )
        case Delete():
            return clients.Delete(
                table=step.table,
                where=_where(step.where),
                match=step.match,
                returning=step.returning,
            )
        case WrittenSql():
            return clients.WrittenSql(sql=step.sql, parameters=step.parameters)


def _where(conditions: list[Condition]) -> list[clients.Where]:
    return [clients.Where(one.column, one.is_, one.value) for one in conditions]


async def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, Frame):
        return await asyncio.to_thread(_records, value)
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("frame", "rows") if value.get(name)), None)
        return await _rows(inner) if isinstance(inner, Frame | list) else [dict(value)]
    if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
        return value
    msg = "there are no rows to write"
    raise NodeError(
        msg,
        type="sql.not_a_table",
        detail=f"expected fields, a list of them or a data frame, found {type(value).__name__}",
        is_transient=False,
    )


def _records(frame: Frame) -> list[dict[str, Any]]:
    import io

    import pyarrow.parquet

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(
        io.BytesIO(frame.to_parquet())
    ).to_pylist()
    return rows


def _frame(outcome: clients.Outcome) -> Frame:
    import pandas as pd

    return Frame.of(pd.DataFrame(outcome.rows, columns=list(outcome.columns)))
