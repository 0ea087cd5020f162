"""What is known of one call: what it gives, what an author should know of it, whether it changes its own."""

import ast
import functools
import importlib.metadata
import re

import msgspec

from . import pure_names as known
from .surroundings import TABLES, Kind

_FILES = "it reads files again"
_TEXT_MODES = frozenset({"r", "rb", "rt"})
_PLACES = frozenset({"path_or_buf", "buf", "path", "file", "path_or_buffer"})


_QUESTION = re.compile(r"\s*(?:select|with|from|describe|summarize)\b", re.IGNORECASE)
_ORDER = re.compile(
    r";|\b(?:insert|update|delete|copy|attach|create|drop|call|into|set)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d]\w*")


class Verdict(msgspec.Struct, frozen=True):
    """What a call gives; with `is_touching` it may change the value that it is a method of."""

    kind: Kind
    note: str = ""
    is_touching: bool = False


def of_open(node: ast.Call, *, first_mode: int) -> Verdict | None:
    """Judge the opening of a file, whose mode is the argument `first_mode` or named."""
    modes = [*node.args[first_mode:], *(one.value for one in node.keywords if one.arg == "mode")]
    if modes and not (isinstance(modes[0], ast.Constant) and modes[0].value in _TEXT_MODES):
        return None
    return Verdict("file", _FILES)


def names_in_question(node: ast.Call) -> frozenset[str] | None:
    """Return the words of SQL that only asks; `None` if it is not written there, or may do more."""
    if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Constant):
        return None
    text = str(node.args[0].value)
    if not _QUESTION.match(text) or _ORDER.search(text):
        return None
    return frozenset(_WORD.findall(text))


def of_builtin(name: str) -> Verdict | None:
    """Judge a function that is always there."""
    if name not in known.PURE_BUILTINS:
        return None
    return Verdict("scalar" if name in known.SCALAR_BUILTINS else "plain")


def of_library(dotted: str) -> Verdict | None:
    """Judge a function by its full name."""
    root, place, last = dotted.partition(".")[0], *dotted.rpartition(".")[::2]
    if last in known.WRITERS or (last in known.TEXT_OR_FILE and root != "json"):
        return None
    is_path = dotted.startswith("os.path.")
    if not (is_path or root in known.PURE_MODULES or dotted in known.OS_READERS):
        return None
    if last in known.PATHS:
        return Verdict("path")
    kind: Kind = "scalar" if is_path or root in known.FIRM_MODULES else "fresh"
    if root == "pandas" and last in known.TABLE_MAKERS and copies_on_write():
        kind = "piece"
    elif root in known.PASSING_ON and last != "deepcopy":
        kind = "plain"
    return Verdict(kind, _note_of(root, place, last))


def changes_what_it_is_given(dotted: str, node: ast.Call) -> bool:
    """Whether a function of a module changes its arguments, as `heapq.heappush` does."""
    named = {one.arg for one in node.keywords}
    is_changer = dotted.rpartition(".")[2] in known.CHANGERS or bool(named & {"out"})
    return bool(dotted) and is_changer


@functools.cache
def copies_on_write() -> bool:
    """Whether what is taken from a table of pandas never changes with it: so it is from pandas 3 on."""
    try:
        return int(importlib.metadata.version("pandas").partition(".")[0]) > 2  # noqa: PLR2004  # said above
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False


def _note_of(root: str, place: str, last: str) -> str:
    if last in known.READERS:
        return _FILES
    if last in known.CLOCKS and root in {"datetime", "time", "pandas"}:
        return "it looks at the clock"
    return "it draws at random" if place.startswith(known.RANDOM_MODULES) else ""


def of_method(kind: Kind, node: ast.Call, attr: str) -> Verdict | None:  # noqa: PLR0911  # one case a kind
    """Judge a method of a value of a kind."""
    match kind:
        case "scalar":
            return Verdict("plain" if attr in known.TEXT_LISTS else "scalar")
        case "path":
            return _of_path(node, attr)
        case "file":
            return Verdict("scalar") if attr in known.FILE_READERS else None
        case "plain" | "fresh":
            return _of_value(node, attr)
        case "table" | "piece":
            return _of_table(node, attr)
    return None


def _of_path(node: ast.Call, attr: str) -> Verdict | None:
    if attr == "open":
        return of_open(node, first_mode=0)
    if attr in known.READERS:
        return Verdict("path" if attr in {"resolve", "absolute"} else "plain", _FILES)
    return Verdict("path") if attr in known.PATH_PURE else None


def _of_value(node: ast.Call, attr: str) -> Verdict | None:
    named = {one.arg for one in node.keywords}
    is_file = bool(node.args or named & _PLACES)
    if attr in known.WRITERS or (attr in {"query", "eval"} and not _is_calm_text(node)):
        return None
    if attr in known.TEXT_OR_FILE:
        return None if is_file else Verdict("scalar")
    is_calm = attr in known.UNTOUCHING - known.OF_CONTAINERS
    is_touching = "inplace" in named or not is_calm
    is_new = attr in known.FRESH - {"copy"}  # the copy of a list or dict shares what is in it
    return Verdict("fresh" if is_new else "plain", is_touching=is_touching)


def _of_table(node: ast.Call, attr: str) -> Verdict | None:
    verdict = _of_value(node, attr)
    is_piece = attr in known.UNTOUCHING and attr not in known.NO_TABLES
    if verdict is None or not is_piece or verdict.kind == "scalar":
        return verdict
    is_touching = "inplace" in {one.arg for one in node.keywords}
    return msgspec.structs.replace(verdict, kind="piece", is_touching=is_touching)


def of_part(kind: Kind, part: ast.expr) -> Kind:
    """Return of what kind something is that is taken out of a value by a subscript."""
    return "piece" if kind in TABLES and _is_selection(part) else "plain"


def _is_selection(part: ast.expr) -> bool:
    """Whether a subscript takes a column or rows of a table, rather than something that lies in it."""
    match part:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.Tuple(elts=parts):
            return any(map(_is_selection, parts)) and not all(
                isinstance(one, ast.Constant | ast.Name) for one in parts
            )
    return not isinstance(part, ast.Name)


def _is_calm_text(node: ast.Call) -> bool:
    """Whether a query is written there, and calls nothing."""
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and "@" not in str(first.value)
