"""Where the built editor lies, and the parts of it that pages ask for later."""

from functools import cache
from pathlib import Path

from flowforge_lab.errors import NotFoundError

_FOLDER = Path(__file__).parents[2] / "assets"
_PARTS = {"code": "editor-code.js"}


def bundle_path() -> Path:
    """Return the file of the editor's bundle.

    Raises:
        NotFoundError: it was never built, as in a fresh checkout.
    """
    return _built("editor.js")


@cache
def part_text(name: str) -> str:
    """Return the source of a part of the bundle, such as `code`, the editor of code.

    A page asks for it by the way all its messages go, so that no host needs an address for it.

    Raises:
        NotFoundError: there is no such part, or it was never built.
    """
    if name not in _PARTS:
        msg = f"the bundle has no part {name!r}; it has: {', '.join(_PARTS)}"
        raise NotFoundError(msg)
    return _built(_PARTS[name]).read_text(encoding="utf-8")


def _built(name: str) -> Path:
    path = _FOLDER / name
    if not path.is_file():
        msg = f"{path} is missing: build it with `python extensions/editor/build_hook.py`"
        raise NotFoundError(msg)
    return path
