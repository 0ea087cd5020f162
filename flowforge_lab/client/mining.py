"""How the executions of a workflow elsewhere really went, by the calls of `services.Process`."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any  # noqa: TID251  # see below

from flowforge_lab.analysis import Way
from flowforge_lab.spec import Workflow

from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd


class RemoteProcess:
    """What the executions of a workflow have in common; the server works it out when it is asked for."""

    def __init__(self, wire: Wire, workflow: Workflow, past: Mapping[str, Any]) -> None:
        self.workflow = workflow
        self._wire = wire
        self._past = past

    def variants(self) -> "pd.DataFrame":
        """Return the ways through the graph, the most frequent first; `node+` stands for several visits."""
        return self._frame("variants")

    def edges(self) -> "pd.DataFrame":
        """Return the edges that were taken: how often, how long that was, and whether they are drawn now."""
        return self._frame("edges")

    def bottlenecks(self) -> "pd.DataFrame":
        """Return the edges by what executions spent on them in all, most first, with their `share` of it."""
        return self._frame("bottlenecks")

    def loops(self) -> "pd.DataFrame":
        """Return the nodes that executions visited more than once, and how often they did."""
        return self._frame("loops")

    def conformance(self) -> "pd.DataFrame":
        """Return for each execution whether all it did is drawn in the workflow as it is there now."""
        frame = self._frame("conformance")
        frame["strange"] = frame["strange"].map(list).astype(object)
        return frame

    def unused(self) -> list[Way]:
        """Return the edges that are drawn, and that no execution took."""
        return self._ways("unused")

    def drawn(self) -> set[Way]:
        """Return the edges of the workflow as it is there now."""
        return set(self._ways("drawn"))

    def picture(self) -> str:
        """Return the workflow as an SVG document, on which each edge says how often and how long it was."""
        with self._wire.opened("GET", self._place("picture"), params=self._past) as file:
            return file.read().decode()

    def to_xes(self, path: Path | str) -> int:
        """Write the visits as an XES log, for tools of process mining, and return how many there are."""
        return self._log("xes", path)

    def to_ocel(self, path: Path | str) -> int:
        """Write the visits as an OCEL 2.0 log (JSON), and return how many there are."""
        return self._log("ocel", path)

    def _place(self, *parts: str) -> str:
        return place("workflows", self.workflow.id, "process", *parts)

    def _frame(self, part: str) -> "pd.DataFrame":
        asked = {**self._past, "format": "arrow"}
        with self._wire.opened("GET", self._place(part), params=asked) as file:
            return read_pandas(file)

    def _ways(self, name: str) -> list[Way]:
        found = self._wire.ask("GET", self._place(), params=self._past)
        return [Way(**one) for one in found[name]]

    def _log(self, form: str, path: Path | str) -> int:
        asked = {**self._past, "format": form}
        return int(self._wire.bring(self._place("log"), Path(path), params=asked)["x-visits"])


def read_pandas(file: IO[bytes]) -> "pd.DataFrame":
    """Return a frame that was made with pandas there, with the types it had."""
    import pyarrow as pa

    with pa.ipc.open_stream(file) as reader:
        frame: pd.DataFrame = reader.read_pandas()
        return frame
