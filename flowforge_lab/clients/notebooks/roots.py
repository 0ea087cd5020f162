"""Of which variables a value may be a part: what changes it may change them."""

import ast
from abc import abstractmethod

from . import pure_names as known
from .grammar import names_in
from .surroundings import CALM, TABLES, Kind, Surroundings


class Roots:
    """What a reader knows of names: those of the notebook, and in a function `local` ones."""

    def __init__(self, notebook: Surroundings, local: dict[str, Kind] | None = None) -> None:
        self._notebook = notebook
        self._local = local
        self._under_way: tuple[str, ...] = ()

    @abstractmethod
    def value(self, node: ast.AST) -> Kind:
        """Return what kind of value an expression gives."""

    def _escaping(self, node: ast.AST) -> set[str]:
        """Return the names whose values whoever gets the value of an expression may change."""
        is_container = isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set)
        if not is_container and self._quietly(node) in CALM:
            return set()
        return self.roots(node)

    def _quietly(self, node: ast.AST) -> Kind:
        quiet = type(self)(self._notebook, None if self._local is None else dict(self._local))
        quiet._under_way = self._under_way  # noqa: SLF001  # it is one of us
        return quiet.value(node)

    def roots(self, node: ast.AST) -> set[str]:
        """Return the names of values that a value may be, or hold a part of."""
        if isinstance(node, ast.Name):
            return self._root(node.id)
        if isinstance(node, ast.Call) and (found := self._roots_of_call(node)) is not None:
            return found
        return set().union(*map(self.roots, ast.iter_child_nodes(node)))

    def _roots_of_call(self, node: ast.Call) -> set[str] | None:  # noqa: PLR0911  # one case a kind of call
        """Return them for what a call gives; `None` where it may give a part of all that it is given."""
        match node.func:
            case ast.Attribute(attr="copy") if self._dotted(node.func):
                return None
            case ast.Attribute(value=value, attr="copy"):
                return set() if self._quietly(value) in TABLES else self.roots(value)
            case ast.Attribute(attr=attr) if attr in known.FRESH:
                return set()
            case ast.Name(id=name) if name in known.SCALAR_BUILTINS:
                return set()
            case ast.Name(id=name) if name in self._notebook.functions:
                met = names_in(self._notebook.functions[name]) & self._notebook.kinds.keys()
                given = map(self.roots, ast.iter_child_nodes(node))
                return set().union(*map(self._root, met), *given)
        return None

    def _root(self, name: str) -> set[str]:
        if self._local is not None and name in self._local:
            return set() if self._local[name] == "scalar" else {name}
        is_fixed = self._notebook.is_definition(name)
        return (
            set() if is_fixed or self._notebook.kind_of(name) in {"scalar", "module"} else {name}
        )

    def _dotted(self, node: ast.AST) -> str:
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        is_local = isinstance(root, ast.Name) and root.id in (self._local or {})
        return "" if is_local else self._notebook.dotted(node)
