"""`flowforge test`: the tests that were recorded, run by pytest."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Command
from flowforge_lab.cli.options import existing_root, json_option, lab_option
from flowforge_lab.errors import NotFoundError

_NOTHING_FOUND = 5  # so pytest ends where it finds no test


@click.command(
    cls=Command,
    examples=(
        "flowforge test",
        "flowforge test tests/test_report_1a2b3c4d.py --json",
    ),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@lab_option
@json_option
def command(paths: tuple[Path, ...], *, folder: Path | None, as_json: bool) -> int:
    """Run the tests in PATHS, by default in the folder `tests` of the lab, with pytest.

    The exit code is 1 if one fails.
    """
    if find_spec("pytest") is None:
        raise NotFoundError("pytest is not installed: pip install pytest")
    wanted = [*paths] or [existing_root(folder) / "tests"]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        msg = f"there is no {missing[0]}; `flowforge record` writes tests"
        raise NotFoundError(msg)
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        code = _run(wanted, report, is_silent=as_json)
        if as_json:
            write_json(_answer(report))
    return EXIT_OK if code in {0, _NOTHING_FOUND} else EXIT_FAILED


def _run(paths: Sequence[Path], report: Path, *, is_silent: bool) -> int:
    words = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *map(str, paths)]
    done = subprocess.run(words, check=False, stdout=subprocess.PIPE if is_silent else None)  # noqa: S603  # our own words
    return done.returncode


def _answer(report: Path) -> dict[str, Any]:
    """Return what pytest wrote: how many passed, and each that failed with why."""
    cases = ET.parse(report).getroot().iter("testcase") if report.exists() else ()  # noqa: S314  # pytest wrote it
    failed, passed, skipped = [], 0, 0
    for case in cases:
        faults = [*case.iter("failure"), *case.iter("error")]
        if faults:
            name = f"{case.get('classname')}::{case.get('name')}"
            failed.append({"test": name, "why": faults[0].get("message", "")})
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return {"passed": passed, "skipped": skipped, "failed": failed}
