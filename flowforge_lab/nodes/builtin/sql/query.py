"""Ask with SQL: over data frames, over files beside the workflow, or over a DuckDB connection.

Frames and files become tables by the names you give them. Values go in as parameters, `$month` in
the SQL and `month` in `parameters`; SQL is never a template, so that no value can change its
meaning. The result of the last statement comes out as a frame, and as `rows` too if it is small.

Without a connection everything happens in memory. With one, its tables are there by name, and are
only read unless `write` is set. No other file can be read or written.

Best practice: select a part and aggregate in SQL; hand on small tables.
Troubleshooting: `sql.invalid` shows the line that DuckDB stumbled over; `sql.too_many_rows` asks
for a LIMIT or a higher `max_rows`; decimals are floats in the frame and exact in `rows`.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from flowforge_lab.clients import (
    SqlQuery,
    parameters_told,
    path_inside,
    sql_parameters,
    table_reader,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    DataFile,
    Effects,
    Expression,
    Model,
    NoInputs,
    Port,
    Sql,
    Switch,
    node_type,
)
from flowforge_lab.values import Frame

_MEGABYTE = 1_000_000


def _is_table(path: str) -> str:
    table_reader(PurePath(path))
    return path


class Config(Model):
    """What to ask, and of what."""

    sql: Sql = Field(
        min_length=1,
        description="The SQL, one or more statements; the last one gives the result.",
        examples=[
            "SELECT carrier, avg(dep_delay) AS delay FROM flights WHERE month = $month GROUP BY 1"
        ],
    )
    parameters: dict[str, AnyValue] = Field(
        default_factory=dict,
        validate_default=True,
        description="Values for the `$names` in the SQL.",
        examples=[{"month": "{{ inputs.month }}"}],
    )
    frames: dict[str, Expression] = Field(
        default_factory=dict,
        description="Tables from earlier steps: a frame or a list of rows by table name.",
        examples=[{"flights": "nodes.load.frame"}],
    )
    files: dict[str, Annotated[DataFile, AfterValidator(_is_table)]] = Field(
        default_factory=dict,
        description="Tables from CSV, Parquet and JSON files in the workflow's folder.",
        examples=[{"flights": "data/flights.parquet"}],
    )
    connection: ConnectionName = Field(
        default="", description="A connection of the kind `duckdb`."
    )
    write: Switch = Field(
        default=False, description="Whether the SQL may change the connection's database."
    )
    max_rows: int = Field(default=1_000_000, ge=1, description="More rows than this are an error.")
    max_inline_rows: int = Field(
        default=1_000, ge=0, le=10_000, description="Up to this many come out as `rows` too."
    )
    max_memory_mb: int = Field(default=1_000, ge=50, description="The most memory, in megabytes.")

    @field_validator("sql")
    @classmethod
    def _is_sql(cls, sql: str) -> str:
        sql_parameters(sql)
        return sql

    @field_validator("parameters")
    @classmethod
    def _fit(cls, parameters: dict[str, Any], found: ValidationInfo) -> dict[str, Any]:
        told = parameters_told(sql_parameters(found.data["sql"]), parameters) if found.data else ""
        if told:
            raise ValueError(told)
        return parameters

    @field_validator("write")
    @classmethod
    def _has_a_connection(cls, write: object, found: ValidationInfo) -> object:
        if write and found.data.get("connection") == "":
            msg = "there is no connection to write to"
            raise ValueError(msg)
        return write


class Outputs(Model):
    """What came back."""

    frame: Frame = Field(description="The result as a table.")
    row_count: int = Field(description="How many rows it has.")
    columns: list[str] = Field(description="The names of its columns, in order.")
    rows: list[dict[str, Any]] | None = Field(description="The rows, if they are few; else null.")


def _effects(config: Mapping[str, Any]) -> Effects:
    return "writes" if config.get("write") else "reads"


@node_type(
    "sql.query",
    title="SQL query",
    outputs=Outputs,
    ports=(Port("out", "Rows", "frame"),),
    icon="database",
    color="#059669",
    effects="writes",
    effects_of=_effects,
    is_idempotent=False,
    keywords=("duckdb", "select", "csv", "parquet", "table", "query"),
)
async def query(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Run the SQL over the tables."""
    files = {name: path_inside(attempt.folder, path) for name, path in config.files.items()}
    frames = {name: _frame(name, value) for name, value in config.frames.items()}
    path, is_read_only = None, True
    if config.connection:
        path, is_read_only = attempt.clients.connections.database(config.connection)
    if config.write and is_read_only:
        raise _not_writable(config.connection)
    result = await attempt.clients.sql.query(
        SqlQuery(
            sql=config.sql,
            parameters=config.parameters,
            tables={**files, **frames},
            database=path,
            is_read_only=not config.write,
            max_rows=config.max_rows,
            max_memory_bytes=config.max_memory_mb * _MEGABYTE,
        )
    )
    count = result.frame.row_count
    attempt.log(f"{count:,} rows")
    return Outputs(
        frame=result.frame,
        row_count=count,
        columns=list(result.frame.columns),
        rows=result.rows() if count <= config.max_inline_rows else None,
    )


def _frame(name: str, value: Any) -> Frame | list[Any]:
    if isinstance(value, Frame | list):
        return value
    title = f"the table {name!r} is no table"
    detail = f"expected a data frame or a list of rows, found {type(value).__name__}"
    raise NodeError(title, type="sql.not_a_table", detail=detail, is_transient=False)


def _not_writable(connection: str) -> NodeError:
    where = (
        f"the connection {connection!r} is only read" if connection else "there is no connection"
    )
    return NodeError("nothing to write to", type="sql.read_only", detail=where, is_transient=False)
