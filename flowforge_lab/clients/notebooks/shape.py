"""What a notebook takes and makes, told from its text alone: no kernel is started."""

import ast
import io
import json
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from flowforge_lab.errors import NodeError

from .pure_names import PYTHON_MAGICS

ParameterType = Literal["string", "integer", "number", "boolean", "array", "object", "any"]
_TAG = "parameters"
_NAMES: dict[ParameterType, tuple[str, ...]] = {
    "string": ("str",),
    "integer": ("int",),
    "number": ("float",),
    "boolean": ("bool",),
    "array": ("list", "tuple", "set", "List", "Tuple", "Set", "Sequence"),
    "object": ("dict", "Dict", "Mapping"),
}
_OF_NAME = {name: type for type, names in _NAMES.items() for name in names}
_MAX_NOTEBOOK_BYTES = 200_000_000
SKIPPED = "skip-execution"
"""The tag of code cells that are not run, as nbclient and papermill know it."""


class Parameter(msgspec.Struct, frozen=True):
    """One value a notebook can be given. Without `has_default` its default is no plain value: see `written`.

    `choices` are those of a `Literal`; `help` is the comment behind it.
    """

    name: str
    type: ParameterType = "any"
    default: Any = None
    has_default: bool = False
    written: str = ""
    help: str = ""
    choices: tuple[Any, ...] = ()


class NotebookShape(msgspec.Struct, frozen=True):
    """What a notebook takes and makes: its kernel, its parameters, the variables it sets at its top level.

    Where no cell is tagged `parameters`, or its language is not Python, `note` says what that means.
    """

    kernel: str
    language: str
    cells: int
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[str, ...] = ()
    note: str = ""


class NotebookCell(msgspec.Struct, frozen=True):
    """A cell of a notebook as it stands in the file; code that is not run is of the kind `raw`."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


class NotebookText(msgspec.Struct, frozen=True):
    """The cells of a notebook and what they are written in."""

    kernel: str
    language: str
    cells: tuple[NotebookCell, ...] = ()


def read_notebook(path: Path) -> NotebookText:
    """Return the cells of a notebook.

    Raises:
        NodeError: there is no such file (`notebook.not_found`), or it is none (`notebook.invalid`).
    """
    cells, about = _read(path)
    kernel, language = _spoken(about)
    found = (
        NotebookCell(_kind(cell), _text(cell), tuple(map(str, _tags(cell)))) for cell in cells
    )
    return NotebookText(kernel, language, tuple(found))


def _spoken(about: dict[str, Any]) -> tuple[str, str]:
    """Return the kernel and the language that the metadata of a notebook name."""
    spec, info = about.get("kernelspec"), about.get("language_info")
    spec = spec if isinstance(spec, dict) else {}
    info = info if isinstance(info, dict) else {}
    kernel = str(spec.get("name") or "python3")
    return kernel, str(info.get("name") or spec.get("language") or "python")


def _kind(cell: dict[str, Any]) -> str:
    """Return the kind of a cell; code that is not run is only text."""
    return "raw" if SKIPPED in _tags(cell) else str(cell.get("cell_type", ""))


def read_shape(path: Path) -> NotebookShape:
    """Return what a notebook takes and makes.

    Raises:
        NodeError: there is no such file (`notebook.not_found`), or it is none (`notebook.invalid`).
    """
    cells, about = _read(path)
    kernel, language = _spoken(about)
    sources = [_text(cell) for cell in cells if _kind(cell) == "code"]
    tagged = next((_text(cell) for cell in cells if _TAG in _tags(cell)), None)
    count = sum(bool(source.strip()) for source in sources)
    if language.lower() not in {"python", "ipython"}:
        note = f"parameters of a notebook in {language} are not told; any are given to it"
        return NotebookShape(kernel, language, count, note=note)
    if tagged is None:
        note = "no cell is tagged `parameters`: values given are set before the first cell"
        return NotebookShape(kernel, language, count, variables=_variables(sources), note=note)
    return NotebookShape(kernel, language, count, parameters_in(tagged), _variables(sources))


def _read(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    try:
        if path.stat().st_size > _MAX_NOTEBOOK_BYTES:
            raise _no_notebook(path, f"larger than {_MAX_NOTEBOOK_BYTES:,} bytes")
        tree = json.loads(path.read_text(encoding="utf-8"))
        cells = tree["cells"] if "cells" in tree else _cells_of_format_3(tree)
        about = tree.get("metadata", {})
        if not all(isinstance(cell, dict) for cell in cells) or not isinstance(about, dict):
            raise _no_notebook(path, "its cells are no objects")
    except OSError as error:
        title = f"no notebook {path.name!r}"
        raise NodeError(
            title, type="notebook.not_found", detail=str(error), is_transient=False
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _no_notebook(path, f"{type(error).__name__}: {error}"[:200]) from error
    return cells, about


def _cells_of_format_3(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells of a notebook of the format before Jupyter's own."""
    return [
        {**cell, "source": cell.get("input", cell.get("source", ""))}
        for sheet in tree["worksheets"]
        for cell in sheet["cells"]
    ]


