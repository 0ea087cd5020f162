"""What one node gave over many executions, as pandas frames with a column for each output."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol  # noqa: TID251  # see below

import msgspec

from flowforge_lab.errors import QueryError
from flowforge_lab.spec import did_you_mean
from flowforge_lab.values import Frame

from .asking import Asks
from .tables import Query, Selection, select

if TYPE_CHECKING:  # heavy, and `import flowforge_lab` must stay quick
    import pandas as pd

ABOUT = ("execution_id", "workflow_id", "visit", "started_at", "port")
"""The columns before those of the outputs; an output of the same name gets `output_` before its own."""

_decoder = msgspec.json.Decoder(list[Any])


Known = Mapping[str, Collection[str]]


def _unasked(_node: str, _workflow: str) -> Known:
    return {}


class Visited(msgspec.Struct, frozen=True):
    """Which visits are meant: of a node, in one workflow or in any, since a time, the newest `limit`.

    `where` is a condition in SQL over the columns of `steps`.
    """

    node: str
    workflow: str = ""
    since: datetime | None = None
    where: str = ""
    limit: int | None = None


def select_outputs(wanted: Visited, *, among: Sequence[str] | None = None) -> Query:
    """Return the query for the columns `ABOUT` and `outputs`, in journal form, the oldest first.

    Of the workflows `among`, where that is not all.
    """
    conditions = ["node = $node", "outputs is not null"]
    params: dict[str, Any] = {"node": wanted.node}
    if wanted.workflow:
        conditions.append("workflow_id = $workflow")
        params["workflow"] = wanted.workflow
    if wanted.since is not None:
        conditions.append("started_at >= $since")
        params["since"] = wanted.since
    if among is not None:
        conditions.append("list_contains($among, workflow_id)")
        params["among"] = list(among) or [""]
    if wanted.where:
        conditions.append(f"({wanted.where}\n)")
    order = "order by started_at, execution_id, visit"
    query = f"""select {", ".join(ABOUT)}, outputs::varchar as outputs from steps
      where {" and ".join(conditions)}"""  # noqa: S608  # the asker's own condition, in the asker's own lab
    if wanted.limit is not None:
        query = f"select * from ({query} {order.replace(',', ' desc,')} desc limit {int(wanted.limit)})"  # noqa: S608  # as above
    return Query(f"{query} {order}", params)


class Visits(Protocol):
    """Where the visits of nodes are found: the history here, or that of a lab elsewhere."""

    def outputs(self, wanted: Visited) -> "pd.DataFrame":
        """Return what `select_outputs` selects."""

    def unpack(self, form: Any, execution_id: str) -> Any:
        """Return the value of a journal form of an execution, also of one that lies beside the journal."""

    def metrics(self, wanted: Selection) -> "pd.DataFrame":
        """Return rows of `node_metrics`."""

    def known(self, node: str, workflow: str, /) -> Known:
        """Return the nodes that workflows have or had, by the ids of these; empty if that is not known.

        Those that never ran need be told only where they are called `node`, in `workflow` if that is given.
        """


class VisitsHere:
    """The visits in a history; `unpack` turns the journal's form into values, also those kept in blobs."""

    def __init__(
        self,
        history: Asks,
        unpack: Callable[[Any], Any],
        known: Callable[[str, str], Known] = _unasked,
    ) -> None:
        self._history = history
        self._unpack = unpack
        self._known = known

    def known(self, node: str, workflow: str, /) -> Known:
        """Return the nodes that workflows have or had."""
        return self._known(node, workflow)

    def outputs(self, wanted: Visited) -> "pd.DataFrame":
        """Return what `select_outputs` selects.

        Raises:
            QueryError: DuckDB refused the condition.
        """
        query = select_outputs(wanted)
        return self._history.frame(query.sql, query.params)

    def unpack(self, form: Any, execution_id: str) -> Any:
        """Return the value of a journal form."""
        del execution_id
        return self._unpack(form)

    def metrics(self, wanted: Selection) -> "pd.DataFrame":
        """Return rows of `node_metrics`."""
        query = select("node_metrics", wanted)
        return self._history.frame(query.sql, query.params)


