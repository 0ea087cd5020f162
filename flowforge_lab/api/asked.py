"""Which part of the past is meant, as requests say it, and frames on their way out."""

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal  # noqa: TID251  # see below

from pydantic import AfterValidator, Field
from starlette.responses import Response

from flowforge_lab.errors import AccessError

from .access import Caller
from .shapes import Shape

if TYPE_CHECKING:  # heavy, and a server starts without it
    import pandas as pd

ARROW = "application/vnd.apache.arrow.stream"
JSON_ROWS = 100
"""So many rows come as JSON where nobody says how many."""
MAX_ROWS = 1_000_000
Form = Literal["json", "arrow"]


def _aware(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)


Since = Annotated[datetime | None, AfterValidator(_aware)]


class Past(Shape):
    """Which part of the past: from a time on, under a condition."""

    since: Since = Field(default=None, description="Started then or later.")
    where: str = Field(
        default="",
        max_length=10_000,
        description="A condition in SQL; it takes the role operator in the lab, as any SQL does.",
    )


class PastPage(Past):
    """Some rows about a part of the past; as Arrow all of them where no limit is given."""

    format: Form = Field(default="json", description="`arrow` is Arrow's stream format.")
    offset: int = Field(default=0, ge=0, le=MAX_ROWS)
    limit: int | None = Field(default=None, ge=0, le=MAX_ROWS)

    def cut(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return the rows that are meant."""
        most = JSON_ROWS if self.limit is None and self.format == "json" else self.limit
        end = None if most is None else self.offset + most
        return frame.iloc[self.offset : end]


def refuse_condition(caller: Caller, where: str) -> None:
    """Do nothing where there is no condition, or the caller may ask the history anything.

    Raises:
        AccessError: a condition may look at all there is, and they may not.
    """
    if where and not caller.may("operator"):
        msg = f"a condition in SQL takes the role operator in the lab; {caller.name!r} has it not"
        raise AccessError(msg)


def frame_answer(frame: "pd.DataFrame", form: Form) -> Response:
    """Return a frame as JSON records, or in Arrow's stream format."""
    if form == "json":
        text = frame.to_json(orient="records", date_format="iso", date_unit="us")
        return Response(text, media_type="application/json")
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return Response(sink.getvalue(), media_type=ARROW)
