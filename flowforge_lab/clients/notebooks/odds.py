"""What is another in each process, such as orders of sets and hashes, and what no table takes along."""

import ast
from collections.abc import Iterable
from typing import Any

from .grammar import bound_names
from .pure_names import words
from .surroundings import Surroundings

_ORDERED = words("list tuple enumerate iter map filter zip next")
_NEW_NAMES = ("tempfile.", "os.urandom", "os.getpid", "secrets.")
_SETS = words("set frozenset")
_OF_LINES = words(
    "n s l p nlstr spstr list paths grep fields get_nlstr get_spstr get_list get_paths"
)


class Odds:
    """Which variables of a notebook are sets or lines of a shell, after the cells read so far."""

    def __init__(self, notebook: Surroundings) -> None:
        self._notebook = notebook
        self._sets: set[str] = set()
        self._lines: set[str] = set()

    def notes(self, tree: ast.Module) -> list[str]:
        """Return what the next cell gives that is another in each process."""
        parts = list(ast.walk(tree))
        for part in parts:
            if isinstance(part, ast.Assign):
                self._note(part)
        found = {told for part in parts for told in self._of(part)}
        return sorted(found)

    def _note(self, node: ast.Assign) -> None:
        names = frozenset().union(*map(bound_names, node.targets))
        if self._is_set(node.value):
            self._sets |= names
        else:
            self._sets -= names
        if ast.unparse(node.value).endswith(".stdout.splitlines()"):
            self._lines |= names
        else:
            self._lines -= names

    def _of(self, part: Any) -> Iterable[str]:
        match part:
            case ast.Call():
                yield from self._of_call(part)
            case ast.Attribute(attr="attrs"):
                yield "it uses attrs of a table, which do not leave the node that sets them"
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self._lines:
                if attr in _OF_LINES:
                    yield f"it uses {name}.{attr} of lines of a shell, which only a notebook has"
            case ast.For(iter=source) | ast.comprehension(iter=source) | ast.Starred(value=source):
                yield from self._of_order(source)

    def _of_call(self, call: ast.Call) -> Iterable[str]:
        dotted = self._notebook.dotted(call.func)
        if dotted.startswith(_NEW_NAMES):
            yield "it makes a new name each time"
        if dotted.startswith("signal."):
            yield "it uses signals of the process itself"
        if any(one.arg == "display_id" for one in call.keywords):
            yield "it changes what it has displayed, which only a notebook has"
        for part in _looked_through(call.func, call.args):
            yield from self._of_order(part)
        match call.func:
            case ast.Name(id="hash" | "id" as name) if self._notebook.is_definition(name):
                yield f"it uses {name}(), which differs from process to process"

    def _of_order(self, node: ast.expr) -> Iterable[str]:
        if self._is_set(node):
            yield "it uses the order of a set, which differs from process to process"

    def _is_set(self, node: ast.expr) -> bool:
        """Whether something is a set of more than numbers."""
        match node:
            case ast.Set(elts=parts):
                return not all(_is_number(one) for one in parts)
            case ast.Name(id=name):
                return name in self._sets
            case ast.Call(func=ast.Name(id=name), args=[_, *_]):
                return name in _SETS and self._notebook.is_definition(name)
            case (
                ast.Call(func=ast.Attribute(value=value, attr="union" | "intersection" | "copy"))
                | ast.Call(func=ast.Attribute(value=value, attr="difference"))
                | ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub(), left=value)
            ):
                return self._is_set(value)
        return isinstance(node, ast.SetComp)


def _looked_through(func: ast.expr, args: list[ast.expr]) -> list[ast.expr]:
    """Return what a call goes through in its order."""
    match func:
        case ast.Name(id=name) if name in _ORDERED:
            return args
        case ast.Attribute(value=value, attr="pop") if not args:
            return [value]
        case ast.Attribute(attr="join" | "extend"):
            return args
    return []


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes)
