"""Whether a cell that is left out is not missed: it leaves nothing behind but the names that it binds."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any

from . import pure_names as known
from .grammar import names_in
from .purity import CellFacts
from .shape import cell_magic, plain_source
from .surroundings import Kind, Surroundings

_FIRM: tuple[Kind, ...] = ("scalar", "table", "piece", "path", "module")
_LOOKING = frozenset(("print", "display", "len", "str", "repr", "type", "isinstance", "id"))
_LOOKING_OF_MODULES = frozenset(("json.dumps", "json.dump"))
_QUIET_ROOTS = known.FIRM_MODULES | {"json"}
_LASTING = (
    *("os.chdir", "os.fchdir", "os.putenv", "os.unsetenv", "os.umask", "os.dup2", "os.environ"),
    "urllib.request.install",
)
_LASTING_METHODS = frozenset(("plot", "hist", "boxplot", "sample", "shuffle", "pipe"))
_LOUD = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Global, ast.Nonlocal, ast.Delete,
    ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith, ast.Import, ast.ImportFrom,
)  # fmt: skip
_LATE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
_WORD = re.compile(r"[^\W\d]\w*")


def what_stays(source: str, facts: CellFacts, kinds: Surroundings, *, is_diverted: bool) -> str:
    """Return what of a cell may be missed where it does not run; empty if it is only the names it binds.

    `kinds` are the names as they are behind the cell. What prints is missed where output `is_diverted`.
    """
    magic = cell_magic(source)
    if magic:
        return "" if magic in known.APART_MAGICS else f"is a %%{magic} cell"
    lasting = _lasting_magic(source)
    if lasting:
        return lasting
    try:
        tree = ast.parse(plain_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "cannot be read"
    rest = [part for place, part in enumerate(tree.body) if place not in facts.set_up]
    own = frozenset(_stored(ast.Module(rest, []))) - facts.needs
    return _Quiet(kinds, is_diverted=is_diverted).of(ast.Module(rest, []), own)


def names_looked_at_late(source: str) -> frozenset[str]:
    """Return the names that the functions of a cell look at when they are called, and formulas in texts."""
    try:
        tree = ast.parse(plain_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, _LATE):
            found |= names_in(node)
        elif _is_text(node) and "eval" in source:
            found.update(_WORD.findall(ast.unparse(node)))
    return frozenset(found)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _lasting_magic(source: str) -> str:
    for line in map(str.strip, source.split("\n")):
        word = line[1:].split(maxsplit=1)[0] if line[1:].strip() else ""
        is_known = word.lstrip("%") in known.SETUP_MAGICS | known.PYTHON_MAGICS
        if line.startswith("%") and not is_known:
            return f"has the line {line[:60]!r}"
    return ""


def _stored(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.arg):
            yield part.arg
        elif isinstance(part, ast.ExceptHandler) and part.name:
            yield part.name


class _Quiet:
    """Looks for what a cell leaves in the process: not proven is taken for left."""

    def __init__(self, kinds: Surroundings, *, is_diverted: bool) -> None:
        self._kinds = kinds
        self._is_diverted = is_diverted
        self._met: set[str] = set()

    def of(self, tree: ast.AST, own: frozenset[str]) -> str:
        """Return the first thing that may stay; `own` are names that are known here alone."""
        looked_at = {id(part) for node in ast.walk(tree) for part in self._only_looked_at(node)}
        for node in ast.walk(tree):
            found = self._of_node(node, own, is_looked_at=id(node) in looked_at)
            if found:
                return found
        return ""

    def _only_looked_at(self, node: ast.AST) -> list[ast.expr]:
        """Return the parts of a node whose values it looks at and does not change or use up."""
        match node:
            case ast.Expr(value=ast.Name() as name) | ast.FormattedValue(value=ast.Name() as name):
                return [name]
            case ast.Call(func=func, args=args, keywords=keywords) if self._is_looking(func):
                return [*_parts_of(args), *_parts_of(one.value for one in keywords)]
        return []

    def _is_looking(self, func: ast.expr) -> bool:
        dotted = self._kinds.dotted(func)
        if dotted:
            return dotted in _LOOKING_OF_MODULES or dotted.partition(".")[0] in known.OUTSIDE
        return isinstance(func, ast.Name) and func.id in _LOOKING

    def _of_node(self, node: ast.AST, own: frozenset[str], *, is_looked_at: bool) -> str:
        if isinstance(node, _LOUD):
            return f"has a {type(node).__name__} of which is not known what it does"
        match node:
            case ast.Call():
                return self._of_call(node, own)
            case ast.Name(id=name, ctx=ast.Load()) if name not in own and not is_looked_at:
                return self._of_name(name)
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                is_named = isinstance(node.value, ast.Name) and node.value.id in own
                is_own = is_named and isinstance(node, ast.Subscript)
                return "" if is_own else f"sets {ast.unparse(node)[:60]}"
        return ""

    def _of_name(self, name: str) -> str:
        function = self._kinds.functions.get(name)
        if function is not None:
            return self._of_function(name, function)
        is_quiet = self._kinds.is_definition(name) and name not in self._kinds.classes
        is_firm = self._kinds.kind_of(name) in _FIRM
        return "" if is_quiet or is_firm else f"uses {name}, which may change by that"

    def _of_function(self, name: str, function: Any) -> str:
        if name in self._met:
            return ""
        self._met.add(name)
        body = function.body if isinstance(function.body, list) else [function.body]
        own = frozenset(_stored(function.args)) | frozenset(_stored(ast.Module(body, [])))
        found = self.of(ast.Module(body, []), own)
        return found and f"calls {name}(), which {found}"

    def _of_call(self, node: ast.Call, own: frozenset[str]) -> str:
        what = f"calls {ast.unparse(node.func)[:60]}()"
        dotted = self._kinds.dotted(node.func)
        if dotted:
            return "" if _is_quiet_call(dotted) else what
        match node.func:
            case ast.Name(id="print"):
                return what if self._is_diverted else ""
            case ast.Name(id=name):
                is_known = name in known.PURE_BUILTINS | {"open"} | self._kinds.functions.keys()
                is_hidden = name in own or (
                    name in self._kinds.kinds and name not in self._kinds.functions
                )
                return "" if is_known and not is_hidden else what
            case ast.Attribute(attr=attr):
                return what if attr in _LASTING_METHODS else ""
        return what


def _parts_of(values: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield values, and those in lists and dicts that are written there."""
    for value in values:
        yield value
        if isinstance(value, ast.Dict | ast.List | ast.Tuple):
            inner = ast.iter_child_nodes(value)
            yield from _parts_of(one for one in inner if isinstance(one, ast.expr))


def _is_quiet_call(dotted: str) -> bool:
    root, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
    if dotted.startswith(_LASTING) or last in known.SETTERS:
        return False
    is_table = root == "pandas" and (last in known.TABLE_MAKERS or last in known.READERS)
    return is_table or root in _QUIET_ROOTS | known.OUTSIDE or last in known.WRITERS
