"""What a lab elsewhere can learn from its history beyond its tables."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.analysis import (
    Backtest,
    Capacity,
    Case,
    Job,
    Load,
    NodeHistory,
    Selection,
    Visited,
    Watch,
    replayed,
)
from flowforge_lab.errors import RemoteError, StoreUnavailableError
from flowforge_lab.services import Take, Written, paths_of, refuse_present, write_take
from flowforge_lab.store import read_arrow, read_arrow_rows
from flowforge_lab.values import decode

from .answers import document_from, id_of
from .looking import frame_of
from .mining import RemoteProcess
from .watching import BegunThere
from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_BLOB = "$blob"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class Hindsight:
    """The calls of a lab that explain what is over."""

    _wire: Wire

    def node(self, node: str, *, workflow: str = "") -> NodeHistory:
        """Return a node over all executions of the past: `remote.node("load").outputs()` is a frame.

        `workflow` is an id; without it the node of that name is meant in any workflow that may be seen.
        Large values are brought one by one; tables when they are looked into.
        """
        return NodeHistory(RemoteVisits(self._wire), node, workflow=workflow)

    def process(
        self, workflow: str, *, since: datetime | None = None, where: str = ""
    ) -> RemoteProcess:
        """Return how the executions of a workflow really went, beside the graph that it is there now.

        `where` is a condition in SQL over the columns of `executions`: it takes the role operator in the lab.
        """
        id = id_of(workflow)
        document = document_from(id, self._wire.ask("GET", place("workflows", id)))
        return RemoteProcess(self._wire, document.workflow, past_of(since, where))

    def record(
        self,
        execution_id: str,
        folder: Path | str = "tests",
        *,
        ignore: Collection[str] = (),
        force: bool = False,
        root: Path | str = ".",
    ) -> Written:
        """Write an execution as a pytest here that fails once its workflow no longer does what it did there.

        It is tried there, and written here: `root` is the folder that stands for the lab, such as a
        checkout of it, and `folder` lies in it. The test runs the workflow that lies there under the name
        it has in the lab; where there is none, it is brought. The rest is as for a lab.

        Raises:
            NotFoundError: there is no such execution, or its workflow has no file.
            ConflictError: it is not over, the workflow has changed since, or the files are here.
        """
        home = Path(root).absolute()
        if not force:
            known = self._wire.ask("GET", place("executions", execution_id))
            refuse_present(*paths_of(home / folder, known["workflow_id"], execution_id))
        path = place("executions", execution_id, "record")
        with self._wire.opened("POST", path, json={"ignore": list(ignore)}) as file:
            take = msgspec.json.decode(file.read(), type=Take)
        target = workflow_file(take, home)
        if not target.exists():
            text = self._wire.ask("GET", place("workflows", take.recording.workflow_id))["text"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return write_take(take, home / folder, root=home)

    def capacity(self, workflow: str, *limits: int, **load: Any) -> Capacity:
        """Return how long executions would wait if at most so many of a workflow ran at once.

        The arrivals and service times come from there and are replayed here; `load` is as for a lab.

        Raises:
            QueryError: a limit, a factor or the condition is none.
        """
        asked = Load(limits, **load)
        chosen = {**past_of(asked.since, asked.where), "key": asked.key, "format": "arrow"}
        path = place("workflows", id_of(workflow), "capacity", "jobs")
        with self._wire.opened("GET", path, params=chosen) as file:
            jobs = [Job(**row) for row in read_arrow_rows(file)]
        return replayed(jobs, asked)

    def watch(
        self, *, workflow: str = "", since: datetime | None = None, every: float = 1.0
    ) -> Watch:
        """Return the executions that begin there from now on, or since a time; those that may be seen.

        `for news in remote.watch(): ...` waits for executions that begin, change or end, told of by the
        stream of events, and gives frames of them at most each `every` seconds; `frame()` has all of them
        as they stand now.
        """
        begin = since or datetime.fromisoformat(self._wire.ask("GET", "/api/me")["now"])
        return Watch(BegunThere(self._wire, workflow=workflow, every=every), begin)

    def backtest(
        self,
        workflow: str,
        *,
        since: datetime | None = None,
        where: str = "",
        limit: int | None = None,
        ignore: Collection[str] = (),
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Backtest:
        """Run past executions again there in a workflow as it is now, and return what would be different.

        Nothing outside is touched. `on_progress` is told how many are done, and of how many, in this thread;
        what it raises, an interrupt, or a connection that breaks, ends the backtest there. The rest is as for
        a lab; `where` takes the role operator in the lab.

        Raises:
            PlanError: the workflow is not valid.
            QueryError: the condition is none.
            StoreUnavailableError: the connection broke off before the end.
        """
        sent = {**past_of(since, where), "limit": limit, "ignore": list(ignore)}
        cases: list[Case] = []
        path = place("workflows", id_of(workflow), "backtest")
        with closing(self._wire.events(path, sent=sent)) as events:
            for name, data in events:
                if name == "progress" and on_progress is not None:
                    done = msgspec.json.decode(data)
                    on_progress(done["done"], done["total"])
                elif name == "cases":
                    cases += msgspec.json.decode(data, type=list[Case])
                elif name == "end":
                    return msgspec.json.decode(data, type=_Sums).with_cases(cases)
        raise StoreUnavailableError("the server ended the backtest before it was over")


class _Sums(msgspec.Struct):
    workflow_id: str
    version: str
    seconds: float

    def with_cases(self, cases: Sequence[Case]) -> Backtest:
        return Backtest(self.workflow_id, self.version, tuple(cases), self.seconds)


class RemoteVisits:
    """The visits of nodes in a lab elsewhere."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def outputs(self, wanted: Visited) -> "pd.DataFrame":
        """Return what visits gave, in the journal's form.

        Raises:
            QueryError: the condition is refused.
            AccessError: there is one, and the role for it is missing.
        """
        limit = {} if wanted.limit is None else {"limit": wanted.limit}
        asked = {"workflow_id": wanted.workflow, "format": "arrow", **limit}
        path = place("history", "nodes", wanted.node, "outputs")
        params = {**past_of(wanted.since, wanted.where), **asked}
        with self._wire.opened("GET", path, params=params) as file:
            return read_arrow(file)

    def unpack(self, form: Any, execution_id: str) -> Any:
        """Return the value of a journal form; what lies beside the journal is brought, tables when needed."""

        def bring(digest: str) -> bytes:
            path = place("executions", execution_id, "values", digest)
            with self._wire.opened("GET", path) as file:
                return file.read()

        if isinstance(form, dict) and len(form) == 1 and _BLOB in form:
            form = msgspec.json.decode(bring(form[_BLOB]["digest"]))
        return decode(form, bring)

    def metrics(self, wanted: Selection) -> "pd.DataFrame":
        """Return rows of `node_metrics`."""
        return frame_of(self._wire, "node_metrics", wanted)

    def known(self, _node: str, _workflow: str, /) -> Mapping[str, Collection[str]]:
        """Return nothing: which nodes there are is not asked over the wire."""
        return {}


def workflow_file(take: Take, root: Path) -> Path:
    """Return where the workflow of a take belongs below a folder.

    Raises:
        RemoteError: it, or a file that is named by what the take says, would lie elsewhere.
    """
    id, file = take.recording.workflow_id, (root / take.file).resolve()
    names = (id, take.recording.execution_id)
    if file.is_relative_to(root.resolve()) and all(map(_ID.fullmatch, names)):
        return file
    msg = f"the workflow {id!r} lies outside its lab, at {take.file!r}: record it there"
    raise RemoteError(msg)


def past_of(since: datetime | None, where: str) -> Mapping[str, str]:
    """Return a part of the past as an endpoint takes it."""
    told = {"since": since.isoformat() if since is not None else "", "where": where}
    return {name: value for name, value in told.items() if value}
