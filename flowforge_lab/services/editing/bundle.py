"""Where the built editor lies."""

from pathlib import Path

from flowforge_lab.errors import NotFoundError


def bundle_path() -> Path:
    """Return the file of the editor's bundle.

    Raises:
        NotFoundError: it was never built, as in a fresh checkout.
    """
    path = Path(__file__).parents[2] / "assets" / "editor.js"
    if not path.is_file():
        msg = f"{path} is missing: build it with `python extensions/editor/build_hook.py`"
        raise NotFoundError(msg)
    return path
