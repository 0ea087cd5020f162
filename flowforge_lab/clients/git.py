"""Files as git has them, by its own program: no more is asked of it than `git show`."""

import shutil
import subprocess
from pathlib import Path

from flowforge_lab.errors import NotFoundError

_SECONDS = 30.0


def read_commit(place: str, folder: Path) -> str:
    """Return the text of a file in a commit; `place` is `REVISION:path` as for `git show`.

    A path that git does not find from the top of the repository is looked for from `folder`.

    Raises:
        NotFoundError: no git, no repository, no such revision, no such file; the text is git's own.
    """
    program = shutil.which("git")
    if program is None:
        msg = f"cannot read {place}: there is no git on this machine"
        raise NotFoundError(msg)
    revision, _, path = place.partition(":")
    found = _show(program, place, folder)
    if found.returncode and not path.startswith(("./", "../")):
        beside = _show(program, f"{revision}:./{path}", folder)
        found = found if beside.returncode else beside
    if found.returncode:
        said = found.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        msg = f"cannot read {place}: {said[0].removeprefix('fatal: ')}"
        raise NotFoundError(msg)
    return found.stdout.decode("utf-8-sig", errors="replace")


def _show(program: str, place: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    command = [program, "show", "--no-textconv", "--end-of-options", place]
    try:
        return subprocess.run(  # noqa: S603  # the program is git, the place an argument of its own
            command, cwd=folder, capture_output=True, check=False, timeout=_SECONDS
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        msg = f"cannot read {place}: {error}"
        raise NotFoundError(msg) from error
