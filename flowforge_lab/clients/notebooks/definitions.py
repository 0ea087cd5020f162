"""What a notebook defines and sets up: sources that may stand in front of any cell, and what they look at."""

import ast
import re
import symtable
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from .grammar import names_in

_CACHES = re.compile(r"^\s*@(?:functools\.)?(?:lru_)?cache\b", re.MULTILINE)
_PROCESS = frozenset(("os", "sys", "warnings", "getcontext"))
WITHIN = -1
_SIMPLE = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Pass,
)


class Definition(msgspec.Struct, frozen=True, eq=False):
    """A statement of a cell that may run again before any later cell.

    It is the statement at `place` there, or `WITHIN` one of them. `names` are those it makes, none where it
    sets up the process; `uses` are those of the notebook that it looks at, whenever that is, `early` those
    of them at which it looks at once.
    """

    cell: int
    source: str
    names: tuple[str, ...] = ()
    uses: frozenset[str] = frozenset()
    early: frozenset[str] = frozenset()
    is_import: bool = False
    place: int = 0

    def applies(
        self, met: frozenset[str], reach: frozenset[str] = frozenset(), *, is_drawing: bool
    ) -> bool:
        """Whether it is a setting that a cell with such names needs, or values made with those in `reach`."""
        if self.names:
            return False
        if self.is_seed:
            return is_drawing or bool(self.uses & met)
        return bool(self.uses & (_PROCESS | met | reach))

    is_keeping: bool = False

    @property
    def is_caching(self) -> bool:
        """Whether it keeps something from call to call: what it gave, or attributes of its own."""
        return self.is_keeping or bool(_CACHES.search(self.source))

    @property
    def is_seed(self) -> bool:
        """Whether it begins the random numbers of the process anew."""
        return not self.names and ".seed(" in self.source


def definitions_in(
    tree: ast.Module, source: str, places: Iterable[int], *, cell: int
) -> list[Definition]:
    """Return what the statements at those places define or set up, and imports in a `try` or `if`."""
    lines = source.split("\n")
    found: list[Definition] = []
    wanted = set(places)
    for place, statement in enumerate(tree.body):
        if place in wanted or is_choice_of_imports(statement):
            one = _definition(statement, _text_of(statement, lines), cell)
            found.append(msgspec.structs.replace(one, place=place))
        elif isinstance(statement, ast.With) and "suppress" not in ast.unparse(statement):
            imports = (part for part in statement.body if isinstance(part, _SIMPLE[:2]))
            more = (_definition(part, ast.unparse(part), cell) for part in imports)
            found += (msgspec.structs.replace(one, place=WITHIN) for one in more)
    return found


def made_in_blocks(tree: ast.Module) -> frozenset[str]:
    """Return the names that imports and definitions within blocks of a cell make."""
    found: set[str] = set()
    open_parts: list[ast.AST] = [part for part in tree.body if not isinstance(part, _SIMPLE)]
    while open_parts:
        for part in ast.iter_child_nodes(open_parts.pop()):
            if isinstance(part, _SIMPLE):
                found |= set() if isinstance(part, ast.Pass) else {*_definition(part, "", 0).names}
            elif isinstance(part, ast.stmt | ast.ExceptHandler | ast.match_case):
                open_parts.append(part)
    return frozenset(found)


def is_choice_of_imports(statement: ast.stmt) -> bool:
    """Whether a `try` or `if` does nothing but choose what is imported or defined."""
    if not isinstance(statement, ast.Try | ast.If):
        return False
    parts = list(_block_parts(statement))
    is_plain = all(
        isinstance(part, _SIMPLE)
        or (isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant))
        for part in parts
    )
    return is_plain and any(isinstance(part, _SIMPLE[:-1]) for part in parts)


def _block_parts(node: ast.AST) -> Iterable[ast.stmt]:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Try | ast.If | ast.ExceptHandler):
            yield from _block_parts(part)
        elif isinstance(part, ast.stmt):
            yield part


def _text_of(statement: ast.stmt, lines: list[str]) -> str:
    marks = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *(mark.lineno for mark in marks)])
    is_alone = statement.col_offset == 0 and not _shares_line(statement, lines)
    if not is_alone:
        return ast.unparse(statement)
    return "\n".join(lines[first - 1 : statement.end_lineno])