class NodeHistory:
    """One node in all executions of the past, or in those of one workflow."""

    def __init__(self, visits: Visits, node: str, *, workflow: str = "") -> None:
        self.node = node
        self.workflow = workflow
        self._visits = visits

    def outputs(
        self, *, since: datetime | None = None, where: str = "", limit: int | None = None
    ) -> "pd.DataFrame":
        """Return a row for each visit that gave something, the oldest first, with a column for each output.

        Columns have the types of their values; a data frame is a `Frame` in its cell, read when it is looked
        into. `where` is a condition in SQL over the columns of `steps`, `limit` keeps the newest.

        Raises:
            QueryError: DuckDB refused the condition, or no workflow has such a node.
        """
        import pandas as pd

        found, given = self._found(since, where, limit)
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

        A table is a data frame, or a list of records; visits that gave something else are left out. Whole
        numbers stay whole where a table lacks their column. Before its columns stand `execution_id`,
        `visit` and `started_at` of the visit; a column of the same name gets `row_` before its own.

        Raises:
            QueryError: DuckDB refused the condition, no workflow has such a node, or it gave no such table.
        """
        import pandas as pd

        found, given = self._found(since, where, limit)
        tables: list[pd.DataFrame] = []
        others: list[str] = []
        for about, one in zip(found.itertuples(index=False), given, strict=True):
            if one.get(output) is None:
                continue
            table = _table(one[output])
            if table is None:
                others.append(type(one[output]).__name__)
                continue
            facts = {"execution_id": about[0], "visit": about[2], "started_at": about[3]}
            table = table.rename(columns={name: f"row_{name}" for name in facts})
            for place, (name, value) in enumerate(facts.items()):
                table.insert(place, name, value)
            tables.append(table)
        if tables:
            return pd.concat(_with_whole_numbers(tables), ignore_index=True)
        if others:
            what = f"{self.node}.{output} is no table but a {others[0]}"
            msg = f"{what}; `outputs()` has it in a column"
            raise QueryError(msg)
        self._refuse_unknown_output(output, given)
        return found[["execution_id", "visit", "started_at"]].head(0)

    def metrics(
        self, *, by: Literal["hour", "day"] = "hour", since: datetime | None = None
    ) -> "pd.DataFrame":
        """Return visits, failures and durations of the node by hour or day, oldest first.

        Raises:
            QueryError: there is no such length of time, or no workflow has such a node.
        """
        filters = {"grain": by, "node": self.node}
        if self.workflow:
            filters["workflow_id"] = self.workflow
        found = self._visits.metrics(Selection(filters, since))
        if found.empty:
            self._refuse_unknown()
        return found

    def _refuse_unknown(self) -> None:
        """Raise if nothing was found because there is no such node or workflow."""
        known = self._visits.known(self.node, self.workflow)
        if not known:
            return
        if self.workflow and self.workflow not in known:
            raise QueryError(
                _unknown(f"no workflow {self.workflow!r} was run here", self.workflow, known)
            )
        nodes = (
            known[self.workflow] if self.workflow else {id for one in known.values() for id in one}
        )
        if self.node not in nodes:
            what = (
                f"no node {self.node!r} in any version of {self.workflow}"
                if self.workflow
                else f"no workflow that was run here has a node {self.node!r}"
            )
            raise QueryError(_unknown(what, self.node, nodes))

    def _refuse_unknown_output(self, output: str, given: Sequence[Mapping[str, Any]]) -> None:
        names = {name for one in given for name in one}
        if names and output not in names:
            what = f"{self.node!r} gave no output {output!r}"
            raise QueryError(_unknown(what, output, names))

    def _found(
        self, since: datetime | None, where: str, limit: int | None
    ) -> "tuple[pd.DataFrame, list[Mapping[str, Any]]]":
        wanted = Visited(self.node, self.workflow, since, where, limit)
        found = self._visits.outputs(wanted)
        if found.empty:
            self._refuse_unknown()
        return found, self._values(found.pop("outputs").tolist(), found.execution_id.tolist())

    def _values(self, texts: Sequence[str], ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return outputs by name; one that is no fields stands alone as `value`."""
        forms = _decoder.decode(f"[{','.join(texts)}]".encode())
        values = (
            self._visits.unpack(form, id) if _is_tagged(form) else form
            for form, id in zip(forms, ids, strict=True)
        )
        return [
            self._plain(value, id) if isinstance(value, dict) else {"value": value}
            for value, id in zip(values, ids, strict=True)
        ]

    def _plain(self, fields: dict[str, Any], execution_id: str) -> Mapping[str, Any]:
        if any(type(value) in (dict, list) for value in fields.values()):
            unpacked: dict[str, Any] = self._visits.unpack(fields, execution_id)
            return unpacked
        return fields


def _unknown(what: str, word: str, known: Collection[str]) -> str:
    near = did_you_mean(word, known)
    return f"{what}; {near}" if near else f"{what}; there are: {', '.join(sorted(known))}"


def _is_tagged(form: Any) -> bool:
    return isinstance(form, dict) and len(form) == 1 and next(iter(form)).startswith("$")


def _free(name: str) -> str:
    return f"output_{name}" if name in ABOUT else name


def _table(value: Any) -> "pd.DataFrame | None":
    import pandas as pd

    if isinstance(value, Frame):
        return value.to_pandas()
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return pd.DataFrame(value)
    return None


def _with_whole_numbers(tables: "Sequence[pd.DataFrame]") -> "list[pd.DataFrame]":
    """Return tables whose whole numbers and truths keep their type where another lacks their column."""
    every = set().union(*(table.columns for table in tables))
    lacking = {name for table in tables for name in every.difference(table.columns)}
    return [
        table.astype(
            {
                name: _WITH_GAPS[str(dtype)]
                for name, dtype in table.dtypes.items()
                if name in lacking and str(dtype) in _WITH_GAPS
            }
        )
        for table in tables
    ]


_WITH_GAPS: Mapping[str, str] = {"int64": "Int64", "bool": "boolean"}


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
