"""What is known of the names of a notebook: their kinds, modules, functions, and who shares what."""

import ast
import builtins
from collections.abc import Iterable
from typing import Any, Literal

from . import pure_names as known

Kind = Literal["scalar", "plain", "fresh", "table", "piece", "path", "file", "module", "unknown"]
"""`scalar` never changes, `fresh` is known to nobody else, `plain` may share parts with something.

A `table` of pandas shares nothing with what is taken from it, and that is a new `piece`.
"""
CALM: tuple[Kind, ...] = ("scalar", "fresh", "piece")
TABLES: tuple[Kind, ...] = ("table", "piece")


def named(kind: Kind) -> Kind:
    """Return of what kind a value is as soon as it has a name: others know it then."""
    return {"fresh": "plain", "piece": "table"}.get(kind, kind)  # type: ignore[return-value]  # both are kinds


class Surroundings:
    """What is known of the names of a notebook after the cells read so far."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.modules: dict[str, str] = {}
        self.functions: dict[str, Any] = {}
        self.records: set[str] = set()
        self.classes: set[str] = set()
        self.has_filling = False
        self._shared: dict[str, set[str]] = {}

    def bind(self, name: str, kind: Kind) -> None:
        """Note that a name stands for a value of a kind from here on."""
        self.kinds[name] = kind
        self.modules.pop(name, None)
        self.functions.pop(name, None)
        self.records.discard(name)
        self.classes.discard(name)

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
        return frozenset((*self.modules, *self.functions, *self.records, *self.classes))

    def is_definition(self, name: str) -> bool:
        """Whether a name stands for a function or class that nothing changes."""
        is_own = name in self.functions or name in self.records | self.classes
        is_builtin = name == "display" or hasattr(builtins, name)
        return is_own or (name not in self.kinds and is_builtin)

    def kind_of(self, name: str) -> Kind:
        """Return the kind of value that a name stands for."""
        if name in self.modules:
            return "module"
        if self.is_definition(name):
            return "fresh"
        return self.kinds.get(name, "unknown")

    def dotted(self, node: ast.AST) -> str:
        """Return the full name of something in a module; empty if it is in none."""
        match node:
            case ast.Name(id=name):
                return self.modules.get(name, "")
            case ast.Attribute(value=value, attr=attr):
                before = self.dotted(value)
                return f"{before}.{attr}" if before else ""
        return ""

    def is_set_up(self, node: ast.stmt) -> bool:  # noqa: C901, PLR0912  # one case a statement
        """Note what an import or a definition makes; whether the statement only sets up the process."""
        match node:
            case ast.Import(names=names):
                for one in names:
                    root = one.name if one.asname else one.name.partition(".")[0]
                    self.modules[one.asname or root] = root
            case ast.ImportFrom(module=module, names=names):
                for one in names:
                    self.modules[one.asname or one.name] = f"{module or '.'}.{one.name}"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if (
                _is_plain_function(node)
            ):
                self.functions[name] = node
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function) if (
                _has_plain_defaults(function)
            ):
                self.functions[name] = function
            case ast.ClassDef(name=name) if _is_record(node):
                self.records.add(name)
            case ast.ClassDef(name=name) if _is_plain_class(node) and self._are_firm(node.bases):
                self.classes.add(name)
            case _:
                return self._is_setting(node)
        return True

    def _are_firm(self, bases: Iterable[ast.expr]) -> bool:
        """Whether classes to inherit from are none of which the notebook may change something."""
        return all(self.dotted(one) or self.is_definition(ast.unparse(one)) for one in bases)

    def _is_setting(self, node: ast.stmt) -> bool:
        """Whether a statement sets seeds, options, styles or paths of the process."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute() as func)):
                dotted = self.dotted(func)
                place, _, last = dotted.rpartition(".")
                is_set = last in known.SETTERS and dotted.partition(".")[0] in known.PURE_MODULES
                return is_set or place in known.SETUP_PLACES or dotted == "os.chdir"
            case ast.Assign(targets=[ast.Subscript(value=ast.Attribute() as target)]):
                return self.dotted(target) in known.SETUP_PLACES
            case ast.Assign(targets=[ast.Attribute(value=ast.Call(func=func))]):
                return self.dotted(func) == "decimal.getcontext"
            case ast.Assign(targets=[ast.Attribute() as target]):
                return self.dotted(target).startswith(known.SETUP_PLACES)
        return False


def _has_plain_defaults(node: Any) -> bool:
    defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return all(isinstance(one, ast.Constant | ast.Name) for one in defaults)


def _is_plain_function(node: Any) -> bool:
    """Whether defining the function does nothing but that."""
    marks = [ast.unparse(mark).partition("(")[0].split(".")[0] for mark in node.decorator_list]
    return _has_plain_defaults(node) and set(marks) <= known.PLAIN_MARKS


def _is_record(node: ast.ClassDef) -> bool:
    """Whether the class is a dataclass with fields and nothing else."""
    is_marked = any("dataclass" in ast.unparse(mark) for mark in node.decorator_list)
    simple = (ast.AnnAssign, ast.Assign, ast.Expr, ast.Pass)
    return is_marked and not node.bases and all(isinstance(part, simple) for part in node.body)


def _is_plain_class(node: ast.ClassDef) -> bool:
    """Whether making the class does nothing but that."""
    simple = (ast.AnnAssign, ast.Pass)
    if any(getattr(part, "name", "") == "__init_subclass__" for part in node.body):
        return False
    return not (node.decorator_list or node.keywords) and all(
        isinstance(part, simple)
        or (isinstance(part, ast.FunctionDef) and _is_plain_function(part))
        or (isinstance(part, ast.Assign | ast.Expr) and isinstance(part.value, ast.Constant))
        for part in node.body
    )
