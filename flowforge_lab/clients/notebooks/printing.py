"""Pages as PDF, printed by the Chromium or Chrome that is installed."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

from flowforge_lab.errors import NodeError

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
_SECONDS = 120.0
_SCRIPTS_MS = 10_000
_SHOWN_CHARS = 500
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # what is printed asks nobody outside
    f"--virtual-time-budget={_SCRIPTS_MS}",
)


async def print_page(page: Path, pdf: Path, *, program: str = "") -> None:
    """Print an HTML file; its scripts run first, and nothing is fetched from other machines.

    `program` is the browser, by default the first that is found. May be cancelled: the browser is ended.

    Raises:
        NodeError: there is no browser (`library.missing`), or it did not print (`notebook.print`).
    """
    found = (
        shutil.which(program)
        if program
        else next(filter(None, map(shutil.which, _PROGRAMS)), None)
    )
    if found is None:
        raise _no_browser(program)
    with tempfile.TemporaryDirectory(
        prefix="flowforge-print-", ignore_cleanup_errors=True
    ) as folder:
        made = Path(folder) / "page.pdf"
        said = await _run(*_command(found, page, made))
        if not made.is_file():
            raise _not_printed(page, said)
        shutil.move(made, pdf)


def _command(program: str, page: Path, pdf: Path) -> list[str]:
    unguarded = ["--no-sandbox"] if _is_root() else []
    places = [f"--user-data-dir={pdf.parent / 'profile'}", f"--print-to-pdf={pdf}"]
    return [program, *_OPTIONS, *unguarded, *places, page.absolute().as_uri()]


async def _run(*command: str) -> str:
    """Run a program to its end, with all that it starts, and return the end of what it said."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            _, said = await process.communicate()
        return said.decode(errors="replace")[-_SHOWN_CHARS:]
    except TimeoutError:
        return f"it took longer than {_SECONDS:g} s"
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _is_root() -> bool:
    """Whether Chromium would refuse to start with its own sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _no_browser(program: str) -> NodeError:
    looked_for = program or ", ".join(_PROGRAMS)
    return NodeError(
        "there is no browser to print a PDF with",
        type="library.missing",
        detail=f"looked for {looked_for}; install Chromium or Chrome, or name it in"
        " FLOWFORGE_PDF_BROWSER",
        is_transient=False,
    )


def _not_printed(page: Path, said: str) -> NodeError:
    title = f"{page.name} was not printed"
    return NodeError(title, type="notebook.print", detail=said.strip(), is_transient=True)