def _shares_line(statement: ast.stmt, lines: list[str]) -> bool:
    last = lines[(statement.end_lineno or 1) - 1].encode()[statement.end_col_offset or 0 :]
    rest = last.decode(errors="replace").strip()
    return bool(rest) and not rest.startswith("#")


def _definition(statement: ast.stmt, source: str, cell: int) -> Definition:
    made: tuple[str, ...]
    match statement:
        case ast.Import(names=names):
            made = tuple(one.asname or one.name.partition(".")[0] for one in names)
            return Definition(cell, source, made, is_import=True)
        case ast.ImportFrom(names=names):
            made = tuple(one.asname or one.name for one in names)
            return Definition(cell, source, made, is_import=True)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            made = (statement.name,)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            made = (name,)
        case ast.Try() | ast.If():
            made = tuple(_made_in(statement))
        case _:
            met = names_in(statement)
            return Definition(cell, source, (), met, met)
    free = _free_names(statement)
    is_keeping = keeps_something(statement, free | set(made))
    return Definition(cell, source, made, free, _early_names(statement), is_keeping=is_keeping)


def keeps_something(statement: ast.stmt, outer: frozenset[str]) -> bool:
    """Whether running a function, or a method of a class, may set attributes of a function or class."""
    if isinstance(statement, ast.Assign):
        return False
    inner = [part for body in getattr(statement, "body", ()) for part in ast.walk(body)]
    set_parts = [
        part
        for part in inner
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del)
    ]
    is_open = any(isinstance(part, ast.Name) and part.id == "setattr" for part in inner)
    return is_open or any(_is_of_class(part.value, outer) for part in set_parts)


def _is_of_class(holder: ast.expr, outer: frozenset[str]) -> bool:
    match holder:
        case ast.Name(id=name):
            return name in outer or name == "cls"
        case ast.Attribute(attr="__class__") | ast.Call(func=ast.Name(id="type")):
            return True
        case ast.Attribute(value=value):
            return _is_of_class(value, outer)
    return False


def _made_in(statement: ast.stmt) -> Iterable[str]:
    for part in _block_parts(statement):
        if isinstance(part, ast.Assign):
            yield from names_in(ast.Module([part], []))
        else:
            yield from _definition(part, "", 0).names


def _free_names(statement: ast.stmt) -> frozenset[str]:
    """Return the names that a definition looks for outside of itself."""
    found: set[str] = set()

    def look(table: Any) -> None:
        for one in table.get_symbols():
            if one.is_global() and (one.is_referenced() or one.is_declared_global()):
                found.add(one.get_name())
        for inner in table.get_children():
            look(inner)

    top = symtable.symtable(ast.unparse(statement), "cell", "exec")
    found |= {one.get_name() for one in top.get_symbols() if one.is_referenced()}
    look(top)
    return frozenset(found)


def _early_names(statement: Any) -> frozenset[str]:
    """Return the names that a definition looks at when it is made."""
    if isinstance(statement, ast.ClassDef):
        parts = [*statement.bases, *statement.decorator_list, *statement.keywords]
        inner = [_early_names(part) for part in statement.body]
        return frozenset().union(*map(names_in, parts), *inner)
    function = statement.value if isinstance(statement, ast.Assign) else statement
    taken = getattr(function, "args", None)
    if not isinstance(taken, ast.arguments):
        return names_in(statement)
    parts = [*taken.defaults, *filter(None, taken.kw_defaults)]
    parts += getattr(function, "decorator_list", [])
    return frozenset().union(*map(names_in, parts))


def used_definitions(
    names: Iterable[str], known: Mapping[str, Definition]
) -> tuple[list[Definition], frozenset[str]]:
    """Return the definitions that names stand for, with all these look at, and every name met on the way."""
    met: set[str] = set()
    used: dict[int, Definition] = {}
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name in met:
            continue
        met.add(name)
        found = known.get(name)
        if found is not None:
            used[id(found)] = found
            open_names += found.uses
    return list(used.values()), frozenset(met)
