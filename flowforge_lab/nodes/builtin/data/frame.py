"""Work on a table, one operation after the other: filter, assign, group, join, pivot, resample and more.

The table is `frame`, or what `read` reads, or else what came in: a frame, a list of rows, or the output of
a node that has `frame` or `rows`. All happens in a worker process, so that a large table slows down
nothing else.

Formulas are written as in pandas (`distance > @least and carrier in ["AA", "DL"]`): columns by
name (with spaces in backticks), values from `parameters` with an `@`. They may hold numbers,
texts, lists, `+ - * / // % **`, comparisons, `in`, `and`, `or`, `not`; the functions `abs`,
`sqrt`, `exp`, `log`, `log10`, `floor`, `ceil`; of a column `.abs()`, `.round()`, `.clip()`,
`.fillna()`, `.between()`, `.isin()`, `.isna()`, `.notna()`; of texts `.str.` with `contains`,
`startswith`, `endswith`, `lower`, `upper`, `strip`, `len`, `slice`, `replace`; of times `.dt.`
with `year`, `quarter`, `month`, `day`, `dayofweek`, `hour`, `minute`, `date`. Nothing else: a
formula runs no code, also if a part of it came from outside.

`read` takes the table from a CSV, Parquet, Excel, JSON or JSON lines file beside the workflow, or from the
bytes of an earlier step such as an attachment. `write` gives the result as such a file in `file`, ready
to be attached to a mail or sent over HTTP, and with `save` puts it beside the workflow too.

Best practice: select and filter first; give values by `parameters`, not by a template in a
formula. For joins and groups over large tables `sql.query` is
faster.
Troubleshooting: `frame.operation` names the operation by its number and the columns that the table has
there; `frame.read` says why a file is no table; `library.missing` that Excel files need
`pip install flowforge-lab[excel]`.
"""

import asyncio
import codecs
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from flowforge_lab.clients import (
    CodeJob,
    CodeLimits,
    file_content,
    media_type_of,
    path_inside,
    save_inside,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    Attempt,
    DataFile,
    Effects,
    Expression,
    Model,
    NoInputs,
    Port,
    Switch,
    node_type,
)
from flowforge_lab.nodes.file_values import FileValue
from flowforge_lab.nodes.table_steps import Operation
from flowforge_lab.values import Frame

_WORKER = "flowforge_lab.clients.code.table_files:work_through"
_MEGABYTE = 1_000_000
_AS_WRITTEN = {"format", "sheet", "separator", "text", "encoding", "decimal"}
Format = Literal["auto", "csv", "tsv", "parquet", "excel", "json", "jsonl"]


class ReadFile(Model):
    """A file to take the table from."""

    path: DataFile = Field(default="", description="The file, relative to the workflow's folder.")
    content: Expression = Field(
        default=None,
        description="Instead of a path: bytes, or a file such as an attachment.",
        examples=["input.attachments[0]"],
    )
    format: Format = Field(default="auto", description="What it is; by default by its name.")
    sheet: str = Field(default="", description="The sheet of an Excel file; by default the first.")
    separator: str = Field(default=",", min_length=1, description="Between columns of a CSV file.")
    text: list[str] = Field(
        default_factory=list,
        description="Columns of a CSV, TSV or Excel file that stay text, such as postal codes; `*` for all."
        " What looks like a number is one otherwise.",
        examples=[["zip", "phone"]],
    )
    encoding: str = Field(
        default="utf-8", description="Of a CSV or TSV file.", examples=["latin-1", "cp1252"]
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="Before the decimals of numbers in a CSV or TSV file."
    )

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            msg = f"no encoding is called {encoding!r}"
            raise ValueError(msg) from error
        return encoding

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path) == ("content" in self.model_fields_set):
            msg = "expected either 'path' or 'content'"
            raise ValueError(msg)
        return self


class WriteFile(Model):
    """A file to make of the result."""

    name: str = Field(
        min_length=1,
        description="Its name, which also says what it is.",
        examples=["report.xlsx", "out/{{ inputs.month }}.csv"],
    )
    format: Format = Field(default="auto", description="What to write; by default by its name.")
    sheet: str = Field(default="Sheet1", description="The name of the sheet of an Excel file.")
    separator: str = Field(default=",", min_length=1, description="Between columns of a CSV file.")
    save: Switch = Field(
        default=False, description="Whether to save it in the workflow's folder, replacing it."
    )


