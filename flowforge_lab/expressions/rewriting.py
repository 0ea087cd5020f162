"""An expression as code for the sandbox: paths become inputs, dict keys become attributes.

`nodes.load.rows` is resolved by us and enters as one input, so that nothing else of the scope does;
`user.age` on a value inside becomes a look-up that knows dicts; f-strings become plain calls, since the
parser of Python 3.11 does not know where their parts stand.
"""

import ast
import hashlib
from collections.abc import Sequence

import msgspec

from flowforge_lab.errors import ExpressionError

from .lookup import Key
from .paths import Reference, check_reference, find_path
from .syntax import Positions, parse_syntax
from .words import FUNCTIONS, MODULES, unknown_name

PRELUDE = """\
def _get(o, k):
    if isinstance(o, dict):
        return o[k]
    return getattr(o, k)
def _item(o, k):
    if o is None:
        raise LookupError('None has no ' + repr(k))
    return o[k]
def _default(f, g):
    try:
        return f()
    except (LookupError, AttributeError, NameError):
        return g()
"""
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
_CONVERSIONS = {ord("s"): "str", ord("r"): "repr"}
_FORBIDDEN = {
    ast.NamedExpr: "':=' has no place in an expression",
    ast.Await: "'await' has no place in an expression",
    ast.Yield: "'yield' has no place in an expression",
    ast.YieldFrom: "'yield' has no place in an expression",
}


class Rewritten(msgspec.Struct, frozen=True):
    """The code of one expression, the inputs it needs by name, and all paths it reads."""

    code: str
    inputs: dict[str, Reference]
    references: tuple[Reference, ...]
    names: frozenset[str]


def rewrite(tree: ast.expr, source: str, roots: frozenset[str]) -> Rewritten:
    """Return `tree` as sandbox code; the tree itself is changed.

    Raises:
        ExpressionError: it names something unknown, or uses what has no place in an expression.
    """
    rewriter = _Rewriter(source, roots)
    changed = rewriter.visit(tree)
    return Rewritten(
        ast.unparse(ast.fix_missing_locations(changed)),
        rewriter.inputs,
        tuple(rewriter.references),
        frozenset(str(one.path[0]) for one in rewriter.references),
    )


def find_offset(source: str, roots: frozenset[str], span: tuple[int, int, int, int]) -> int:
    """Return the character of `source` for a place in its sandbox code.

    `span` is line, column, end line and end column, each from 1, columns in characters.
    """
    tree = parse_syntax(source)
    changed = ast.fix_missing_locations(_Rewriter(source, roots).visit(tree))
    code = ast.unparse(changed)
    generated = ast.parse(code, mode="eval").body
    nodes = zip(_expressions(changed), _expressions(generated), strict=False)
    for original, copy in nodes:
        if _span(copy, code.splitlines()) == span:
            return Positions(source).start(original)
    return len(source) - len(source.lstrip())


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
    def __init__(self, source: str, roots: frozenset[str]) -> None:
        self.references: list[Reference] = []
        self.inputs: dict[str, Reference] = {}
        self._source = source
        self._roots = roots
        self._positions = Positions(source)
        self._bound: frozenset[str] = frozenset()
        self._is_optional = False
        self._anchor: ast.expr | None = None

    def visit(self, node: ast.AST) -> ast.AST:
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
        if node.id in self._bound or node.id in MODULES:
            return node
        if node.id in {"now", "default"}:
            raise self._error(f"{node.id!r} is a function; call it", node)
        if node.id in FUNCTIONS:
            return node
        raise self._error(unknown_name(node.id, self._roots), node)

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
        wanted = {"now": 0, "default": 2}[name]
        starred = any(isinstance(one, ast.Starred) for one in node.args)
        if node.keywords or starred or len(node.args) != wanted:
            shape = {"now": "now()", "default": "default(value, fallback)"}[name]
            raise self._error(f"write {shape}", node)
        if name == "now":
            return self._input(Reference(("now",), (self._place(node),)), node)
        outer, self._is_optional = self._is_optional, True
        value = self._seen(node.args[0])
        self._is_optional = outer
        fallback = self._seen(node.args[1])
        return _call("_default", _lambda(value), _lambda(fallback))

    def _path(self, node: ast.expr) -> Reference | None:
        path = find_path(node, self._positions)
        if path is None or path.path[0] in self._bound or path.path[0] not in self._roots:
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
            raise self._error("this has no place in an expression", node)
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
