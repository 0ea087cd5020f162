"""`%flow` and `%%flow`: a workflow run, looked at or written in a cell."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from flowforge_lab.engine import Outcome
from flowforge_lab.errors import FlowForgeError, PlanError
from flowforge_lab.lab import Lab, shared_lab
from flowforge_lab.spec import Document
from flowforge_lab.store import ExecutionHead

from .displays import problems_html, register
from .viewer import Viewer

_USE = """\
%flow run FILE [name=value ...]   run a workflow and show what became of it
%flow status [ID]                 the newest executions, or one of them
%flow last [FILE]                 the viewer of the newest execution
%%flow [FILE] [--run] [name=value ...]
                                  the cell is a workflow: show it, keep it in FILE, run it"""
_NEWEST = 10


@magics_class
class FlowMagics(Magics):
    """The commands of a notebook; they work on the lab of the present folder.

    The reactive kernel has a `%flow` too; what is no word of ours goes on to it.
    """

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        there = shell.find_line_magic("flow")
        is_ours = isinstance(getattr(there, "__self__", None), FlowMagics)
        self.others: Callable[[str], Any] | None = there.__self__.others if is_ours else there

    @line_cell_magic
    def flow(self, line: str, cell: str | None = None) -> Any:
        """Run, look at or write a workflow; without words it says how."""
        try:
            words = shlex.split(line)
            if cell is not None:
                return self._written(words, cell)
            deed = self._deeds().get(words[0] if words else "")
            if deed is None and words and self.others is not None:
                return self.others(line)
            if deed is None:
                print(_USE)  # noqa: T201  # the help of a magic is printed
                return None
            return deed(words[1:])
        except (FlowForgeError, ValueError) as error:
            _tell(error)
            return None

    def _deeds(self) -> dict[str, Callable[[Sequence[str]], Any]]:
        return {"run": self._run, "status": self._status, "last": self._last}

    def _run(self, words: Sequence[str]) -> Outcome:
        if not words:
            msg = "which workflow? %flow run FILE [name=value ...]"
            raise ValueError(msg)
        source, *given = words
        lab = shared_lab()
        return lab.run(source, lab.text_inputs(source, _pairs(given)))

    def _status(self, words: Sequence[str]) -> Any:
        lab = shared_lab()
        return lab.get(words[0]) if words else lab.heads(limit=_NEWEST)

    def _last(self, words: Sequence[str]) -> Viewer | None:
        lab = shared_lab()
        workflow = lab.read(words[0]).workflow.id if words else ""
        heads: list[ExecutionHead] = lab.heads(workflow_id=workflow, limit=1)
        if not heads:
            print("Nothing has run yet.")  # noqa: T201  # the answer to a person
            return None
        return Viewer(heads[0].id, lab=lab)

    def _written(self, words: Sequence[str], cell: str) -> Any:
        """Show the workflow in a cell and its problems; keep it and run it where that is asked."""
        lab = shared_lab()
        given = [word for word in words if "=" in word]
        names = [word for word in words if "=" not in word and word != "--run"]
        document = Document.parse(
            cell, stem=Path(names[0]).name.split(".")[0] if names else "cell"
        )
        _show(document)
        problems = lab.validate(document)
        if problems:
            _show(problems)
        if names:
            Path(names[0]).write_text(cell, encoding="utf-8")
        if "--run" not in words or any(one.severity == "error" for one in problems):
            return None
        return lab.run(document, lab.text_inputs(document, _pairs(given)))


def _tell(error: Exception) -> None:
    """Tell a person what went wrong, once; a traceback would tell less."""
    if isinstance(error, PlanError):
        told = {"text/plain": str(error), "text/html": problems_html(error.problems)}
        display(told, raw=True)  # type: ignore[no-untyped-call]  # as below
    else:
        print(error)  # noqa: T201  # a person asked


def _show(value: object) -> None:
    display(value)  # type: ignore[no-untyped-call]  # IPython types only a part of itself


def _pairs(words: Sequence[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, is_pair, value = word.partition("=")
        if not is_pair:
            msg = f"expected name=value, found {word!r}"
            raise ValueError(msg)
        found[name] = value
    return found


def load(ipython: Any, lab: Callable[[], Lab] = shared_lab) -> None:
    """Give a shell the magics and the displays; twice does no harm."""
    ipython.register_magics(FlowMagics)
    register(ipython.display_formatter.formatters, lab=lab)
