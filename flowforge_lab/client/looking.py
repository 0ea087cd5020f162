"""What a lab elsewhere has done: executions one by one, and its history as frames."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below
from urllib.parse import quote

from flowforge_lab.analysis import Frames, Selection, TableName
from flowforge_lab.engine import Outcome
from flowforge_lab.errors import RemoteError
from flowforge_lab.events import Entry
from flowforge_lab.services import StepView
from flowforge_lab.store import ExecutionHead, read_arrow, read_arrow_rows
from flowforge_lab.values import encode, normalise

from .answers import head_of, outcome_of, steps_of
from .wire import Wire, entry_of, place

if TYPE_CHECKING:  # both are heavy, and needed only where somebody asks for a frame
    import duckdb
    import pandas as pd

_PAGE = 100


class Looking(Frames):
    """The calls of a lab that look; ids are whole. Its history comes with the types it has there."""

    _wire: Wire

    # -- one by one

    def get(self, execution_id: str) -> ExecutionHead:
        """Return the summary of an execution by its whole id."""
        return head_of(self._detail(execution_id))

    def outcome_of(self, execution_id: str) -> Outcome:
        """Return how an execution stands or ended, without waiting for it."""
        return outcome_of(self._detail(execution_id))

    def inputs_of(self, execution_id: str) -> dict[str, Any]:
        """Return what an execution was started with."""
        return dict(self._detail(execution_id)["inputs"])

    def _detail(self, execution_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._wire.ask("GET", place("executions", execution_id))
        return found

    def entries(self, execution_id: str) -> list[Entry]:
        """Return the journal of one execution."""
        found: list[Entry] = []
        after: int | None = 0
        while after is not None:
            path = place("executions", execution_id, "events")
            page = self._wire.ask("GET", path, params={"after": after})
            found += map(entry_of, page["items"])
            after = page["next_after"]
        return found

    def steps_of(self, execution_id: str) -> list[StepView]:
        """Return each visit of one execution with its input, output, error and log."""
        return steps_of(self._wire.ask("GET", place("executions", execution_id, "steps")))

    def heads(
        self, *, status: Sequence[str] = (), workflow_id: str = "", limit: int = 20
    ) -> list[ExecutionHead]:
        """Return the summaries of the newest executions."""
        asked = {"status": list(status), "workflowId": workflow_id}
        return [head_of(row) for row in self._rows(asked, limit)]

    def _rows(self, asked: Mapping[str, Any], limit: int) -> Iterator[dict[str, Any]]:
        left, number = limit, 1
        while left > 0:
            params = {**asked, "page": number, "size": _PAGE}
            page = self._wire.ask("GET", "/api/executions", params=params)
            yield from page["items"][:left]
            if number >= page["pages"]:
                return
            number, left = number + 1, left - _PAGE

    def artifacts_of(self, execution_id: str, into: Path | str | None = None) -> list[Path]:
        """Bring the files that the steps of an execution kept into a folder, and return their paths.

        Without `into` it is a new folder, which the caller removes.
        """
        path = place("executions", execution_id, "artifacts")
        found = self._wire.ask("GET", path)
        folder = Path(into or tempfile.mkdtemp(prefix="flowforge-artifacts-")).absolute()
        paths = []
        for name in (one["name"] for one in found):
            target = (folder / name).absolute()
            if not target.resolve().is_relative_to(folder.resolve()):
                msg = f"the server names a file outside of its folder: {name!r}"
                raise RemoteError(msg)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._wire.download(f"{path}/{quote(name)}", target)
            paths.append(target)
        return paths

    # -- frames

    def _select(self, table: TableName, wanted: Selection) -> "pd.DataFrame":
        """Return these rows of a table there."""
        return frame_of(self._wire, table, wanted)

    def sql(self, query: str, **params: Any) -> "pd.DataFrame":
        """Return the rows of a query over the history there; parameters are written `$name`.

        It reads, opens no file there, and ends in time: the server's `query_seconds` and `query_rows`.

        Raises:
            QueryError: it is refused; the text says why.
        """
        with self._wire.opened("POST", _QUERY, json=_question(query, params)) as file:
            return read_arrow(file)

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a query as dicts of Python values: NULL is `None`, and nan is nan.

        Raises as `sql` does.
        """
        with self._wire.opened("POST", _QUERY, json=_question(query, params)) as file:
            return read_arrow_rows(file)

    def duckdb(self) -> "duckdb.DuckDBPyConnection":
        """Refuse: a connection cannot leave its process.

        Raises:
            RemoteError: always.
        """
        msg = "a connection to DuckDB cannot leave its process: use `sql`, or `export` and open the file"
        raise RemoteError(msg)

    def publish(self) -> Path:
        """Refuse: the file would be written there.

        Raises:
            RemoteError: always.
        """
        raise RemoteError("`publish` writes a file where the lab is: `export` brings one here")

    def export(self, target: Path | str) -> None:
        """Write the whole history into one DuckDB file here that needs nothing else."""
        self._wire.download("/api/history/export", Path(target))


_QUERY = "/api/history/query"


def frame_of(wire: Wire, table: TableName, wanted: Selection) -> "pd.DataFrame":
    """Return these rows of a table of the history there."""
    since = wanted.since and wanted.since.isoformat()
    asked = {**wanted.filters, "since": since, "limit": wanted.limit, "format": "arrow"}
    given = {name: value for name, value in asked.items() if value is not None}
    with wire.opened("GET", place("history", table), params=given) as file:
        return read_arrow(file)


def _question(query: str, params: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: encode(normalise(value)) for name, value in params.items()}
    return {"sql": query, "params": told, "format": "arrow"}
