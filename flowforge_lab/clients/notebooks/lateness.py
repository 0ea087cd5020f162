"""Functions that are kept as values: they look at variables as these are when they are called."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from .definitions import Definition, used_definitions
from .glancing import Glance
from .grammar import names_in
from .surroundings import Surroundings

_FUNCTIONS = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)


class Lateness:
    """At which names the variables of a notebook may look later, as they are or hold functions."""

    def __init__(self, notebook: Surroundings) -> None:
        self._notebook = notebook
        self._late: dict[str, frozenset[str]] = {}

    def met(
        self, names: Iterable[str], known: Mapping[str, Definition]
    ) -> tuple[list[Definition], frozenset[str]]:
        """Return the definitions that names stand for or look at later, and every name met on the way."""
        used, met = used_definitions(names, known)
        late = met.union(*(self._late.get(name, frozenset()) for name in met))
        return (used, met) if late == met else self.met(late, known)

    def note(
        self,
        glance: Glance,
        used: Iterable[Definition],
        stays: frozenset[str],
        *,
        forgotten: frozenset[str],
    ) -> None:
        """Note what a cell sets that cannot travel: it may hold the functions that stand there."""
        inner = (part for part in ast.walk(glance.tree) if isinstance(part, _FUNCTIONS))
        late = set().union(*map(names_in, inner))
        late |= set().union(*(one.uses | set(one.names) for one in used if not one.is_import))
        late = late.union(*(self._late.get(name, frozenset()) for name in glance.names))
        for name in forgotten:
            self._late.pop(name, None)
        self._late |= dict.fromkeys(stays, frozenset(late))

    def kept_functions(self, tree: ast.Module, met: frozenset[str]) -> list[Any]:
        """Return the functions that a cell may keep as values: whoever has these may call them."""
        called = {id(part.func) for part in ast.walk(tree) if isinstance(part, ast.Call)}
        functions = self._notebook.functions
        parts = list(ast.walk(tree))
        found: list[Any] = [part for part in parts if isinstance(part, ast.Lambda)]
        handed = {
            part.id
            for part in parts
            if isinstance(part, ast.Name) and part.id in functions and id(part) not in called
        }
        return found + [functions[name] for name in sorted(met) if handed and name in functions]
