"""The example workflow of each built-in kind: a file that the page shows and the tests run."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "workflows"


def example_of(kind: str) -> Path | None:
    """Return the file of the example of a kind, if it has one."""
    path = _FOLDER / f"{kind}.flow.yaml"
    return path if path.exists() else None
