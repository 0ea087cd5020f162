"""`remote.notebooks`: the notebooks in the folder of a lab elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from flowforge_lab.clients import NotebookShape
from flowforge_lab.engine import Outcome
from flowforge_lab.errors import RemoteError
from flowforge_lab.services import (
    ForeseenNotebook,
    NotebookImport,
    ResumeView,
    ScheduledNotebook,
    Source,
    page_form_of,
)

from .answers import stamp, value_of
from .wire import Wire, place


class RemoteNotebooks:
    """The notebooks of a lab elsewhere, by their paths in its folder."""

    def __init__(self, wire: Wire, wait: Callable[[str], Outcome]) -> None:
        self._wire = wire
        self._wait = wait

    def parameters(self, notebook: str | Path) -> NotebookShape:
        """Return what a notebook takes and makes, from its text; no kernel is started."""
        params = {"path": str(notebook)}
        told = self._wire.ask("GET", "/api/notebooks/parameters", params=params)
        return value_of(told, NotebookShape)

    def schedule(
        self,
        notebooks: str | Path | Sequence[str | Path],
        cron: str,
        *,
        replace: bool = False,
        **facts: Any,
    ) -> ScheduledNotebook:
        """Let notebooks run one after the other at the times of a cron line; they become a workflow."""
        sent = {**facts, "notebooks": _named(notebooks), "cron": cron, "replace": replace}
        return _scheduled(self._wire.ask("POST", "/api/notebooks", json=sent))

    def foresee(
        self,
        notebooks: str | Path | Sequence[str | Path],
        cron: str,
        *,
        count: int = 5,
        **facts: Any,
    ) -> ForeseenNotebook:
        """Return what `schedule` would come to, with the next `count` times; nothing is written."""
        sent = {**facts, "notebooks": _named(notebooks), "cron": cron, "count": count}
        told = self._wire.ask("POST", "/api/notebooks/foresee", json=sent)
        times = [stamp(one) for one in told["times"]]
        return value_of({**told, "times": times}, ForeseenNotebook)

    def all(self) -> Sequence[ScheduledNotebook]:
        """Return the workflows with notebooks that fire at set times, the next first."""
        return [_scheduled(one) for one in self._wire.ask("GET", "/api/notebooks")]

    def unschedule(self, id: str, *, delete: bool = False) -> str:
        """Stop a scheduled notebook from being started; with `delete` its file goes too."""
        params = {"delete": str(delete).lower()}
        self._wire.ask("DELETE", place("notebooks", id), params=params)
        return id

    def start(self, notebooks: str | Path | Sequence[str | Path], **facts: Any) -> str:
        """Run notebooks once in the background, and return the id of the execution."""
        sent = {**facts, "notebooks": _named(notebooks)}
        return str(self._wire.ask("POST", "/api/notebooks/run", json=sent)["execution_id"])

    def run(self, notebooks: str | Path | Sequence[str | Path], **facts: Any) -> Outcome:
        """Run notebooks once, and return what became of it."""
        return self._wait(self.start(notebooks, **facts))

    def page(
        self, execution_id: str, into: str | Path, *, node: str = "", has_code: bool = True
    ) -> Path:
        """Write the executed copy of the notebook that ran last in an execution as an HTML file, or a PDF."""
        params = {"node": node, "code": str(has_code).lower(), "form": page_form_of(Path(into))}
        path = f"{place('executions', execution_id, 'notebook', 'page')}?{urlencode(params)}"
        self._wire.download(path, Path(into))
        return Path(into)

    def resumable(self, execution_id: str) -> ResumeView:
        """Return how the notebook that failed in an execution can go on; nothing is run."""
        told = self._wire.ask("GET", place("executions", execution_id, "notebook"))
        told.pop("is_possible")
        return value_of(told, ResumeView)

    def resume(self, execution_id: str, *, version: str = "same") -> str:
        """Start an execution that goes on from the cell that failed, and return its id."""
        path = place("executions", execution_id, "notebook", "resume")
        return str(self._wire.ask("POST", path, json={"version": version})["execution_id"])

    def to_workflow(
        self,
        notebook: str | Path,
        *,
        into: str | Path | None = None,
        id: str = "",
        replaces: bool = False,
    ) -> NoReturn:
        """Refuse: it reads and writes files where you are.

        Raises:
            RemoteError: always.
        """
        del notebook, into, id, replaces
        raise RemoteError(_ELSEWHERE)

    def compare(
        self,
        made: NotebookImport,
        notebook: str | Path,
        inputs: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        """Refuse as `to_workflow` does."""
        del made, notebook, inputs
        raise RemoteError(_ELSEWHERE)

    def to_notebook(
        self, source: Source, *, into: str | Path | None = None, replaces: bool = False
    ) -> NoReturn:
        """Refuse as `to_workflow` does."""
        del source, into, replaces
        raise RemoteError(_ELSEWHERE)

    def walk(self, source: Source, inputs: Mapping[str, Any] | None = None) -> NoReturn:
        """Refuse as `to_workflow` does."""
        del source, inputs
        raise RemoteError(_ELSEWHERE)


_ELSEWHERE = (
    "notebooks become workflows, and workflows notebooks, in a lab on this machine: use open_lab(),"
    " then save the workflow to the server"
)


def _named(notebooks: str | Path | Sequence[str | Path]) -> list[str]:
    named = [notebooks] if isinstance(notebooks, str | Path) else notebooks
    return [str(one) for one in named]


def _scheduled(told: dict[str, Any]) -> ScheduledNotebook:
    return value_of(told, ScheduledNotebook, "next_at", "last_at")
