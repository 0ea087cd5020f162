"""Which names the code of a node sets and looks for: in a notebook all cells have the same ones."""

import ast
import builtins
import keyword
import symtable
from collections.abc import Collection, Iterable

import msgspec

OWN_NAMES = frozenset(("ff", "lab", "walk", "log"))
"""Names that an exported notebook uses itself."""
_GIVEN = frozenset(("log", "result"))
_PACKING = "pack_variables"
_LOOKING = frozenset(("exec", "eval", "globals", "locals", "vars", "dir", "__import__"))


class CodeNames(msgspec.Struct, frozen=True):
    """The names that code sets, those it looks for outside of itself, and whether it may do so with any."""

    sets: frozenset[str]
    needs: frozenset[str]
    is_open: bool = False

    def reason_apart(self, left: frozenset[str]) -> str:
        """Return why it cannot stand in a notebook behind cells that left such names; empty if it can."""
        if self.is_open:
            return "its code may use any name, or changes a module"
        if found := sorted(filter(keyword.iskeyword, self.sets)):
            return f"it is given {', '.join(found)}, which no variable of a cell can be called"
        if found := sorted(name for name in self.sets if name in OWN_NAMES or _is_builtin(name)):
            return f"its code sets {', '.join(found)}, which other cells use"
        if found := sorted(self.needs & left - _GIVEN):
            return f"its code uses {', '.join(found)}, which another cell sets"
        return ""


def names_of_code(code: str, given: Iterable[str]) -> CodeNames:
    """Return the names of code that is given some of them."""
    try:
        table = symtable.symtable(code, "node", "exec")
        tree = ast.parse(code)
    except SyntaxError:
        return CodeNames(frozenset(given), frozenset(), is_open=True)
    passing = _of_comprehensions(tree)
    own = (one for one in table.get_symbols() if _is_set(one))
    sets = {one.get_name() for one in own if one.get_name() not in passing or _is_lasting(one)}
    sets |= set(given)
    needs = {one.get_name() for one in table.get_symbols() if one.is_referenced()}
    for inner in _inner(table):
        outer = [one for one in inner.get_symbols() if one.is_global()]
        sets |= {one.get_name() for one in outer if one.is_assigned()}
        needs |= {one.get_name() for one in outer if one.is_referenced()}
    needs -= sets
    return CodeNames(frozenset(sets), frozenset(needs), is_open=_is_open(tree, needs))


def variable_names(inputs: Collection[str]) -> dict[str, str]:
    """Return what each input is called as a variable: one named like a word of Python gets another name."""
    taken = {*inputs, *OWN_NAMES}
    found: dict[str, str] = {}
    for name in inputs:
        told = name
        while keyword.iskeyword(told) or (told != name and told in taken):
            told += "_"
        found[name] = told
        taken.add(told)
    return found


def _is_set(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _is_lasting(symbol: symtable.Symbol) -> bool:
    return symbol.is_imported() or symbol.is_namespace()


def _of_comprehensions(tree: ast.Module) -> frozenset[str]:
    """Return the names that only comprehensions set, which tables of Python 3.12 and later count too."""
    targets = [one.target for one in ast.walk(tree) if isinstance(one, ast.comprehension)]
    within = {id(part) for target in targets for part in ast.walk(target)}
    stored = [
        part
        for part in ast.walk(tree)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    ]
    outside = {part.id for part in stored if id(part) not in within}
    return frozenset(part.id for part in stored) - outside


def _inner(table: symtable.SymbolTable) -> Iterable[symtable.SymbolTable]:
    for one in table.get_children():
        yield one
        yield from _inner(one)


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name)


def _is_open(tree: ast.Module, needs: set[str]) -> bool:
    imported: set[str] = set()
    for part in ast.walk(tree):
        if isinstance(part, ast.Import | ast.ImportFrom):
            imported |= {(one.asname or one.name).partition(".")[0] for one in part.names}
    return _looks_around(tree, needs) or "*" in imported or _changes_one_of(imported, tree)


def _looks_around(tree: ast.Module, needs: set[str]) -> bool:
    """Whether code may look for names that it does not say; to pack those that it says is not that."""
    calls = [part for part in ast.walk(tree) if isinstance(part, ast.Call)]
    packing = [one for one in calls if isinstance(one.func, ast.Name) and one.func.id == _PACKING]
    packed = {id(part) for one in packing for given in one.args for part in ast.walk(given)}
    names = (part for part in ast.walk(tree) if isinstance(part, ast.Name))
    return any(one.id in needs & _LOOKING and id(one) not in packed for one in names)


def _changes_one_of(modules: set[str], tree: ast.Module) -> bool:
    """Whether something is set in a module: all cells of a notebook have the same ones."""
    parts = (part for part in ast.walk(tree) if isinstance(part, ast.Attribute | ast.Subscript))
    return any(_root(one) in modules for one in parts if not isinstance(one.ctx, ast.Load))


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
