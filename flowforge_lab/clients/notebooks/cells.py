"""One cell in a kernel: its outputs as they come, and how it ended.

nbclient turns messages into outputs; its own loop is not used, since it hears a cancelled task as
a dead kernel and takes over the signals of the process. It is imported at the top, so this file is
imported late.
"""

import re
from typing import Any

import msgspec
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from .kernels import Kernel
from .model import CellPrinted, Listen

VALUE_TYPE = "application/vnd.flowforge.value+json"
_SCRAPS = (
    "application/scrapbook.scrap.json+json",
    "application/scrapbook.scrap.text+json",
    "application/papermill.record+json",
)
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?!\n)(?=.)", re.MULTILINE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_MAX_EVENT_TEXT = 4_000


class Fault(msgspec.Struct, frozen=True):
    """What a cell raised."""

    name: str
    text: str
    traceback: str

    @property
    def is_goodbye(self) -> bool:
        """Whether the cell left the notebook in good order."""
        return self.name == "SystemExit" and self.text in {"", "0", "None"}


class CellRunner:
    """Runs cells of one notebook in one kernel; `values` are those that cells displayed by name."""

    def __init__(self, node: Any, kernel: Kernel, *, max_bytes: int, listen: Listen) -> None:
        self._client = NotebookClient(node)
        self._client.kc = kernel.client
        self._client.reset_execution_trackers()
        self._kernel = kernel
        self._left_bytes = max_bytes
        self._listen = listen
        self.values: dict[str, Any] = {}
        self.dropped_bytes = 0

    async def run(self, cell: Any, index: int) -> Fault | None:
        """Run the cell to its end; its outputs are in it at every moment. Return what it raised.

        Raises:
            NodeError: the kernel died (`notebook.kernel_died`).
        """
        cell.outputs = []
        cell.metadata["execution"] = {}
        self._client.clear_before_next_output = False
        sent = self._kernel.client.execute(cell.source, store_history=True, stop_on_error=True)
        while True:
            message = await self._kernel.next_message("iopub")
            if message["parent_header"].get("msg_id") == sent and self._hear(message, cell, index):
                break
        while True:
            reply = await self._kernel.next_message("shell")
            if reply["parent_header"].get("msg_id") == sent:
                return _fault(reply["content"], cell)

    def finish(self) -> None:
        """Keep the state of widgets in the notebook, so that they show without the kernel."""
        self._client.set_widgets_metadata()

    def _hear(self, message: dict[str, Any], cell: Any, index: int) -> bool:
        content = message["content"]
        if message["msg_type"] == "stream":
            self._print(content, cell, index)
            return False
        self._find_values(content.get("data") or {})
        if not self._has_room(message):
            return False
        try:
            self._client.process_message(message, cell, index)
        except CellExecutionComplete:
            return True
        return False

    def _print(self, content: dict[str, Any], cell: Any, index: int) -> None:
        name, text = content["name"], content["text"]
        self._listen(CellPrinted(index, name, text[:_MAX_EVENT_TEXT]))
        kept = text[: self._left_bytes]
        self._left_bytes -= len(kept)
        self.dropped_bytes += len(text) - len(kept)
        last = cell.outputs[-1] if cell.outputs else None
        if self._client.clear_before_next_output:
            self._client.clear_output(cell.outputs, {"content": {"wait": False}}, index)
            last = None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text = _settled(last.text, kept)
        elif kept:
            cell.outputs.append(nbformat.v4.new_output("stream", name=name, text=kept))

    def _has_room(self, message: dict[str, Any]) -> bool:
        if message["msg_type"] not in {"display_data", "execute_result", "update_display_data"}:
            return True
        size = sum(len(str(part)) for part in message["content"]["data"].values())
        if size > self._left_bytes:
            self.dropped_bytes += size
            return False
        self._left_bytes -= size
        return True

    def _find_values(self, parts: dict[str, Any]) -> None:
        if VALUE_TYPE in parts:
            self.values[parts[VALUE_TYPE]["name"]] = parts[VALUE_TYPE]["value"]
        for kind in _SCRAPS:
            scrap = parts.get(kind)
            if isinstance(scrap, dict) and "name" in scrap:
                self.values[scrap["name"]] = scrap.get("data")


def _settled(before: str, more: str) -> str:
    if "\r" not in more and not before.endswith("\r"):
        return before + more
    start = before.rfind("\n") + 1
    return before[:start] + _OVERWRITTEN.sub("", before[start:] + more)


def _fault(reply: dict[str, Any], cell: Any) -> Fault | None:
    if reply["status"] == "ok" or "raises-exception" in cell.metadata.get("tags", []):
        return None
    lines = _COLOURS.sub("", "\n".join(reply.get("traceback", [])))
    return Fault(reply.get("ename", "aborted"), reply.get("evalue", ""), lines)
