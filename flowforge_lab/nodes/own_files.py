"""The lab's own Python files that hold node types: what is wrong with them, told by file and line."""

import ast
import importlib.util
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from flowforge_lab.errors import FlowForgeError


class NodeTypeError(FlowForgeError):
    """A node type was found by name, but its module cannot be used."""


def import_file(path: Path) -> ModuleType:
    """Return a file as a module of a name of its own.

    Raises:
        NodeTypeError: it cannot be imported; the text says in which line.
    """
    name = f"flowforge_own_{sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        msg = f"{path} is not a Python file that can be imported"
        raise NodeTypeError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a user's file may raise anything
        del sys.modules[name]
        msg = f"{_place(path, error)} cannot be imported: {_told(error)}"
        raise NodeTypeError(msg) from error
    return module


def find_fault(path: Path) -> str | None:
    """Return why a file cannot even be parsed, with its line; `None` if it can. Nothing is imported."""
    try:
        ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{_place(path, error)} cannot be parsed: {_told(error)}"
    return None


def _told(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}"


def _place(path: Path, error: BaseException) -> str:
    """Return the file, and the last line of it that the error came by."""
    lines: list[int | None] = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno)
    return f"{path}:{lines[-1]}" if lines else str(path)
