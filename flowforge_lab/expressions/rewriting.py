"""An expression as code for the sandbox: paths become inputs, dict keys become attributes.

`nodes.load.rows` is resolved by us and enters as one input, so that nothing else of the scope does;
`user.age` on a value inside becomes a look-up that knows dicts; f-strings become plain calls, since the
parser of Python 3.11 does not know where their parts stand.
"""

import ast
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from flowforge_lab.errors import ExpressionError

from .lookup import Key
from .paths import Reference, check_reference, find_path
from .syntax import Positions, parse_syntax
from .words import FUNCTIONS, MODULES

NOW = ("now",)
PRELUDE = """\
def _get(o, k):
    if isinstance(o, dict):
        return o[k]
    return getattr(o, k)
def _item(o, k):
    if isinstance(o, dict) or isinstance(o, (list, tuple, str, bytes)) and not isinstance(k, str):
        return o[k]
    raise LookupError(type(o).__name__ + ' has no ' + repr(k))
def _default(f, g):
    try:
        return f()
    except (LookupError, AttributeError, NameError):
        return g()
def _out(v):
    if isinstance(v, range):
        return list(v)
    if str(type(v)) in ("<class 'function'>", "<class 'builtin_function_or_method'>", "<class 'type'>"):
        raise TypeError('this is a function, not a value: call it')
    return v
"""
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_CONVERSIONS = {ord("s"): "str", ord("r"): "repr"}
_SHAPES = {"now": (0, "now()"), "default": (2, "default(value, fallback)")}
_FORBIDDEN = {
    ast.NamedExpr: "':=' has no place in an expression",
    ast.Await: "'await' has no place in an expression",
    ast.Yield: "'yield' has no place in an expression",
    ast.YieldFrom: "'yield' has no place in an expression",
}


class Needs(msgspec.Struct, frozen=True):
    """What one expression reads: all its paths, and those that its code takes as inputs, by name."""

    inputs: dict[str, Reference]
    references: tuple[Reference, ...]
    names: frozenset[str]


def find_needs(tree: ast.expr, source: str) -> Needs:
    """Return what `tree` reads; the tree itself is changed.

    Raises:
        ExpressionError: it uses what has no place in an expression.
    """
    if isinstance(tree, ast.Lambda):
        msg = "a function is not a value; call it"
        raise ExpressionError(msg, source, 0)
    rewriter = _Rewriter(source)
    rewriter.visit(tree)
    return Needs(
        rewriter.inputs,
        tuple(one for one in rewriter.references if one.path != NOW),
        frozenset(str(one.path[0]) for one in rewriter.references),
    )


@lru_cache(maxsize=2048)
def sandbox_code(source: str) -> str:
    """Return the code that the sandbox runs for an expression that has been parsed before."""
    return ast.unparse(_rewritten(source))


def find_offset(source: str, span: tuple[int, int, int, int]) -> int:
    """Return the character of `source` for a place in its sandbox code.

    `span` is line, column, end line and end column, each from 1, columns in characters.
    """
    code = sandbox_code(source)
    changed, generated = _rewritten(source), ast.parse(code, mode="eval").body
    for original, copy in zip(_expressions(changed), _expressions(generated), strict=False):
        if _span(copy, code.splitlines()) == span:
            return Positions(source).start(original)
    return len(source) - len(source.lstrip())


def _rewritten(source: str) -> ast.expr:
    tree: ast.expr = _Rewriter(source).visit(parse_syntax(source))
    return ast.fix_missing_locations(tree)


def _expressions(tree: ast.expr) -> Sequence[ast.expr]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr)]


def _span(node: ast.expr, lines: Sequence[str]) -> tuple[int, int, int, int]:
    last = node.end_lineno or node.lineno
    return (
        node.lineno,
        _characters(lines[node.lineno - 1], node.col_offset) + 1,
        last,
        _characters(lines[last - 1], node.end_col_offset or 0) + 1,
    )


def _characters(line: str, column_bytes: int) -> int:
    return len(line.encode()[:column_bytes].decode(errors="replace"))


def _input_name(path: tuple[Key, ...]) -> str:
    return f"_p{hashlib.blake2b(repr(path).encode(), digest_size=6).hexdigest()}"


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


