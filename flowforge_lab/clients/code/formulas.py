"""Formulas over the columns of a table: what they may hold, and nothing else.

A formula is read with Python's parser and judged part by part against the lists below. What is not
in them is an error that names the part, its place, and what may stand there; so no formula,
whoever wrote it, reaches anything but columns and parameters. Standard library only: the lab
checks formulas without pandas, and the worker again before it computes.
"""

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_FORMULA_CHARS = 10_000
_MAX_DEPTH = 100
_MAX_EXPONENT = 100
_MAX_EXCERPT = 40

METHODS: Mapping[str, tuple[str, ...]] = {
    "abs": (),
    "between": ("left", "right", "inclusive"),
    "clip": ("lower", "upper"),
    "fillna": ("value",),
    "isin": ("values",),
    "isna": (),
    "notna": (),
    "round": ("decimals",),
}
"""The names of the arguments of what a column can do."""

TEXT_METHODS: Mapping[str, tuple[str, ...]] = {
    "contains": ("pat", "case", "na", "regex"),
    "endswith": ("pat", "na"),
    "len": (),
    "lower": (),
    "replace": ("pat", "repl", "n", "case", "regex"),
    "slice": ("start", "stop", "step"),
    "startswith": ("pat", "na"),
    "strip": ("to_strip",),
    "upper": (),
}
"""The same for `.str.`."""

DATE_PARTS = ("year", "quarter", "month", "day", "dayofweek", "hour", "minute", "date")
"""What `.dt.` gives."""

FUNCTIONS = ("abs", "ceil", "exp", "floor", "log", "log10", "sqrt")
"""What is written as `sqrt(column)`."""

