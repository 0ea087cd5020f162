"""What stands in a cell, looked through once: names, calls, texts, and what ends a notebook."""

import ast
from functools import cached_property

from .grammar import names_in
from .pure_names import words
from .surroundings import Surroundings

_LEAVING = words("exit quit")
_SEEDED = words("default_rng RandomState Random SeedSequence PCG64 Generator")
_DRAWN = frozenset(("random", "numpy.random"))
_ALWAYS_NEW = frozenset(("uuid.uuid4", "uuid.uuid1"))
_EVALUATING = words("eval query evaluate")
_SHUFFLING = words("sample shuffle")
NEW_ID = "it makes a new id each time"


class Glance:
    """The parts of one cell."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._parts = tuple(ast.walk(tree))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that stands in it."""
        return frozenset(part.id for part in self._parts if isinstance(part, ast.Name))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every text that is written in it."""
        constants = (part.value for part in self._parts if isinstance(part, ast.Constant))
        return tuple(value for value in constants if isinstance(value, str))

    @cached_property
    def _calls(self) -> tuple[ast.Call, ...]:
        return tuple(part for part in self._parts if isinstance(part, ast.Call))

    @cached_property
    def same(self) -> frozenset[str]:
        """The names of which it asks whether they are one and the same."""
        compared = (
            [part.left, *part.comparators]
            for part in self._parts
            if isinstance(part, ast.Compare)
            and any(isinstance(op, ast.Is | ast.IsNot) for op in part.ops)
        )
        valued = (
            [one for one in sides if not isinstance(one, ast.Constant)] for sides in compared
        )
        found = (names_in(side) for sides in valued if len(sides) > 1 for side in sides)
        return frozenset().union(*found)

    @cached_property
    def inner_names(self) -> frozenset[str]:
        """The names that its comprehensions and functions have for themselves."""
        inner = (part.target for part in self._parts if isinstance(part, ast.comprehension))
        taken = (part.arg for part in self._parts if isinstance(part, ast.arg))
        return frozenset(taken).union(*map(names_in, inner))

    @cached_property
    def evaluates(self) -> bool:
        """Whether a text in it may be looked through for names of variables."""
        funcs = (part.func for part in self._calls)
        return any(isinstance(one, ast.Attribute) and one.attr in _EVALUATING for one in funcs)

    @cached_property
    def stars(self) -> bool:
        """Whether it imports names that nobody knows."""
        imports = (part for part in self._parts if isinstance(part, ast.ImportFrom))
        return any(one.name == "*" for part in imports for one in part.names)

    @cached_property
    def may_leave(self) -> bool:
        """Whether it may end the notebook."""
        return any(map(_is_leaving, self._calls)) or any(
            isinstance(part, ast.Raise) and "SystemExit" in ast.dump(part) for part in self._parts
        )

    @cached_property
    def deleted(self) -> frozenset[str]:
        """The variables that it deletes in any case."""
        targets = (
            target
            for part in self.tree.body
            if isinstance(part, ast.Delete)
            for target in part.targets
        )
        return frozenset(target.id for target in targets if isinstance(target, ast.Name))

    @cached_property
    def active(self) -> int:
        """How many of its statements do something: a text or number by itself is only shown."""
        return sum(not _is_idle(one) for one in self.tree.body)

    def changed_definitions(self, notebook: Surroundings) -> frozenset[str]:
        """Return the names of modules, classes and functions whose attributes it sets."""
        found: set[str] = set()
        for part in self._parts:
            if isinstance(part, ast.Assign | ast.AugAssign):
                targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                found |= {name for one in targets if (name := _holder(one))}
        return frozenset(name for name in found if notebook.kind_of(name) in {"module", "fresh"})

    def draws(self, notebook: Surroundings, *, is_noted: bool) -> tuple[bool, bool]:
        """Return whether it draws from the random numbers of the process, and whether it makes new ids.

        With `is_noted` something in it, or in a function that it calls, draws at random.
        """
        dotted = [notebook.dotted(part.func) for part in self._calls]
        has_new_ids = not _ALWAYS_NEW.isdisjoint(dotted)
        drawn = {
            last for place, _, last in (one.rpartition(".") for one in dotted) if place in _DRAWN
        }
        is_shuffled = any(map(_is_shuffling, self._calls))
        is_seeded = bool(drawn) and drawn <= _SEEDED
        is_other = is_noted and not is_seeded and not has_new_ids
        return bool(drawn - _SEEDED - {"seed"}) or is_shuffled or is_other, has_new_ids


def _is_leaving(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id=name):
            return name in _LEAVING
        case ast.Attribute(value=ast.Name(id="sys"), attr="exit"):
            return True
    return False


def _is_shuffling(call: ast.Call) -> bool:
    named = {one.arg for one in call.keywords}
    is_method = isinstance(call.func, ast.Attribute) and call.func.attr in _SHUFFLING
    return is_method and "random_state" not in named


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
    return False


def _holder(target: ast.expr) -> str:
    """Return the name of that of which a part is set; empty if a name itself is."""
    root: ast.AST = target
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    return root.id if root is not target and isinstance(root, ast.Name) else ""
