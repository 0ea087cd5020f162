"""A data frame as a value: frozen, without index, loaded only where somebody looks inside."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import (
    TYPE_CHECKING,  # noqa: TID251  # hides no cycle: pandas is heavy, and only its name is needed
    Any,
    TypeGuard,
)

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


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
        """Return `frame` as a value: index dropped unless it is named, column names made text.

        Columns of the same name get a number (`n`, `n_2`). A column of any objects gets the type it will
        have when it is read from the blob store, so that a resumed execution sees the same.

        Raises:
            TypeError: a column cannot be stored, such as one of numbers and texts.
        """
        named = [name for name in frame.index.names if name is not None]
        clean = frame.reset_index(drop=not named, allow_duplicates=True)
        clean.columns = _distinct([str(column) for column in clean.columns])
        clean.attrs = {}
        for name, kind in clean.dtypes.items():
            if getattr(kind, "kind", "") in {"O", "c"}:
                clean[name] = _settled(clean[name])
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

    def replaced(self, needles: Sequence[bytes], change: Callable[[Any], Any]) -> "Frame":
        """Return the table with `change` made to each value of the columns that hold one of `needles`.

        Names of columns are changed as well. It is itself where nothing holds any: a look at the bytes of
        a column is quick, also at millions of rows.
        """
        import pandas as pd
        import pyarrow as pa

        table = pa.Table.from_pandas(self.to_pandas(), preserve_index=False)
        names = {name: str(change(name)) for name in table.column_names}
        found = [name for name in names if _holds(table.column(name), needles)]
        if not found and all(name == changed for name, changed in names.items()):
            return self
        frame = self.to_pandas()
        for name in found:
            values = [change(value) for value in table.column(name).to_pylist()]
            frame[name] = pd.Series(values, index=frame.index)
        frame.columns = pd.Index(list(names.values()))
        return Frame.of(frame)

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
        try:
            if is_pandas_frame(value):
                return cls.of(value)
            if isinstance(value, list):
                import pandas as pd

                return cls.of(pd.DataFrame(value))
        except (TypeError, AttributeError) as error:  # which pydantic would let through
            msg = f"expected rows of a table: {error}"
            raise ValueError(msg) from error
        msg = f"expected a data frame or a list of rows, found {type(value).__name__}"
        raise ValueError(msg)


def is_pandas_frame(value: object) -> "TypeGuard[pd.DataFrame]":
    """Return whether `value` is a pandas frame; known by name, so that pandas stays out."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "pandas" and hasattr(kind, "iterrows")


def _holds(column: "pa.ChunkedArray", needles: Sequence[bytes]) -> bool:
    """Whether the bytes of a column hold one of `needles`; what lies side by side may look so as well."""
    import pyarrow as pa

    for chunk in column.chunks:
        plain = chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk
        for buffer in plain.buffers():
            content = b"" if buffer is None else buffer.to_pybytes()
            if any(needle in content for needle in needles):
                return True
    return False


def _distinct(names: list[str]) -> list[str]:
    """Return the names with a number behind each that was there already."""
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        number, unique = 2, name
        while unique in seen or (unique != name and unique in taken):
            unique, number = f"{name}_{number}", number + 1
        seen.add(unique)
        result.append(unique)
    return result


def _settled(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as it will come back from Parquet."""
    import pyarrow as pa

    try:
        settled: pd.Series[Any] = pa.array(column, from_pandas=True).to_pandas()
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        msg = f"column {column.name!r} of a data frame cannot be stored: {error}; give it one type"
        raise TypeError(msg) from error
    return settled
