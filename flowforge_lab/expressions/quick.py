"""A simple expression as one function of the scope, so that it needs no sandbox.

Simple are paths, literals, comparison, boolean operators, arithmetic on numbers, `len()`, `default()`,
`now()` and choice. Each is bounded; no user text is ever compiled or executed as Python here.
"""

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from flowforge_lab.errors import ExpressionError

from .lookup import MissingError, Resolve, Scope, look, resolver
from .operations import ARITHMETIC, COMPARISONS, Binary, NeedsSandbox, length, negative, positive
from .paths import find_path
from .syntax import Positions
from .words import FUNCTIONS, MODULES

_WRONG = (TypeError, ValueError, ArithmeticError, RecursionError)


class _NotSimple(Exception):  # noqa: N818  # control flow within this file
    """The expression has a part that only the sandbox can evaluate."""


def compile_quick(tree: ast.expr, source: str) -> Resolve | None:
    """Return the function that evaluates `tree`, or `None` if it is not simple.

    The function raises `NeedsSandbox` where the values it meets are not simple.
    """
    try:
        return _Compiler(source).compile(tree)
    except _NotSimple:
        return None


class _Compiler:
    def __init__(self, source: str) -> None:
        self._source = source
        self._positions = Positions(source)

    def compile(self, node: ast.expr) -> Resolve:
        reference = find_path(node, self._positions)
        if reference is not None:
            if reference.path[0] in MODULES | FUNCTIONS:
                raise _NotSimple
            return resolver(reference.path, self._source, reference.offsets)
        compile_node = _NODES.get(type(node))
        if compile_node is None:
            raise _NotSimple
        return compile_node(self, node)

    def place(self, node: ast.expr) -> tuple[str, int]:
        return self._source, self._positions.start(node)

    def constant(self, node: ast.Constant) -> Resolve:
        value = node.value
        if value is not None and type(value) not in {str, int, float, bool}:
            raise _NotSimple
        return lambda _scope: value

    def list_literal(self, node: ast.List) -> Resolve:
        items = [self.compile(item) for item in node.elts]
        return lambda scope: [item(scope) for item in items]

    def dict_literal(self, node: ast.Dict) -> Resolve:
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        if not all(type(key) is str for key in keys):
            raise _NotSimple
        pairs = list(zip(keys, map(self.compile, node.values), strict=True))
        return lambda scope: {key: value(scope) for key, value in pairs}

    def boolean(self, node: ast.BoolOp) -> Resolve:
        *first, last = [self.compile(value) for value in node.values]
        stops_at = isinstance(node.op, ast.Or)

        def decide(scope: Scope) -> Any:
            for part in first:
                value = part(scope)
                if bool(value) is stops_at:
                    return value
            return last(scope)

        return decide

    def unary(self, node: ast.UnaryOp) -> Resolve:
        operand = self.compile(node.operand)
        if isinstance(node.op, ast.Not):
            return lambda scope: not operand(scope)
        function = {"USub": negative, "UAdd": positive}.get(type(node.op).__name__)
        if function is None:
            raise _NotSimple
        return lambda scope: function(operand(scope))

    def binary(self, node: ast.BinOp) -> Resolve:
        function = ARITHMETIC.get(type(node.op).__name__)
        if function is None:
            raise _NotSimple
        return self._apply(function, node.left, node.right)

    def comparison(self, node: ast.Compare) -> Resolve:
        functions = [COMPARISONS[type(op).__name__] for op in node.ops]
        if len(functions) == 1:
            return self._apply(functions[0], node.left, self._operand(node.comparators[0]))
        left = self.compile(node.left)
        rest = list(zip(functions, map(self.compile, node.comparators), strict=True))
        return _guarded(partial(_chain, left, rest), self.place(node))

    def choice(self, node: ast.IfExp) -> Resolve:
        test, yes, no = (self.compile(part) for part in (node.test, node.body, node.orelse))
        return lambda scope: yes(scope) if test(scope) else no(scope)

    def attribute(self, node: ast.Attribute) -> Resolve:
        owner, name = self.compile(node.value), node.attr
        return _found(lambda scope: look(owner(scope), name), self.place(node))

    def subscript(self, node: ast.Subscript) -> Resolve:
        if isinstance(node.slice, ast.Slice | ast.Tuple):
            raise _NotSimple
        owner, key = self.compile(node.value), self.compile(node.slice)
        return _found(lambda scope: look(owner(scope), key(scope)), self.place(node))

    def call(self, node: ast.Call) -> Resolve:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if node.keywords or not all(type(one) is not ast.Starred for one in node.args):
            raise _NotSimple
        match name, len(node.args):
            case "now", 0:
                return resolver(("now",), self._source, (self._positions.start(node),))
            case "len", 1:
                argument = self.compile(node.args[0])
                return lambda scope: length(argument(scope))
            case "default", 2:
                return _default(*map(self.compile, node.args))
        raise _NotSimple

    def _operand(self, node: ast.expr) -> ast.expr:
        """Return `node`; a tuple to look into, as in `x in (1, 2)`, is as good as a list."""
        if isinstance(node, ast.Tuple):
            return ast.copy_location(ast.List(node.elts, ast.Load()), node)
        return node

    def _apply(self, function: Binary, left: ast.expr, right: ast.expr) -> Resolve:
        a, b = self.compile(left), self.compile(right)
        place = self.place(left)

        def apply(scope: Scope) -> Any:
            try:
                return function(a(scope), b(scope))
            except _WRONG as error:
                raise ExpressionError(str(error), *place) from None

        return apply


def _chain(left: Resolve, rest: list[tuple[Binary, Resolve]], scope: Scope) -> Any:
    value = left(scope)
    result: Any = True
    for function, operand in rest:
        other = operand(scope)
        result = function(value, other)
        if not result:
            return result
        value = other
    return result


def _guarded(resolve: Resolve, place: tuple[str, int]) -> Resolve:
    def guarded(scope: Scope) -> Any:
        try:
            return resolve(scope)
        except _WRONG as error:
            raise ExpressionError(str(error), *place) from None

    return guarded


def _found(resolve: Resolve, place: tuple[str, int]) -> Resolve:
    def found(scope: Scope) -> Any:
        try:
            return resolve(scope)
        except LookupError as error:
            raise MissingError(str(error), *place) from None
        except TypeError as error:
            raise ExpressionError(str(error), *place) from None

    return found


def _default(value: Resolve, fallback: Resolve) -> Resolve:
    def choose(scope: Scope) -> Any:
        try:
            return value(scope)
        except MissingError:
            return fallback(scope)

    return choose


_NODES: dict[type[ast.expr], Callable[[_Compiler, Any], Resolve]] = {
    ast.Constant: _Compiler.constant,
    ast.List: _Compiler.list_literal,
    ast.Dict: _Compiler.dict_literal,
    ast.BoolOp: _Compiler.boolean,
    ast.UnaryOp: _Compiler.unary,
    ast.BinOp: _Compiler.binary,
    ast.Compare: _Compiler.comparison,
    ast.IfExp: _Compiler.choice,
    ast.Attribute: _Compiler.attribute,
    ast.Subscript: _Compiler.subscript,
    ast.Call: _Compiler.call,
}

__all__ = ["NeedsSandbox", "compile_quick"]