class Config(Model):
    """Which table, and what to do with it."""

    frame: Expression = Field(
        default=None,
        description="The table; by default what came in.",
        examples=["nodes.load.frame"],
    )
    read: ReadFile | None = Field(default=None, description="A file to take the table from.")
    operations: list[Operation] = Field(
        default_factory=list, max_length=100, description="What to do, from the first to the last."
    )
    write: WriteFile | None = Field(default=None, description="A file to make of the result.")
    max_inline_rows: int = Field(
        default=1_000, ge=0, le=10_000, description="Up to this many come out as `rows` too."
    )
    max_memory_mb: int = Field(default=4_000, ge=100, description="The most memory, in megabytes.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.read is not None and "frame" in self.model_fields_set:
            msg = "the table comes from 'frame' or from 'read', not from both"
            raise ValueError(msg)
        return self


class Outputs(Model):
    """What came out."""

    frame: Frame = Field(description="The table after all operations.")
    row_count: int = Field(description="How many rows it has.")
    columns: list[str] = Field(description="The names of its columns, in order.")
    rows: list[dict[str, Any]] | None = Field(description="The rows, if they are few; else null.")
    file: FileValue | None = Field(default=None, description="The file, if one was asked for.")


def _takes(config: Mapping[str, Any]) -> tuple[Port, ...]:
    """A table must come in, unless the config says where it is."""
    is_told = config.get("frame") or config.get("read")
    return (Port("in", "Table", "any" if is_told else "frame"),)


def _effects(config: Mapping[str, Any]) -> Effects:
    write, read = config.get("write"), config.get("read")
    if isinstance(write, Mapping) and write.get("save"):
        return "writes"
    return "reads" if isinstance(read, Mapping) and read.get("path") else "none"


@node_type(
    "data.frame",
    title="Data frame",
    outputs=Outputs,
    takes=_takes,
    effects="writes",
    effects_of=_effects,
    ports=(Port("out", "Table", "frame"),),
    icon="table",
    color="#059669",
    keywords=(
        "pandas",
        "filter",
        "group",
        "join",
        "pivot",
        "table",
        "sort",
        "csv",
        "excel",
        "parquet",
    ),
)
async def frame(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Work through the operations in a worker process."""
    job = CodeJob(
        directory=attempt.folder,
        target=_WORKER,
        inputs={
            "source": _source(config, attempt),
            "operations": [dict(operation) for operation in config.operations],
            "max_rows": config.max_inline_rows,
            "write": dict(config.write) if config.write else None,
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
        file=await _file(config.write, done["content"], attempt),
    )


def _source(config: Config, attempt: Attempt) -> dict[str, Any]:
    if config.read is None:
        given = config.frame if "frame" in config.model_fields_set else _arrived(attempt.input)
        return {"frame": _table(given)}
    read = config.read
    facts = read.model_dump(include=_AS_WRITTEN)
    if read.path:
        path = path_inside(attempt.folder, read.path)
        return {**facts, "path": str(path), "name": path.name}
    name, content = file_content(read.content)
    return {**facts, "content": content, "name": name}


async def _file(write: WriteFile | None, content: bytes, attempt: Attempt) -> FileValue | None:
    if write is None:
        return None
    if write.save:
        await asyncio.to_thread(save_inside, attempt.folder, write.name, content)
        attempt.log(f"saved {write.name}, {len(content):,} bytes")
    name = PurePosixPath(write.name).name
    return FileValue(name=name, type=media_type_of(name), content=content)


def _arrived(value: Any) -> Any:
    if isinstance(value, Mapping):
        return next(
            (value[name] for name in ("frame", "rows") if value.get(name) is not None), value
        )
    return value


def _table(value: Any) -> Frame | list[Any]:
    if isinstance(value, Frame | list):
        return value
    msg = "there is no table to work on"
    raise NodeError(
        msg,
        type="frame.not_a_table",
        detail=f"expected a data frame or a list of rows, found {type(value).__name__}",
        is_transient=False,
    )