_PIECE = re.compile(
    r"""
    (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    |`(?P<column>(?:[^`]|``)+)`
    |@(?P<parameter>[^\W\d]\w*)
    |(?P<boolean>[&|])
    |(?P<space>[ \t\r\n]+)
    |(?P<bad>[@`\#])
    |(?P<other>\w+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_ALLOWED = (
    "columns, @parameters, numbers, texts, lists, + - * / // % **, comparisons, in, and, or, not, "
    f"{', '.join(FUNCTIONS)}, and of columns .{', .'.join(METHODS)}, .str, .dt"
)


@dataclass(frozen=True)
class Name:
    """What a name in the tree of a formula stands for."""

    kind: str  # "column" or "parameter"
    name: str


@dataclass(frozen=True)
class Formula:
    """A formula that holds nothing but what it may."""

    tree: ast.expr
    names: Mapping[str, Name]

    def named(self, node: ast.Name) -> Name:
        """Return what a name in the tree stands for."""
        return self.names.get(node.id) or Name("column", node.id)

    @property
    def parameters(self) -> frozenset[str]:
        """The names after an `@`."""
        return frozenset(name.name for name in self.names.values() if name.kind == "parameter")


def parse_formula(text: str) -> Formula:
    """Return the formula, every part of it judged.

    Raises:
        ValueError: it cannot be read, is too long or too deep, or holds what no formula may.
    """
    if len(text) > MAX_FORMULA_CHARS:
        msg = f"a formula has at most {MAX_FORMULA_CHARS:,} characters, found {len(text):,}"
        raise ValueError(msg)
    normal = _Normal(text)
    try:
        tree = ast.parse(normal.text, mode="eval").body
    except SyntaxError as error:
        raise normal.unreadable(error) from error
    except (MemoryError, RecursionError, ValueError) as error:
        msg = "the formula is nested too deeply, or is no text that can be read"
        raise ValueError(msg) from error
    formula = Formula(tree, normal.names)
    _Judge(normal, formula).judge(tree)
    return formula


class _Normal:
    """A formula as Python can read it: a plain name for each quoted column and each parameter."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.names: dict[str, Name] = {}
        self._starts: list[tuple[int, int]] = []
        self._end = 0
        self._prefix = "_name"
        while self._prefix in text:
            self._prefix += "_"
        self.text = "".join(self._pieces())

    def _pieces(self) -> Iterator[str]:
        source = self.source
        for found in _PIECE.finditer(source, len(source) - len(source.lstrip())):
            piece = self._piece(found)
            self._starts.append((self._end, found.start()))
            self._end += len(piece.encode("utf-8", "surrogatepass"))
            yield piece

    def _piece(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "column":
                return self._name("column", found["column"].replace("``", "`"))
            case "parameter":
                return self._name("parameter", found["parameter"])
            case "boolean":
                return " and " if found["boolean"] == "&" else " or "
            case "space":
                return " "
            case "bad":
                meant = {"@": "the name of a parameter after '@'", "`": "a closing backtick"}
                what = meant.get(found["bad"], "no comment")
                msg = f"expected {what} at character {found.start() + 1}"
                raise ValueError(msg)
        return found[0]

    def _name(self, kind: str, name: str) -> str:
        alias = f"{self._prefix}{len(self.names)}"
        self.names[alias] = Name(kind, name)
        return (
            f" {alias} " if self._end else f"{alias} "
        )  # it must not grow together with a neighbour

    def place(self, offset: int) -> int:
        """Return where in the source the piece starts that is at a byte of the text, from 0."""
        if offset >= self._end:
            return len(self.source)
        return self._starts[bisect_right(self._starts, offset, key=lambda pair: pair[0]) - 1][1]

    def unreadable(self, error: SyntaxError) -> ValueError:
        before = self.text[: max((error.offset or 1) - 1, 0)]
        place = self.place(len(before.encode("utf-8", "surrogatepass")))
        return ValueError(f"{error.msg} at character {place + 1} of the formula")

    def refuse(self, what: str, node: ast.AST, allowed: str = _ALLOWED) -> NoReturn:
        place = self.place(getattr(node, "col_offset", 0))
        end = self.place(getattr(node, "end_col_offset", None) or len(self.text))
        part = self.source[place : max(end, place + 1)].strip()
        if len(part) > _MAX_EXCERPT:
            part = f"{part[:_MAX_EXCERPT]}..."
        msg = (
            f"{what} cannot stand in a formula: {part!r} at character {place + 1}; "
            f"allowed are: {allowed}"
        )
        raise ValueError(msg)


_HARMLESS: Mapping[type[ast.expr], Callable[[Any], list[ast.expr]]] = {
    ast.BoolOp: lambda node: node.values,
    ast.List: lambda node: node.elts,
    ast.Name: lambda _node: [],
    ast.Tuple: lambda node: node.elts,
    ast.UnaryOp: lambda node: [node.operand],
}


class _Judge:
    """Goes through a tree and refuses whatever is not known to be harmless."""

    def __init__(self, normal: _Normal, formula: Formula) -> None:
        self._refuse = normal.refuse
        self._formula = formula

    def judge(self, node: ast.expr, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            msg = f"a formula is at most {_MAX_DEPTH} levels deep"
            raise ValueError(msg)
        for part in self._parts(node):
            self.judge(part, depth + 1)

    def _parts(self, node: ast.expr) -> list[ast.expr]:
        """Return the parts of a node that is allowed itself."""
        judges: Mapping[type[ast.expr], Callable[[Any], list[ast.expr]]] = {
            ast.Attribute: self._date_parts,
            ast.BinOp: self._arithmetic_parts,
            ast.Call: self._call_parts,
            ast.Compare: self._comparison_parts,
            ast.Constant: self._constant_parts,
            **_HARMLESS,
        }
        if type(node) not in judges:
            self._refuse(_called(node), node)
        return judges[type(node)](node)

    def _constant_parts(self, node: ast.Constant) -> list[ast.expr]:
        if not isinstance(node.value, str | int | float | None):
            self._refuse("a value of this type", node)
        return []

    def _comparison_parts(self, node: ast.Compare) -> list[ast.expr]:
        if any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            self._refuse("'is'", node, "== and !=, .isna() and .notna()")
        return [node.left, *node.comparators]

    def _arithmetic_parts(self, node: ast.BinOp) -> list[ast.expr]:
        if not isinstance(node.op, _ARITHMETIC):
            self._refuse("this operator", node)
        for side in (node.left, node.right):
            if isinstance(side, ast.List | ast.Tuple):
                self._refuse("arithmetic with a list", node)
            is_text = isinstance(side, ast.Constant) and isinstance(side.value, str)
            if is_text and not isinstance(node.op, ast.Add):
                self._refuse("arithmetic with a text", node, "+")
        if isinstance(node.op, ast.Pow) and not self._has_column(node):
            self._judge_power(node)
        return [node.left, node.right]

    def _judge_power(self, node: ast.BinOp) -> None:
        """Python's own numbers have no end, so that a power of them must be small; columns have one."""
        exponent = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
        number = exponent.value if isinstance(exponent, ast.Constant) else None
        is_small = isinstance(number, int | float) and number <= _MAX_EXPONENT
        is_alone = not any(
            isinstance(part, ast.BinOp) and isinstance(part.op, ast.Pow)
            for part in ast.walk(node.left)
        )
        if not (is_small and is_alone):
            allowed = f"a number up to {_MAX_EXPONENT} as the exponent, or a column in the power"
            self._refuse("this power", node, allowed)

    def _has_column(self, node: ast.expr) -> bool:
        return any(
            isinstance(part, ast.Name) and self._formula.named(part).kind == "column"
            for part in _operands(node)
        )

    def _date_parts(self, node: ast.Attribute) -> list[ast.expr]:
        match node.value:
            case ast.Attribute(attr="dt", value=parent):
                if node.attr in DATE_PARTS:
                    return [parent]
                self._refuse(f"'.dt.{node.attr}'", node, _listed(".dt.", DATE_PARTS))
        return self._refuse(f"'.{node.attr}'", node)

    def _call_parts(self, node: ast.Call) -> list[ast.expr]:
        match node.func:
            case ast.Name(id=name) if name in FUNCTIONS and len(node.args) == 1:
                self._judge_keywords(node, ())
                return node.args
            case ast.Attribute(attr=name, value=ast.Attribute(attr="str", value=parent)):
                if name not in TEXT_METHODS:
                    self._refuse(f"'.str.{name}'", node, _listed(".str.", TEXT_METHODS))
                known = TEXT_METHODS[name]
            case ast.Attribute(attr=name, value=parent) if name in METHODS:
                known = METHODS[name]
            case ast.Attribute(attr=name):
                self._refuse(f"'.{name}'", node)
            case _:
                self._refuse("this call", node)
        self._judge_keywords(node, known)
        return [parent, *node.args, *(keyword.value for keyword in node.keywords)]

    def _judge_keywords(self, node: ast.Call, known: tuple[str, ...]) -> None:
        for keyword in node.keywords:
            if keyword.arg not in known:
                name = keyword.arg or "**"
                self._refuse(f"the argument {name!r}", node, ", ".join(known) or "none")
        if len(node.args) > max(len(known), 1):
            self._refuse("so many arguments", node, ", ".join(known) or "none")


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """Yield all that a value is made of; the name of a function is no value."""
    yield node
    for part in ast.iter_child_nodes(node):
        is_function = isinstance(node, ast.Call) and part is node.func
        if isinstance(part, ast.keyword):
            yield from _operands(part.value)
        elif isinstance(part, ast.expr) and not (is_function and isinstance(part, ast.Name)):
            yield from _operands(part)


def _called(node: ast.expr) -> str:
    words = {
        "Lambda": "a lambda",
        "JoinedStr": "an f-string",
        "NamedExpr": "':='",
        "IfExp": "'if'",
        "Subscript": "'[...]'",
        "Starred": "'*'",
    }
    kind = type(node).__name__
    return words.get(kind, "a comprehension" if kind.endswith(("Comp", "Exp")) else kind)


def _listed(start: str, names: Iterable[str]) -> str:
    return ", ".join(f"{start}{name}" for name in names)
