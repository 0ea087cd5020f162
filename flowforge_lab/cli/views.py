"""Two ways to draw the progress of an execution: a live table on a terminal, plain lines elsewhere."""

import sys
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flowforge_lab.events import Entry
from flowforge_lab.values import lasted

from .progress import Line, Progress
from .screen import stderr_console
from .words import GLYPHS, now_us

_A_SECOND = 10
_MARGIN_LINES = 4


class View(AbstractContextManager["View"]):
    """Takes entries while it is open; this one shows nothing."""

    def __call__(self, entry: Entry) -> None:
        """Take the next entry; called from the thread of the lab's loop."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing."""


class LiveView(View):
    """A line for each visit, drawn again as things happen; the latest ones where not all fit."""

    def __init__(self, console: Console, progress: Progress | None = None) -> None:
        self._console = console
        self._progress = progress or Progress()
        self._lock = threading.Lock()
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=_A_SECOND)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def __call__(self, entry: Entry) -> None:
        """Note the entry; the next drawing shows it."""
        with self._lock:
            self._progress.apply(entry)

    def _draw(self) -> RenderableType:
        with self._lock:
            lines = list(self._progress.lines.values())
            room = max(self._console.height - _MARGIN_LINES, 1)
            return Group(*_hidden(len(lines) - room), self._table(lines[-room:]))

    def _table(self, lines: list[Line]) -> Table:
        now = now_us()
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column()
        table.add_column(no_wrap=True)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        for line in lines:
            length = lasted(line.length(now))
            table.add_row(self._glyph(line), line.node, line.kind, length, Text(line.words()))
        return table

    def _glyph(self, line: Line) -> RenderableType:
        if line.status == "running":
            return self._spinner
        glyph, style = GLYPHS[line.status]
        return Text(glyph, style=style)


def _hidden(count: int) -> list[Text]:
    return [Text(f"… {count:,} earlier steps", style="dim")] if count > 0 else []


class LinesView(View):
    """A line of text whenever the state of a visit changes, for logs and pipes."""

    def __init__(self, console: Console, progress: Progress | None = None) -> None:
        self._console = console
        self._progress = progress or Progress()

    def __call__(self, entry: Entry) -> None:
        """Print a line if the entry changed a visit."""
        line = self._progress.apply(entry)
        if line is None or (line.fraction not in (None, 1.0) and not line.is_over):
            return
        length = lasted(line.duration) if line.duration is not None else ""
        facts = "  ".join(part for part in (length, line.words()) if part)
        glyph = GLYPHS[line.status][0]
        text = f"{glyph} {line.node} ({line.kind}) {line.status}" + (f"  {facts}" if facts else "")
        self._console.print(Text(text), soft_wrap=True)


def progress_view(*, is_quiet: bool = False, progress: Progress | None = None) -> View:
    """Return the view that fits this terminal; progress goes to stderr, answers to stdout."""
    if is_quiet:
        return View()
    console = stderr_console()
    if sys.stdout.isatty() and console.is_terminal:
        return LiveView(console, progress)
    return LinesView(console, progress)
