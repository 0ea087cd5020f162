"""The starter folder: the flights report and the first notebooks, copied from what ships with the product."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from flowforge_lab.errors import NotFoundError, StoreUnavailableError

_LEFT_OUT = shutil.ignore_patterns(
    *("data", ".flowforge", "__pycache__", ".ipynb_checkpoints"),
    *("expected.md", "*.duckdb*"),
)


def make_starter(folder: Path) -> list[Path]:
    """Copy the starter into `folder` and return the files written; one that is there already stays as it is.

    Raises:
        NotFoundError: this installation came without the starter.
        StoreUnavailableError: the folder cannot be written.
    """
    return [path for source, place in _sources() for path in copy_new(source, folder / place)]


def copy_new(source: Path, target: Path) -> list[Path]:
    """Copy the files of a folder, but for what a run leaves there, and return those written.

    One that is there already stays as it is.

    Raises:
        StoreUnavailableError: the folder cannot be written.
    """
    written: list[Path] = []

    def copy(old: str, new: str) -> None:
        if not Path(new).exists():
            shutil.copyfile(old, new)
            written.append(Path(new))

    try:
        shutil.copytree(source, target, ignore=_LEFT_OUT, copy_function=copy, dirs_exist_ok=True)
    except OSError as error:  # of many files: the first says enough
        first = error.args[0][0][-1] if isinstance(error, shutil.Error) else error
        msg = f"cannot write into {target}: {first}"
        raise StoreUnavailableError(msg) from error
    return written


def notebooks_folder() -> Path:
    """Return where the tutorials and templates lie.

    Raises:
        NotFoundError: this installation came without them.
    """
    return _shipped()[1]


def _sources() -> Iterator[tuple[Path, str]]:
    """Yield each folder of the starter and where it goes."""
    examples, notebooks = _shipped()
    yield examples / "flights-report", "."
    yield notebooks, "notebooks"


def _shipped() -> tuple[Path, Path]:
    """Return the folders of examples and notebooks: from the wheel, or from the source beside it."""
    package = Path(__file__).parents[1]
    assets = package / "assets"
    for examples, notebooks in (
        (assets / "examples", assets / "starter" / "notebooks"),
        (package.parent / "examples", package.parent / "notebooks"),
    ):
        if examples.is_dir() and notebooks.is_dir():
            return examples, notebooks
    msg = "this installation came without the starter files; install flowforge-lab anew"
    raise NotFoundError(msg)