def _no_notebook(path: Path, detail: str) -> NodeError:
    title = f"{path.name} is no notebook"
    return NodeError(title, type="notebook.invalid", detail=detail, is_transient=False)


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _tags(cell: dict[str, Any]) -> list[Any]:
    about = cell.get("metadata")
    tags = about.get("tags") if isinstance(about, dict) else None
    return tags if isinstance(tags, list) else []


def plain_source(source: str) -> str:
    """Return a cell without what only IPython understands: its magics, questions and shell lines."""
    if cell_magic(source):
        return ""
    lines = source.split("\n")
    return "\n".join("" if _is_magic(line) else line for line in lines)


def cell_magic(source: str) -> str:
    """Return the magic that a cell is text for; empty if its text is Python."""
    start = source.lstrip()
    word = start[2:].split(maxsplit=1)[0] if start.startswith("%%") and start[2:].strip() else ""
    return "" if word in PYTHON_MAGICS else word


def _is_magic(line: str) -> bool:
    start = line.lstrip()
    return start.startswith(("%", "!", "?")) or (start.rstrip().endswith("?") and "#" not in start)


def _tree_of(source: str) -> ast.Module | None:
    try:
        return ast.parse(plain_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parameters_in(source: str) -> tuple[Parameter, ...]:
    """Return the parameters that a cell sets."""
    tree = _tree_of(source)
    if tree is None:
        return ()
    comments = _comments(plain_source(source))
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        for name, value, kind in _assigned(statement):
            remark = comments.get(statement.end_lineno or 0, "")
            found[name] = _parameter(name, value, kind, remark=remark)
    return tuple(found.values())


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield name, value and annotation of each simple assignment in a statement."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, value, None
        case ast.AnnAssign(target=ast.Name(id=name), value=value, annotation=kind):
            yield name, value, kind


def _parameter(
    name: str, value: ast.expr | None, kind: ast.expr | None, *, remark: str
) -> Parameter:
    try:
        default = None if value is None else _plain(ast.literal_eval(value))
        has_default = value is not None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        default, has_default = None, False
    written = "" if value is None else ast.unparse(value)
    choices = _choices(kind)
    type = _type_of(kind) if kind is not None else _of_value(default)
    if choices:
        type = _of_value(choices[0])
    return Parameter(name, type, default, has_default, written, remark, choices)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | complex) or value is ...:
        msg = "JSON has no such value"
        raise ValueError(msg)
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _of_value(value: Any) -> ParameterType:
    return _OF_NAME.get(type(value).__name__, "any")


def _type_of(kind: ast.expr) -> ParameterType:
    match kind:
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _type_of(inner)
        case ast.Subscript(value=inner) | ast.BinOp(left=inner, right=ast.Constant(value=None)):
            return _type_of(inner)
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return _OF_NAME.get(name, "any")
    return "any"


def _choices(kind: ast.expr | None) -> tuple[Any, ...]:
    match kind:
        case ast.Subscript(
            value=ast.Name(id="Literal") | ast.Attribute(attr="Literal"), slice=inner
        ):
            values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return tuple(one.value for one in values if isinstance(one, ast.Constant))
    return ()


def _comments(source: str) -> dict[int, str]:
    """Return the comment at the end of each line that has one."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("# ").strip()
    except (tokenize.TokenError, SyntaxError):
        return found
    return found


def _variables(sources: list[str]) -> tuple[str, ...]:
    """Return the names set at the top level of the cells, but those of imports and private ones."""
    trees = [tree for tree in map(_tree_of, sources) if tree is not None]
    names: dict[str, None] = {}
    for tree in trees:
        for statement in tree.body:
            names |= dict.fromkeys(_set_by(statement))
    return tuple(name for name in names if not name.startswith("_"))


def _set_by(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for part in ast.walk(statement):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
