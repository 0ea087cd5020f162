"""Which variables of a notebook can go from one process to another, told from their text."""

import ast
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from . import cargo_names as known
from .grammar import outer_names
from .pure_names import SCALAR_BUILTINS
from .sameness import (
    bound_inside,
    fills_with_one,
    has_odd_type,
    holds_function,
    holds_twice,
    is_held_by,
)
from .surroundings import Surroundings

Cargo = Literal["data", "passing", ""]
"""`data` can travel; what is `passing` gives data but cannot itself; of the rest nothing is known."""


class Hold:
    """What is known of the values of a notebook's variables after the cells read so far."""

    def __init__(self, notebook: Surroundings) -> None:
        self._notebook = notebook
        self._kinds: dict[str, Cargo] = {}
        self._is_sure = True
        self._spoilt: set[str] = set()
        self._under_way: tuple[str, ...] = ()

    def can_travel(self, name: str) -> bool:
        """Whether the value of a variable can go to another process as it is."""
        return self._kinds.get(name) == "data"

    def note(self, names: Iterable[str]) -> None:
        """Note that variables hold data, whatever they held before."""
        self._kinds |= dict.fromkeys(names, "data")

    def spoil(self, names: Iterable[str]) -> None:
        """Note that nothing is known of variables from here on."""
        names = set(names)
        self._spoilt |= names
        self._kinds |= dict.fromkeys(names, "")

    def read(self, tree: ast.Module) -> None:
        """Note what the next cell does; the surroundings are those behind it."""
        self._all(tree.body)

    def _all(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: Any) -> None:  # noqa: C901, PLR0912  # one case a statement
        match node:
            case ast.Assign(targets=targets, value=value):
                kind = self._of(value)
                for target in targets:
                    self._bind(target, kind, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, self._of(value), value)
            case ast.AugAssign(target=target, value=value):
                kind = self._worst([self._of_target(target), self._of(value)])
                self._bind(target, kind, None)
            case ast.Expr(value=value):
                self._of(value)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._define(node)
            case ast.Delete():
                self.spoil(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
            case ast.For() | ast.AsyncFor() | ast.With() | ast.AsyncWith():
                self._binding_block(node)
            case _:
                self._block(node)

    def _define(self, node: Any) -> None:
        self._kinds[node.name] = ""
        for mark in node.decorator_list:  # they may keep it somewhere
            self._of(ast.Call(mark, [ast.Name(node.name, ast.Load())], []))
        if not isinstance(node, ast.ClassDef):
            self._outer_names(node)

    def _binding_block(self, node: Any) -> None:
        before, self._is_sure = self._is_sure, False
        if isinstance(node, ast.For | ast.AsyncFor):
            self._bind(node.target, "data" if self._of(node.iter) else "", None)
        else:
            self._is_sure = before
            for item in node.items:
                self._of(item.context_expr)
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, "", None)
        self._all([*node.body, *getattr(node, "orelse", ())])
        self._is_sure = before

    def _block(self, node: ast.AST) -> None:
        before, self._is_sure = self._is_sure, False
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.stmt):
                self._statement(part)
            elif isinstance(part, ast.expr):
                self._of(part)
            else:
                if isinstance(part, ast.ExceptHandler) and part.name:
                    self._kinds[part.name] = ""
                self._block(part)
        self._is_sure = before

    def _outer_names(self, function: Any) -> None:
        """Note what a function may bind outside of itself, whenever it is called."""
        for part in ast.walk(function):
            if isinstance(part, ast.Global):
                for name in part.names:
                    made = [
                        one.value
                        for one in ast.walk(function)
                        if isinstance(one, ast.Assign | ast.AugAssign)
                        and name in {ast.unparse(target) for target in _targets(one)}
                    ]
                    if any(self._of(value) != "data" for value in made):
                        self._kinds[name] = ""

    def _bind(self, target: ast.AST, kind: Cargo, value: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                before = self._kinds.get(name)
                is_same = self._is_sure or before in {None, kind}
                self._kinds[name] = kind if is_same else ""
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = getattr(value, "elts", None)
                if values is None or len(values) != len(parts):
                    values = [None] * len(parts)
                for part, one in zip(parts, values, strict=True):
                    of_part: Cargo = self._of(one) if one is not None else "data" if kind else ""
                    self._bind(part, of_part, one)
            case ast.Starred(value=part):
                self._bind(part, kind, None)
            case ast.Subscript(value=holder) | ast.Attribute(value=holder):
                if kind != "data" or (value is not None and _holds_itself(value, holder)):
                    self.spoil(self._root(holder))

    def _root(self, node: ast.AST) -> frozenset[str]:
        while isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        if not isinstance(node, ast.Name):
            return frozenset()
        return self._notebook.sharing({node.id})

    # -- values

    def _of_target(self, target: ast.AST) -> Cargo:
        return self._kinds.get(target.id, "") if isinstance(target, ast.Name) else "data"

    def _worst(self, kinds: Iterable[Cargo]) -> Cargo:
        found = set(kinds)
        return "data" if found <= {"data"} else ""

    def _of(self, node: ast.expr) -> Cargo:  # noqa: PLR0911  # one case an expression
        match node:
            case ast.Constant() | ast.JoinedStr():
                return "data"
            case ast.Name(id=name):
                return "" if self._notebook.is_definition(name) else self._kinds.get(name, "")
            case ast.Call():
                return self._of_call(node)
            case ast.Attribute():
                return self._of_attribute(node)
            case ast.Subscript(value=value):
                return "data" if self._of(value) else ""
            case ast.Compare(ops=ops) if all(
                isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops
            ):
                return "data"
        return self._of_compound(node)

    def _of_compound(self, node: ast.expr) -> Cargo:  # noqa: PLR0911  # one case an expression
        if holds_twice(node, self._notebook):
            return ""  # what is one and the same would be several at the other end
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._of_comprehension(node)
            case ast.NamedExpr(target=target, value=value):
                kind = self._of(value)
                self._bind(target, kind, value)
                return kind
            case ast.Starred(value=value):
                return "data" if self._of(value) else ""
            case ast.IfExp(body=one, orelse=other):
                return self._worst([self._of(one), self._of(other)])
            case ast.Lambda() | ast.Await() | ast.Yield() | ast.YieldFrom():
                return ""
        return self._worst(
            self._of(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)
        )

    def _of_comprehension(self, node: Any) -> Cargo:
        before = dict(self._kinds)
        for part in node.generators:
            self._bind_in_turn(part.target, "data" if self._of(part.iter) else "")
        wanted = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        kind = self._worst(self._of(one) for one in wanted)
        self._kinds = before | {name: self._kinds.get(name, "") for name in outer_names(node)}
        return "passing" if kind and isinstance(node, ast.GeneratorExp) else kind

    def _bind_in_turn(self, target: ast.AST, kind: Cargo) -> None:
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                self._kinds[part.id] = kind

    def _of_attribute(self, node: ast.Attribute) -> Cargo:
        if dotted := self._notebook.dotted(node):
            root = dotted.partition(".")[0]
            is_number = root not in known.OF_FUNCTIONS or node.attr in known.NUMBERS
            is_named = node.attr.islower() or root in {"math", "sys"}
            return "data" if root in known.DATA_ATTRIBUTES and is_named and is_number else ""
        kind = self._of(node.value)
        if node.attr in known.NO_DATA_METHODS:
            return ""
        return "passing" if kind and node.attr in known.PASSING_ATTRIBUTES else kind

    # -- calls

    def _of_call(self, node: ast.Call) -> Cargo:
        parts = [*node.args, *(one.value for one in node.keywords)]
        given = [self._of(part) for part in parts]
        if dotted := self._notebook.dotted(node.func):
            is_odd = has_odd_type(node) or dotted.startswith(known.ODD_ARRAYS)
            is_odd |= dotted == "collections.defaultdict" and holds_function(node, self._notebook)
            return "" if is_odd else self._of_library(dotted, given)
        match node.func:
            case ast.Name(id=name) if name in self._notebook.functions:
                return self._of_function(name, given)
            case ast.Name(id=name) if self._notebook.is_definition(name):
                return self._of_builtin(name, node, given)
            case ast.Attribute(value=value, attr=attr):
                is_odd = has_odd_type(node) or fills_with_one(node, self._notebook)
                if attr in known.FILLING_METHODS and any(
                    _holds_itself(one, value) for one in parts
                ):
                    self.spoil(self._root(value))
                return "" if is_odd else self._of_method(value, attr, given)
        return ""

    def _of_builtin(self, name: str, node: ast.Call, given: Sequence[Cargo]) -> Cargo:
        if name in SCALAR_BUILTINS:
            return "data"
        if name in {"map", "filter"} and node.args:
            made = self._of_made(node.args[0]) if name == "map" else "data"
            return "passing" if made and all(given[1:]) else ""
        if not all(given) and name not in {"print", "display"}:
            return ""
        is_passing = name in known.PASSING_BUILTINS and name != "next"
        is_data = name in known.DATA_BUILTINS | {"next"}
        return "passing" if is_passing else "data" if is_data else ""

    def _of_made(self, function: ast.expr) -> Cargo:
        """Return what a function gives that is handed on to be called with data."""
        match function:
            case ast.Lambda(body=body):
                return self._of_body(function, [], lambda: self._of(body))
            case ast.Name(id=name) if name in self._notebook.functions:
                return self._of_function(name, [])
            case ast.Name(id=name):
                return "data" if name in known.DATA_BUILTINS else ""
        return "data" if self._of(function) else ""

    def _of_library(self, dotted: str, given: Sequence[Cargo]) -> Cargo:
        root, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
        if root == "pandas":
            return "data" if last in known.DATA_PANDAS and all(given) else ""
        if dotted in known.DATA_FUNCTIONS:
            return "data" if all(given) or last in {"defaultdict", "reduce"} else ""
        if root in known.PASSING_ROOTS:
            return "passing" if root == "csv" or all(given) else ""
        place = dotted.rpartition(".")[0]
        if place in known.DATA_FUNCTIONS or dotted.startswith("os.path."):
            return "data"  # such as datetime.date.today
        is_data = root in known.DATA_ROOTS and last not in known.NO_DATA and last[:1].islower()
        return "data" if is_data and not (root == "json" and last == "dump") else ""

    def _of_method(self, value: ast.expr, attr: str, given: Sequence[Cargo]) -> Cargo:
        kind = self._of(value)
        if attr in known.FILLING_METHODS and not all(one == "data" for one in given):
            self.spoil(self._root(value))
        if attr in known.DATA_METHODS:
            return "data"
        if not kind or attr in known.NO_DATA_METHODS:
            return ""
        return "passing" if attr in known.PASSING_METHODS else "data"

    def _of_function(self, name: str, given: Sequence[Cargo]) -> Cargo:
        """Return what a function of the notebook gives when it is called with such values."""
        function: Any = self._notebook.functions[name]
        if name in self._under_way or isinstance(function, ast.AsyncFunctionDef):
            return ""
        before, self._under_way = self._under_way, (*self._under_way, name)
        if isinstance(function, ast.Lambda):
            kind = self._of_body(function, given, lambda: self._of(function.body))
        else:
            kind = self._of_body(function, given, lambda: self._of_returns(function))
        self._under_way = before
        return kind

    def _of_body(self, function: Any, given: Sequence[Cargo], judge: Any) -> Cargo:
        kinds, is_sure, self._is_sure = dict(self._kinds), self._is_sure, True
        spoilt, self._spoilt = self._spoilt, set()
        of_given: Cargo = "data" if all(given) else ""
        taken = function.args
        for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg):
            if one is not None:
                self._kinds[one.arg] = of_given
        kind: Cargo = judge()
        outside = self._spoilt - bound_inside(function)
        self._kinds, self._is_sure = kinds | dict.fromkeys(outside, ""), is_sure
        self._spoilt = spoilt | outside
        return kind

    def _of_returns(self, function: ast.FunctionDef) -> Cargo:
        parts = list(_own_parts(function))
        self._all(function.body)
        if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in parts):
            made = [part.value for part in parts if isinstance(part, ast.Yield) and part.value]
            return "passing" if made and all(self._of(one) for one in made) else ""
        given = [part.value for part in parts if isinstance(part, ast.Return) and part.value]
        return self._worst(self._of(one) for one in given)


def _holds_itself(value: ast.expr, holder: ast.expr) -> bool:
    """Whether a value that is put into what a name stands for, or into a part of it, holds that."""
    root = holder
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    return isinstance(root, ast.Name) and is_held_by(value, root.id)


def _targets(node: ast.Assign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _own_parts(function: ast.AST) -> Iterable[ast.AST]:
    """Yield the parts of a function but those of functions within it."""
    for part in ast.iter_child_nodes(function):
        yield part
        if not isinstance(
            part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            yield from _own_parts(part)
