"""Where the built editor lies."""

from pathlib import Path

import flowforge_lab
from flowforge_lab.errors import NotFoundError


def bundle_path() -> Path:
    """Return the file of the editor's bundle.

    Raises:
        NotFoundError: it was never built, as in a fresh checkout.
    """
    path = Path(flowforge_lab.__file__).parent / "assets" / "editor.js"
    if not path.is_file():
        msg = f"{path} is missing: build it with `python extensions/editor/build_hook.py`"
        raise NotFoundError(msg)
    return path
