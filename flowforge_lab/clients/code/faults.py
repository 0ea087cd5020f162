"""What went wrong in other people's code, told by their own lines."""

import traceback
from pathlib import Path
from typing import Any

from flowforge_lab.errors import NodeError

from .source import FILE

_MAX_TEXT = 20_000


def described(error: BaseException, directory: str) -> dict[str, Any]:
    """Return the fault as JSON: its type, one line of message, the line number, a short traceback."""
    if isinstance(error, NodeError):
        return {"type": error.type, "title": error.title, "detail": error.detail}
    told = traceback.TracebackException.from_exception(error)
    _trim(told, directory)
    own = [frame for frame in told.stack if frame.filename == FILE]
    line = error.lineno if isinstance(error, SyntaxError) else own[-1].lineno if own else None
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return {
        "type": "code.memory" if isinstance(error, MemoryError) else "code.raised",
        "is_syntax": isinstance(error, SyntaxError),
        "message": f"{type(error).__name__}: {words}".removesuffix(": ")[:2_000],
        "line": line,
        "source": own[-1].line if own else (getattr(error, "text", None) or "").strip(),
        "traceback": "".join(told.format())[-_MAX_TEXT:],
    }


def _trim(told: traceback.TracebackException | None, directory: str) -> None:
    while told is not None:
        told.stack[:] = [frame for frame in told.stack if _is_own(frame.filename, directory)]
        _trim(told.__context__, directory)
        told = told.__cause__


def _is_own(file: str, directory: str) -> bool:
    if file == FILE:
        return True
    path = Path(file)
    return path.is_relative_to(directory) and "site-packages" not in path.parts
