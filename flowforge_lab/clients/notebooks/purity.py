"""What each cell of a Python notebook does, proven from its text: sets, needs, and whether it may run twice.

Nothing is run. What is not known to only calculate or look counts as not proven, and the reason says why.
"""

import ast
import builtins
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

from . import pure_names as known
from .shape import cell_magic, plain_source

Kind = Literal["scalar", "plain", "fresh", "path", "file", "module", "unknown"]
_SETUP = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CALM: tuple[Kind, ...] = ("scalar", "fresh")


class CellFacts(msgspec.Struct, frozen=True):
    """What one cell does.

    `sets` are names that it binds or whose values it may change, `needs` those it looks at; those of imports
    and definitions are not among them: `setup` is the source of these, which may always run again. `reason`
    says why the rest is not proven to be repeatable, empty where it is; `notes` what may be different then.
    """

    sets: frozenset[str]
    needs: frozenset[str]
    setup: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()


def examine(sources: Sequence[str]) -> list[CellFacts]:
    """Return what each cell does, in the order in which they run."""
    notebook = Surroundings()
    return [_examined(source, notebook) for source in sources]


class Surroundings:
    """What is known at some point of a notebook: kinds of names, modules, functions, who shares what."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.modules: dict[str, str] = {}
        self.functions: dict[str, ast.FunctionDef | ast.Lambda] = {}
        self.records: set[str] = set()
        self._shared: dict[str, set[str]] = {}

    def share(self, names: Iterable[str]) -> None:
        """Note that a change of what one of the names stands for may be one of all of them."""
        together: set[str] = set()
        for name in names:
            together |= self._shared.get(name, {name})
        for name in together:
            self._shared[name] = together

    def sharing(self, names: Iterable[str]) -> frozenset[str]:
        """Return the names, and all that may share something with them."""
        found: set[str] = set()
        for name in names:
            found |= self._shared.get(name, {name})
        return frozenset(found)

    def defined(self) -> frozenset[str]:
        """Return the names that imports and definitions made."""
        return frozenset((*self.modules, *self.functions, *self.records))


def _examined(source: str, notebook: Surroundings) -> CellFacts:
    if cell_magic(source) and cell_magic(source) not in known.APART_MAGICS:
        return CellFacts(frozenset({"*"}), frozenset(), reason=_magics(source)[1])
    magics, reason = _magics(source)
    try:
        tree = ast.parse(plain_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return CellFacts(frozenset({"*"}), frozenset(), reason=f"it cannot be read: {error}")
    reader = Reader(notebook)
    reader.reason = reason
    setup = [*magics]
    for statement in tree.body:
        if reader.is_setup(statement):
            setup.append(ast.unparse(statement))
        else:
            reader.statement(statement)
    changed = notebook.sharing(reader.changed)
    defined = notebook.defined()
    return CellFacts(
        frozenset((reader.bound | changed) - defined),
        frozenset(reader.needed - defined),
        "\n".join(setup),
        reader.reason,
        tuple(dict.fromkeys(reader.notes)),
    )


def _magics(source: str) -> tuple[list[str], str]:
    """Return the magics of a cell that set up the process, and why the others are not proven."""
    if cell_magic(source):
        return [], f"it is a %%{cell_magic(source)} cell"
    kept, reason = [], ""
    for line in map(str.strip, source.split("\n")):
        if line.startswith("%") and line[1:].split()[:1] and line[1:].split()[0] in known.SETUP_MAGICS:
            kept.append(line)
        elif line.startswith(("%", "!")):
            reason = f"it has the line {line[:60]!r}"
    return kept, reason


class Reader:
    """Reads one cell, or the body of a function, and notes what it does."""

    def __init__(self, notebook: Surroundings, local: dict[str, Kind] | None = None) -> None:
        self._notebook = notebook
        self._local = local
        self._under_way: tuple[str, ...] = ()
        self._outer: set[str] = set()
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.needed: set[str] = set()
        self.notes: list[str] = []
        self.reason = ""

    # -- statements

    def is_setup(self, node: ast.stmt) -> bool:
        """Note imports, definitions and settings of the process; whether it was one of them."""
        match node:
            case ast.Import(names=names):
                for one in names:
                    root = one.name if one.asname else one.name.partition(".")[0]
                    self._notebook.modules[one.asname or root] = root
            case ast.ImportFrom(module=module, names=names):
                for one in names:
                    self._notebook.modules[one.asname or one.name] = f"{module or '.'}.{one.name}"
            case ast.FunctionDef(name=name) if self._is_plain_definition(node):
                self._notebook.functions[name] = node
            case ast.ClassDef(name=name, decorator_list=marks) if len(node.bases) == 0:
                is_record = any("dataclass" in ast.unparse(mark) for mark in marks)
                simple = (ast.AnnAssign, ast.Assign, ast.Expr, ast.Pass)
                if not is_record or not all(isinstance(part, simple) for part in node.body):
                    return False
                self._notebook.records.add(name)
            case _:
                return self._is_setting(node)
        return True

    def _is_plain_definition(self, node: ast.FunctionDef) -> bool:
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        marks = ("functools", "lru_cache", "cache", "staticmethod")
        return all(isinstance(one, ast.Constant | ast.Name) for one in defaults) and all(
            ast.unparse(mark).partition("(")[0].split(".")[0] in marks for mark in node.decorator_list
        )

    def _is_setting(self, node: ast.stmt) -> bool:
        """Whether a statement sets up the process: seeds, options, styles, paths."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute() as func)):
                dotted = self._dotted(func)
                place, _, last = dotted.rpartition(".")
                root = dotted.partition(".")[0]
                is_set = last in known.SETTERS and root in known.PURE_MODULES
                return is_set or place in known.SETUP_PLACES or dotted == "os.chdir"
            case ast.Assign(targets=[ast.Subscript(value=ast.Attribute() as place)]):
                return self._dotted(place) in known.SETUP_PLACES
            case ast.Assign(targets=[ast.Attribute() as place]):
                return self._dotted(place).startswith(known.SETUP_PLACES)
        return False

    def statement(self, node: ast.AST) -> None:
        """Note what a statement does."""
        match node:
            case ast.Assign(targets=targets, value=value):
                kind = self.value(value)
                for target in targets:
                    self._bind(target, kind, value)
            case ast.AnnAssign(target=target, value=value):
                self._bind(target, "plain" if value is None else self.value(value), value)
            case ast.AugAssign(target=target, value=value):
                kind = self.value(value)
                self.value(_as_load(target))
                self._bind(target, "scalar" if kind == "scalar" else "plain", value)
                self.changed |= self._roots(target)
            case ast.For(target=target, iter=items, body=body, orelse=rest):
                kind = self.value(items)
                self._bind(target, kind if kind in {"scalar", "unknown"} else "plain", items)
                self._all([*body, *rest])
            case ast.With(items=items, body=body):
                for item in items:
                    kind = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self._bind(item.optional_vars, kind, item.context_expr)
                self._all(body)
            case ast.Delete(targets=targets):
                for target in targets:
                    self._bind(target, "unknown", None)
            case ast.Import() | ast.ImportFrom() | ast.FunctionDef():
                if not self.is_setup(node):
                    self._doubt(f"it defines {getattr(node, 'name', 'something')} in an unusual way")
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self.changed |= set(names)
                self._outer |= set(names)
            case ast.ClassDef(name=name):
                self.bound.add(name)
                self._doubt(f"it makes the class {name}")
            case ast.Expr(value=value) | ast.Return(value=value):
                if value is not None:
                    self.value(value)
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith():
                self._doubt("it waits for something")
            case _:
                self._all(ast.iter_child_nodes(node))

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            if isinstance(node, ast.expr):
                self.value(node)
            else:
                self.statement(node)

    def _bind(self, target: ast.AST, kind: Kind, value: ast.AST | None) -> None:
        match target:
            case ast.Name(id=name):
                self._name(name, kind)
                if value is not None and kind not in _CALM and self._local is None:
                    self._notebook.share({name, *self._roots(value)})
                if isinstance(value, ast.Lambda):
                    self._notebook.functions[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._bind(part, "plain" if kind == "fresh" else kind, value)
            case ast.Starred(value=part):
                self._bind(part, kind, value)
            case ast.Subscript() | ast.Attribute():
                self._all(ast.iter_child_nodes(target))
                roots = self._roots(target)
                self.changed |= roots
                if value is not None and kind not in _CALM and self._local is None:
                    self._notebook.share(roots | self._roots(value))

    def _name(self, name: str, kind: Kind) -> None:
        if self._local is not None:
            self._local[name] = kind
            return
        self.bound.add(name)
        self._notebook.kinds[name] = kind
        for table in (self._notebook.modules, self._notebook.functions):
            table.pop(name, None)

    # -- values

    def value(self, node: ast.AST) -> Kind:
        """Note what evaluating an expression does, and return what kind of value it gives."""
        match node:
            case ast.Constant():
                return "scalar"
            case ast.Name(id=name):
                return self._look(name)
            case ast.JoinedStr():
                self._all(ast.iter_child_nodes(node))
                return "scalar"
            case ast.FormattedValue(value=value):
                return self.value(value)
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(node, value, attr)
            case ast.Call():
                return self._call(node)
            case ast.Lambda():
                self._within(node, [node.body])
                return "fresh"
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.NamedExpr(target=target, value=value):
                kind = self.value(value)
                self._bind(target, kind, value)
                return kind
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                self._doubt("it waits for something")
                return "unknown"
        return self._of_parts(node)

    def _of_parts(self, node: ast.AST) -> Kind:
        kinds = {self.value(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)}
        if "unknown" in kinds or "file" in kinds:
            return "unknown"
        if kinds == {"path"} or kinds == {"path", "scalar"}:
            return "path"
        if isinstance(node, ast.BinOp | ast.Compare | ast.BoolOp | ast.UnaryOp):
            return "scalar" if kinds <= {"scalar"} else "fresh"
        if isinstance(node, ast.Subscript | ast.Slice):
            return "scalar" if kinds <= {"scalar"} else "plain"
        return "fresh" if kinds <= {"scalar", "fresh"} else "plain"

    def _look(self, name: str) -> Kind:
        if self._local is not None and name in self._local:
            return self._local[name]
        if name in self._notebook.modules:
            return "module"
        if name in self._notebook.functions or name in self._notebook.records:
            return "fresh"
        if name in self._notebook.kinds:
            self.needed.add(name)
            return self._notebook.kinds[name]
        if hasattr(builtins, name) or name == "display":
            return "fresh"
        self.needed.add(name)
        return "unknown"

    def _attribute(self, node: ast.Attribute, value: ast.expr, attr: str) -> Kind:
        if self._dotted(node):
            return "fresh"
        kind = self.value(value)
        if kind == "path":
            return "path" if attr in {"parent", "parents"} else "scalar"
        return "plain" if kind == "fresh" else kind

    def _comprehension(self, node: Any) -> Kind:
        names: dict[str, Kind] = {}
        for part in node.generators:
            kind = self.value(part.iter)
            names |= dict.fromkeys(_names_in(part.target), "plain" if kind == "fresh" else kind)
        wanted = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        wanted += [test for part in node.generators for test in part.ifs]
        self._within_names(names, wanted)
        return "plain"

    def _within(self, function: Any, body: Sequence[ast.AST]) -> None:
        given = function.args
        names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        names += [one.arg for one in (given.vararg, given.kwarg) if one is not None]
        self._within_names(dict.fromkeys(names, "plain"), body)

    def _within_names(self, names: dict[str, Kind], body: Sequence[ast.AST]) -> None:
        inner = Reader(self._notebook, {**(self._local or {}), **names})
        inner._under_way = self._under_way
        inner._all(body)
        own = set(inner._local or ()) - inner._outer
        self.needed |= inner.needed
        self.changed |= inner.changed - own
        self.notes += inner.notes
        if inner.reason:
            self._doubt(inner.reason)

    # -- calls

    def _call(self, node: ast.Call) -> Kind:
        parts = [*node.args, *(one.value for one in node.keywords)]
        kinds = [self._handed(part) for part in parts]
        doubts = [part for part, kind in zip(parts, kinds, strict=True) if kind in {"unknown", "file"}]
        match node.func:
            case ast.Name(id=name):
                found = self._named_call(name, node)
            case ast.Attribute(value=value, attr=attr):
                dotted = self._dotted(node.func)
                found = self._library(dotted, node) if dotted else self._method(value, attr, node)
            case _:
                found = None
        if found is None or (doubts and not self._takes_files(node)):
            what = ast.unparse(node.func)[:60]
            about = f" with {ast.unparse(doubts[0])[:40]}" if doubts and found is not None else ""
            self._doubt(f"it calls {what}(){about}, of which is not known what it does")
            self.changed |= set().union(*map(self._escaping, parts), self._called_on(node.func))
            self.bound |= {"*"} if what in known.ANYTHING else set()
            return "unknown"
        return found

    def _called_on(self, func: ast.expr) -> set[str]:
        """Return the names whose values an unknown method may change; one that writes leaves its own alone."""
        is_writer = isinstance(func, ast.Attribute) and func.attr in known.WRITERS | known.TEXT_OR_FILE
        return set() if is_writer else self._roots(func)

    def _handed(self, part: ast.expr) -> Kind:
        """Note what a function does that is handed to another, which may call it."""
        if isinstance(part, ast.Name) and part.id in self._notebook.functions:
            return self._named_call(part.id, None) or "unknown"
        return self.value(part)

    def _takes_files(self, node: ast.Call) -> bool:
        return self._dotted(node.func) in {"json.load", "csv.reader", "csv.DictReader"} or (
            isinstance(node.func, ast.Name) and node.func.id in {"list", "sorted", "len", "sum", "print"}
        )

    def _named_call(self, name: str, node: ast.Call | None) -> Kind | None:
        function = self._notebook.functions.get(name)
        if self._local is not None and name in self._local:
            return None
        if function is not None:
            return self._own_function(name, function, node)
        if name in self._notebook.records:
            return "fresh"
        if name in self._notebook.modules:
            return self._library(self._notebook.modules[name], node)
        if name in self._notebook.kinds:
            self.needed.add(name)
            return None
        if name == "open":
            return self._open(node.args[1:] if node else [], node)
        if name in known.PURE_BUILTINS:
            return "scalar" if name in known.SCALAR_BUILTINS else "plain"
        return None

    def _own_function(self, name: str, function: Any, node: ast.Call | None) -> Kind:
        if name not in self._under_way:
            before, self._under_way = self._under_way, (*self._under_way, name)
            body = function.body if isinstance(function.body, list) else [function.body]
            self._within(function, body)
            self._under_way = before
        if node is not None:
            for part in (*node.args, *(one.value for one in node.keywords)):
                self.changed |= self._escaping(part)
        return "plain"

    def _open(self, modes: Sequence[ast.expr], node: ast.Call | None) -> Kind | None:
        modes = [*modes, *(one.value for one in (node.keywords if node else ()) if one.arg == "mode")]
        if modes and not (isinstance(modes[0], ast.Constant) and str(modes[0].value) in {"r", "rb", "rt"}):
            return None
        self.notes.append("it reads files again")
        return "file"

    def _library(self, dotted: str, node: ast.Call | None) -> Kind | None:
        root, _, _ = dotted.partition(".")
        place, _, last = dotted.rpartition(".")
        if last in known.WRITERS or (last in known.TEXT_OR_FILE and root != "json"):
            return None
        is_known = root in known.PURE_MODULES or dotted.startswith("os.path.")
        is_known = is_known or dotted in {"os.getcwd", "os.listdir", "os.getenv", "os.environ.get", "os.fspath"}
        if not is_known:
            return None
        if last in known.READERS:
            self.notes.append("it reads files again")
        if last in known.CLOCKS and root in {"datetime", "time", "pandas"}:
            self.notes.append("it looks at the clock")
        if place.startswith(known.RANDOM_MODULES):
            self.notes.append("it draws at random")
        if last in known.PATHS:
            return "path"
        return "scalar" if root in {"math", "statistics"} else "fresh"

    def _method(self, value: ast.expr, attr: str, node: ast.Call) -> Kind | None:
        kind = self.value(value)
        if kind == "scalar":
            return "plain" if attr in known.TEXT_LISTS else "scalar"
        if kind == "path":
            return self._path_method(attr, node)
        if kind == "file":
            return "scalar" if attr in {"read", "readline", "readlines", "close", "seek"} else None
        if kind in {"unknown", "module"} or attr in known.WRITERS:
            return None
        if attr in known.TEXT_OR_FILE:
            named = {one.arg for one in node.keywords}
            return None if node.args or named & {"path_or_buf", "buf", "path", "file"} else "scalar"
        if attr in {"query", "eval"} and not _is_calm_text(node):
            return None
        is_inplace = any(one.arg == "inplace" for one in node.keywords)
        if is_inplace or attr not in known.UNTOUCHING:
            roots = self._roots(value)
            self.changed |= roots
            if self._local is None:
                self._notebook.share(roots | set().union(*map(self._escaping, node.args), set()))
        return "fresh" if attr in known.FRESH else "plain"

    def _path_method(self, attr: str, node: ast.Call) -> Kind | None:
        if attr == "open":
            return self._open(node.args, node)
        if attr in known.READERS:
            self.notes.append("it reads files again")
            return "path" if attr in {"resolve", "absolute"} else "plain"
        return "path" if attr in known.PATH_PURE else None

    # -- names

    def _escaping(self, node: ast.AST) -> set[str]:
        """Return the names whose values whoever gets the value of an expression may change."""
        quiet = Reader(self._notebook, None if self._local is None else dict(self._local))
        quiet._under_way = self._under_way
        if isinstance(node, ast.expr) and quiet.value(node) in _CALM and not _holds_names(node):
            return set()
        return self._roots(node)

    def _roots(self, node: ast.AST) -> set[str]:
        """Return the names of values that a value may be, or hold a part of."""
        look: Callable[[str], Kind] = Reader(self._notebook, self._local)._look
        match node:
            case ast.Name(id=name):
                return set() if look(name) in {"scalar", "module"} or self._is_definition(name) else {name}
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in known.FRESH:
                return set()
            case ast.Call(func=ast.Name(id=name)) if name in known.SCALAR_BUILTINS:
                return set()
        return set().union(*map(self._roots, ast.iter_child_nodes(node)), set())

    def _is_definition(self, name: str) -> bool:
        return name in self._notebook.functions or name in self._notebook.records or (
            name not in self._notebook.kinds and hasattr(builtins, name)
        )

    def _dotted(self, node: ast.AST) -> str:
        """Return the full name of something in a module; empty if it is in none."""
        match node:
            case ast.Name(id=name) if self._local is None or name not in self._local:
                return self._notebook.modules.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                before = self._dotted(value)
                return f"{before}.{attr}" if before else ""
        return ""

    def _doubt(self, reason: str) -> None:
        self.reason = self.reason or reason


def _names_in(target: ast.AST) -> list[str]:
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]


def _as_load(target: ast.AST) -> ast.AST:
    return ast.parse(ast.unparse(target), mode="eval").body


def _holds_names(node: ast.AST) -> bool:
    """Whether an expression is a container of what it names."""
    return isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set)


def _is_calm_text(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and "@" not in str(first.value)