class _Rewriter(ast.NodeTransformer):
    def __init__(self, source: str) -> None:
        self.references: list[Reference] = []
        self.inputs: dict[str, Reference] = {}
        self._source = source
        self._positions = Positions(source)
        self._bound: frozenset[str] = frozenset()
        self._is_optional = False
        self._anchor: ast.expr | None = None

    def visit(self, node: ast.AST) -> Any:
        """Return what stands in the place of `node`."""
        if type(node) in _FORBIDDEN and isinstance(node, ast.expr):
            raise self._error(_FORBIDDEN[type(node)], node)
        if isinstance(node, ast.expr):
            path = self._path(node)
            if path is not None:
                return self._input(path, node)
            changed = super().visit(node)
            return ast.copy_location(changed, self._anchor or node)
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in {"now", "default"} - self._bound:
            msg = f"{node.id!r} is a function; call it"
            raise self._error(msg, node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self._check_attribute(node)
        if isinstance(node.value, ast.Name) and node.value.id in MODULES - self._bound:
            return node
        return _call("_get", self._seen(node.value), ast.Constant(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if any(isinstance(part, ast.Slice) for part in ast.walk(node.slice)):
            node.value, node.slice = self._seen(node.value), self._seen(node.slice)
            return node
        return _call("_item", self._seen(node.value), self._seen(node.slice))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in {"now", "default"} and name not in self._bound:
            return self._own_function(name, node)
        if isinstance(node.func, ast.Attribute):
            self._check_attribute(node.func)
            node.func.value = self._owner(node.func.value)
        else:
            node.func = self._seen(node.func)
        node.args = [self._seen(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._seen(keyword.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        names = node.args
        names.defaults = [self._seen(one) for one in names.defaults]
        names.kw_defaults = [one and self._seen(one) for one in names.kw_defaults]
        every = [*names.posonlyargs, *names.args, *names.kwonlyargs, names.vararg, names.kwarg]
        outer = self._bind({one.arg for one in every if one is not None})
        node.body = self._seen(node.body)
        self._bound = outer
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._comprehension(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        outer, self._anchor = self._anchor, self._anchor or node
        parts = [self._formatted(part) for part in node.values]
        self._anchor = outer
        joined = ast.Attribute(ast.Constant(""), "join", ast.Load())
        return ast.Call(joined, [ast.List(parts, ast.Load())], [])

    def _formatted(self, part: ast.expr) -> ast.expr:
        if not isinstance(part, ast.FormattedValue):
            return part
        value = self._seen(part.value)
        if part.conversion in _CONVERSIONS:
            value = _call(_CONVERSIONS[part.conversion], value)
        spec = ast.Constant("") if part.format_spec is None else self._seen(part.format_spec)
        return _call("format", value, spec)

    def _comprehension(self, node: _Comprehension) -> ast.expr:
        outer = self._bound
        for generator in node.generators:
            generator.iter = self._seen(generator.iter)
            names = {one.id for one in ast.walk(generator.target) if isinstance(one, ast.Name)}
            self._bind(names)
            generator.ifs = [self._seen(one) for one in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self._seen(node.key), self._seen(node.value)
        else:
            node.elt = self._seen(node.elt)
        self._bound = outer
        return node

    def _bind(self, names: set[str]) -> frozenset[str]:
        outer = self._bound
        self._bound = outer | names
        return outer

    def _own_function(self, name: str, node: ast.Call) -> ast.expr:
        wanted = _SHAPES[name][0]
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        if node.keywords or starred or len(node.args) != wanted:
            msg = f"write {_SHAPES[name][1]}"
            raise self._error(msg, node)
        if name == "now":
            return self._input(Reference(NOW, (self._place(node),)), node)
        outer, self._is_optional = self._is_optional, True
        value = self._seen(node.args[0])
        self._is_optional = outer
        fallback = self._seen(node.args[1])
        return _call("_default", _lambda(value), _lambda(fallback))

    def _path(self, node: ast.expr) -> Reference | None:
        path = find_path(node, self._positions)
        if path is None or path.path[0] in self._bound | MODULES | FUNCTIONS:
            return None
        return path

    def _owner(self, node: ast.expr) -> ast.expr:
        """Return what a method is called on; a module's function stays what it is."""
        if isinstance(node, ast.Name) and node.id in MODULES - self._bound:
            return node
        return self._seen(node)

    def _input(self, found: Reference, node: ast.expr) -> ast.expr:
        offsets = found.offsets
        if self._anchor is not None:
            offsets = (self._positions.start(self._anchor),) * len(offsets)
        reference = Reference(found.path, offsets, self._is_optional)
        check_reference(reference, self._source)
        self._check_dunder(reference)
        self.references.append(reference)
        name = _input_name(reference.path)
        self.inputs.setdefault(name, reference)
        return ast.copy_location(ast.Name(name, ast.Load()), self._anchor or node)

    def _seen(self, node: ast.expr) -> ast.expr:
        changed = self.visit(node)
        if not isinstance(changed, ast.expr):
            msg = "this has no place in an expression"
            raise self._error(msg, node)
        return changed

    def _check_dunder(self, reference: Reference) -> None:
        for key, offset in zip(reference.path, reference.offsets, strict=True):
            if isinstance(key, str) and _is_dunder(key):
                msg = f"{key!r} is out of reach of expressions"
                raise ExpressionError(msg, self._source, offset)

    def _check_attribute(self, node: ast.Attribute) -> None:
        if _is_dunder(node.attr):
            offset = self._positions.end(node) - len(node.attr)
            msg = f"{node.attr!r} is out of reach of expressions"
            raise ExpressionError(msg, self._source, offset)

    def _place(self, node: ast.expr) -> int:
        return self._positions.start(self._anchor or node)

    def _error(self, message: str, node: ast.expr) -> ExpressionError:
        return ExpressionError(message, self._source, self._place(node))


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _lambda(body: ast.expr) -> ast.expr:
    nothing = ast.arguments(
        posonlyargs=[],
        args=[],
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )
    return ast.Lambda(nothing, body)
