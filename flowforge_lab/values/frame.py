"""A data frame as a value: frozen, without index, loaded only where somebody looks inside."""

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:  # pandas is heavy and may be absent where a frame only passes by
    import pandas as pd


class Frame:
    """A table that flows along an edge; `to_pandas()` hands out a copy of its own each time.

    `row_count` is the number of rows, `columns` maps each column to its dtype, in order, and
    `digest` is the SHA-256 of its Parquet form once it has been stored, else empty.
    """

    __slots__ = ("_frame", "_load", "columns", "digest", "row_count")

    def __init__(
        self,
        *,
        row_count: int,
        columns: Mapping[str, str],
        digest: str = "",
        frame: "pd.DataFrame | None" = None,
        load: Callable[[], bytes] | None = None,
    ) -> None:
        self.row_count = row_count
        self.columns = dict(columns)
        self.digest = digest
        self._frame = frame
        self._load = load

    @classmethod
    def of(cls, frame: "pd.DataFrame") -> "Frame":
        """Return `frame` as a value: index dropped unless it is named, column names made text."""
        named = [name for name in frame.index.names if name is not None]
        clean = frame.reset_index(drop=not named)
        clean.columns = [str(column) for column in clean.columns]
        kinds = {str(column): str(kind) for column, kind in clean.dtypes.items()}
        return cls(row_count=len(clean), columns=kinds, frame=clean)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the table as a fresh pandas frame; changing it changes nobody else's."""
        if self._frame is None:
            self._frame = self._read()
        return self._frame.copy()

    def to_parquet(self) -> bytes:
        """Return the table as Parquet bytes (zstd); the same table gives the same bytes."""
        if self._frame is None and self._load is not None:
            return self._load()
        sink = io.BytesIO()
        self.to_pandas().to_parquet(sink, index=False, compression="zstd")
        return sink.getvalue()

    def stored(self, digest: str) -> "Frame":
        """Return the same table, known by `digest` in the blob store."""
        return Frame(
            row_count=self.row_count,
            columns=self.columns,
            digest=digest,
            frame=self._frame,
            load=self._load,
        )

    def _read(self) -> "pd.DataFrame":
        import pandas as pd

        if self._load is None:
            msg = "this frame has neither rows nor a place to load them from"
            raise ValueError(msg)
        return pd.read_parquet(io.BytesIO(self._load()))

    def __len__(self) -> int:
        return self.row_count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        if self.digest and other.digest:
            return self.digest == other.digest
        return self.columns == other.columns and self.to_pandas().equals(other.to_pandas())

    __hash__ = None  # type: ignore[assignment]  # equal frames need not share a digest yet

    def __repr__(self) -> str:
        return f"Frame({self.row_count} rows, columns: {', '.join(self.columns)})"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "object", "format": "frame", "title": "Data frame"}

    @classmethod
    def _validate(cls, value: object) -> "Frame":
        if isinstance(value, Frame):
            return value
        if type(value).__module__.startswith("pandas") and hasattr(value, "dtypes"):
            return cls.of(value)  # type: ignore[arg-type]  # known by name, so that pandas stays out
        if isinstance(value, list):
            import pandas as pd

            return cls.of(pd.DataFrame(value))
        msg = f"expected a data frame or a list of rows, found {type(value).__name__}"
        raise ValueError(msg)
