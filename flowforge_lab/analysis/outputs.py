"""What one node gave over many executions, as pandas frames with a column for each output."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # see below

import msgspec

from flowforge_lab.errors import QueryError
from flowforge_lab.store import History
from flowforge_lab.values import Frame

from .tables import Selection, select

if TYPE_CHECKING:  # heavy, and `import flowforge_lab` must stay quick
    import pandas as pd

ABOUT = ("execution_id", "workflow_id", "visit", "started_at", "port")
"""The columns before those of the outputs; an output of the same name gets `output_` before its own."""

_decoder = msgspec.json.Decoder(list[Any])


class NodeHistory:
    """One node in all executions of the past, or in those of one workflow.

    `unpack` turns the journal's form of outputs into values, also of those that are kept in blobs.
    """

    def __init__(
        self, history: History, unpack: Callable[[Any], Any], node: str, *, workflow: str = ""
    ) -> None:
        self.node = node
        self.workflow = workflow
        self._history = history
        self._unpack = unpack

    def outputs(
        self, *, since: datetime | None = None, where: str = "", limit: int | None = None
    ) -> "pd.DataFrame":
        """Return a row for each visit that gave something, the oldest first, with a column for each output.

        Columns have the types of their values; a data frame is a `Frame` in its cell, read when it is looked
        into. `where` is a condition in SQL over the columns of `steps`, `limit` keeps the newest.

        Raises:
            QueryError: DuckDB refused the condition.
        """
        import pandas as pd

        found = self._found(since, where, limit)
        given = self._values(found.pop("outputs").tolist())
        names = dict.fromkeys(name for one in given for name in one)
        columns = {
            _free(name): _column([one.get(name) for one in given], found.index) for name in names
        }
        return pd.concat([found, pd.DataFrame(columns, index=found.index)], axis=1)

    def rows(
        self,
        output: str,
        *,
        since: datetime | None = None,
        where: str = "",
        limit: int | None = None,
    ) -> "pd.DataFrame":
        """Return the rows of all tables that the node gave as `output`, below each other.

        A table is a data frame, or a list of records. Before its columns stand `execution_id`, `visit` and
        `started_at` of the visit; a column of the same name gets `row_` before its own.

        Raises:
            QueryError: DuckDB refused the condition, or `output` is no table.
        """
        import pandas as pd

        found = self._found(since, where, limit)
        given = self._values(found.pop("outputs").tolist())
        tables = []
        for about, one in zip(found.itertuples(index=False), given, strict=True):
            if one.get(output) is None:
                continue
            table = _table(one[output], f"{self.node}.{output}")
            facts = {"execution_id": about[0], "visit": about[2], "started_at": about[3]}
            table = table.rename(columns={name: f"row_{name}" for name in facts})
            for place, (name, value) in enumerate(facts.items()):
                table.insert(place, name, value)
            tables.append(table)
        if tables:
            return pd.concat(tables, ignore_index=True)
        return found[["execution_id", "visit", "started_at"]].head(0)

    def metrics(
        self, *, by: Literal["hour", "day"] = "hour", since: datetime | None = None
    ) -> "pd.DataFrame":
        """Return visits, failures and durations of the node by hour or day, oldest first."""
        filters = {"grain": by, "node": self.node}
        if self.workflow:
            filters["workflow_id"] = self.workflow
        query = select("node_metrics", Selection(filters, since))
        return self._history.frame(query.sql, query.params)

    def _found(self, since: datetime | None, where: str, limit: int | None) -> "pd.DataFrame":
        conditions = ["node = $node", "outputs is not null"]
        params: dict[str, Any] = {"node": self.node}
        if self.workflow:
            conditions.append("workflow_id = $workflow")
            params["workflow"] = self.workflow
        if since is not None:
            conditions.append("started_at >= $since")
            params["since"] = since
        if where:
            conditions.append(f"({where}\n)")
        order = "order by started_at, execution_id, visit"
        query = f"""select {", ".join(ABOUT)}, outputs::varchar as outputs from steps
          where {" and ".join(conditions)}"""  # noqa: S608  # the asker's own condition, in the asker's own lab
        if limit is not None:
            query = (
                f"select * from ({query} {order.replace(',', ' desc,')} desc limit {int(limit)})"  # noqa: S608  # as above
            )
        return self._history.frame(f"{query} {order}", params)

    def _values(self, texts: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return outputs by name; one that is no fields stands alone as `value`."""
        forms = _decoder.decode(f"[{','.join(texts)}]".encode())
        values = (self._unpack(form) if _is_tagged(form) else form for form in forms)
        return [
            self._plain(value) if isinstance(value, dict) else {"value": value} for value in values
        ]

    def _plain(self, fields: dict[str, Any]) -> Mapping[str, Any]:
        if any(type(value) in (dict, list) for value in fields.values()):
            unpacked: dict[str, Any] = self._unpack(fields)
            return unpacked
        return fields


def _is_tagged(form: Any) -> bool:
    return isinstance(form, dict) and len(form) == 1 and next(iter(form)).startswith("$")


def _free(name: str) -> str:
    return f"output_{name}" if name in ABOUT else name


def _table(value: Any, place: str) -> "pd.DataFrame":
    import pandas as pd

    if isinstance(value, Frame):
        return value.to_pandas()
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return pd.DataFrame(value)
    kind = type(value).__name__
    msg = f"{place} is no table but a {kind}; `outputs()` has it in a column"
    raise QueryError(msg)


def _column(values: Sequence[Any], index: "pd.Index[Any]") -> "pd.Series[Any]":
    """Return values as a column of their type; one that is missing makes no other number of a number."""
    import pandas as pd

    kinds = {type(value) for value in values}
    is_whole = type(None) not in kinds
    kinds.discard(type(None))
    dtype: Any = _DTYPES.get(frozenset(kinds), {}).get(is_whole, object)
    if kinds == {datetime} and all(value.tzinfo for value in values if value is not None):
        return pd.Series(pd.to_datetime(list(values), utc=True), index=index)
    column: pd.Series[Any] = pd.Series(list(values), index=index, dtype=_fitting(dtype, values))
    return column


_DTYPES: Mapping[frozenset[type], Mapping[bool, str]] = {
    frozenset((int,)): {True: "int64", False: "Int64"},
    frozenset((bool,)): {True: "bool", False: "boolean"},
    frozenset((float,)): {True: "float64", False: "float64"},
    frozenset((int, float)): {True: "float64", False: "float64"},
    frozenset((str,)): {True: "str", False: "str"},
}
_INT64 = range(-(2**63), 2**63)


def _fitting(dtype: Any, values: Sequence[Any]) -> Any:
    """Return the type, or that of any objects where a whole number is too large for it."""
    if dtype in {"int64", "Int64"} and not all(one is None or one in _INT64 for one in values):
        return object
    return dtype
