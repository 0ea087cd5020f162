"""Reading Python without running it: what it binds, changes and needs, and what is not known of it."""

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from . import pure_names as known
from . import verdicts
from .grammar import (
    STATEMENTS,
    VALUES,
    arguments,
    is_empty,
    is_new,
    joined,
    names_in,
    names_of_one,
    outer_names,
)
from .roots import Roots
from .surroundings import CALM, TABLES, Kind, Surroundings, named
from .verdicts import Verdict


class Reader(Roots):
    """Reads one cell, or with `local` names the body of a function, and notes what it does."""

    def __init__(self, notebook: Surroundings, local: dict[str, Kind] | None = None) -> None:
        super().__init__(notebook, local)
        self._outer: set[str] = set()
        self.sure: set[str] = set()  # bound by now, whatever happened
        self._own: set[str] = set()
        self._inner: set[str] = set()
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.needed: set[str] = set()
        self.notes: list[str] = []
        self.reason = ""
        self.is_wild = False

    def doubt(self, reason: str, *, is_wild: bool = True) -> None:
        """Note why it is not proven to be repeatable; the first reason counts.

        Unless it is wild, it only acts outside: nothing is left in the process by it.
        """
        self.reason = self.reason or reason
        self.is_wild |= is_wild

    # -- statements

    def statement(self, node: ast.AST) -> None:
        """Note what a statement does."""
        read = STATEMENTS.get(type(node))
        if read is None:
            self.all(ast.iter_child_nodes(node))
        else:
            getattr(self, read)(node)

    def all(self, nodes: Iterable[ast.AST]) -> None:
        """Note what statements and expressions do, one after the other."""
        for node in nodes:
            if isinstance(node, ast.expr):
                self.value(node)
            else:
                self.statement(node)

    def _assign(self, node: ast.Assign) -> None:
        kind = self.value(node.value)
        for target in node.targets:
            self._bind(target, kind, node.value)
        self._share_targets(node.targets, kind, node.value)

    def _share_targets(self, targets: Sequence[ast.expr], kind: Kind, value: ast.expr) -> None:
        """Note that names that are set together may stand for one value, unless each is given its own."""
        names = names_of_one(targets, value) if kind != "scalar" else frozenset()
        if self._local is None:
            self._notebook.share(names)
        self._own -= names

    def _assign_typed(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, self.value(node.value), node.value)

    def _add_to(self, node: ast.AugAssign) -> None:
        kind = self.value(node.value)
        self.value(ast.parse(ast.unparse(node.target), mode="eval").body)
        self.changed |= self.roots(node.target) - self._own
        self._bind(node.target, "scalar" if kind == "scalar" else "plain", node.value)

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        self._doubt_waiting(node)
        kind = self.value(node.iter)
        before = set(self.sure)
        self._bind(node.target, kind if kind in {"scalar", "unknown"} else "plain", node.iter)
        self.all(node.body)
        self.sure = before  # there may be no turn
        self._perhaps(node.orelse)

    def _perhaps(self, nodes: Iterable[ast.AST]) -> None:
        """Note what is done in a block that may not run, or only in part."""
        before = set(self.sure)
        self.all(nodes)
        self.sure = before

    def _blocks(self, node: ast.AST) -> None:
        for _field, part in ast.iter_fields(node):
            parts = part if isinstance(part, list) else [part]
            self._perhaps(one for one in parts if isinstance(one, ast.AST))

    def _caught(self, node: Any) -> None:
        if node.name:
            self._bind_name(node.name, "plain", None)
        self._blocks(node)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        self._doubt_waiting(node)
        for item in node.items:
            kind = self.value(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars, kind, item.context_expr)
        self.all(node.body)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._bind(target, "unknown", None)
            self.sure -= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}

    def _define(self, node: ast.stmt) -> None:
        name = getattr(node, "name", "")
        if self._local is not None and isinstance(node, ast.FunctionDef):
            self._within(arguments(node), node.body)  # as if it were called here
            self._local[name] = "fresh"
            self._inner.add(name)
        elif not self._notebook.is_set_up(node):
            self.needed |= names_in(node) & self._notebook.kinds.keys() - self.sure
            self.bound |= {name} - {""}
            self.sure |= {name} - {""}
            marks = self._make(node)
            self.doubt(
                f"it defines {name or 'something'} in a way that may do more", is_wild=marks
            )

    def _make(self, node: Any) -> bool:
        """Note what decorators and bases do with a definition; whether they may do anything."""
        marks = getattr(node, "decorator_list", [])
        for mark in marks:
            self.value(ast.Call(mark, [], []))
        if marks and isinstance(node, ast.FunctionDef):  # they may call it
            self._within(arguments(node), node.body)
        bases = [
            *getattr(node, "bases", ()),
            *(one.value for one in getattr(node, "keywords", ())),
        ]
        held = set().union(*map(self.roots, bases))
        self.changed |= held - self._own
        return bool(marks or held)

    def _outer_names(self, node: ast.Global | ast.Nonlocal) -> None:
        self.changed |= set(node.names)
        self._outer |= set(node.names)
        if isinstance(node, ast.Global):
            self.bound |= set(node.names)

    def _wait(self, node: ast.AST) -> Kind:
        self.all(ast.iter_child_nodes(node))
        self.doubt("it waits for something")
        return "unknown"

    def _doubt_waiting(self, node: ast.AST) -> None:
        if isinstance(node, ast.AsyncFor | ast.AsyncWith):
            self.doubt("it waits for something")

    def _bind(self, target: ast.AST, kind: Kind, value: ast.AST | None) -> None:
        match target:
            case ast.Name(id=name):
                self._bind_name(name, kind, value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._bind(part, "plain" if kind in {"fresh", *TABLES} else kind, value)
            case ast.Starred(value=part):
                self._bind(part, kind, value)
            case ast.Subscript() | ast.Attribute():
                self.all(ast.iter_child_nodes(target))
                roots = self.roots(target)
                self.changed |= roots - self._own
                holders = {name for name in roots if self._notebook.kind_of(name) != "table"}
                if holders:  # a table takes copies
                    self._share(holders, kind, value)

    def _bind_name(self, name: str, kind: Kind, value: ast.AST | None) -> None:
        known_as = named(kind)
        if self._local is not None:
            self._local[name] = known_as
            (self._own.add if kind in CALM or is_empty(value) else self._own.discard)(name)
            return
        self.bound.add(name)
        self.sure.add(name)
        held = self.roots(value) if value is not None and kind not in CALM else set()
        self._notebook.bind(name, known_as)
        self._share({name}, kind, value, held=held)
        if isinstance(value, ast.Lambda):
            self._notebook.functions[name] = value

    def _share(
        self, names: set[str], kind: Kind, value: ast.AST | None, *, held: set[str] | None = None
    ) -> None:
        if self._local is None and value is not None and kind not in CALM:
            self._notebook.share(names | (self.roots(value) if held is None else held))

    # -- values

    def value(self, node: ast.AST) -> Kind:
        """Note what evaluating an expression does, and return what kind of value it gives."""
        read = VALUES.get(type(node))
        if read is None:
            return self._of_parts(node)
        kind: Kind = getattr(self, read)(node)
        return kind

    def _constant(self, node: ast.Constant) -> Kind:
        del node
        return "scalar"

    def _text(self, node: ast.JoinedStr) -> Kind:
        self.all(ast.iter_child_nodes(node))
        return "scalar"

    def _name(self, node: ast.Name) -> Kind:
        if self._local is not None and node.id in self._local:
            return self._local[node.id]
        kind = self._notebook.kind_of(node.id)
        if not self._notebook.is_definition(node.id) and kind != "module":
            self.needed |= {node.id} - self.sure
        return kind

    def _attribute(self, node: ast.Attribute) -> Kind:
        if self._dotted(node):
            return "fresh"
        kind = self.value(node.value)
        if kind == "path":
            return "path" if node.attr in {"parent", "parents"} else "scalar"
        if kind in TABLES:
            return "plain" if node.attr in known.NO_TABLES else "piece"
        return "plain" if kind == "fresh" else kind

    def _part(self, node: ast.Subscript) -> Kind:
        kind = self.value(node.value)
        of_index = self.value(node.slice)
        if self._notebook.has_filling and kind == "plain":  # looking may add what is not there
            self.changed |= self.roots(node.value) - self._own
        if kind in TABLES and of_index not in {"unknown", "file"}:
            return verdicts.of_part(kind, node.slice)
        return joined({kind, of_index}, is_new=False, is_container=False)

    def _named(self, node: ast.NamedExpr) -> Kind:
        kind = self.value(node.value)
        self._bind(node.target, kind, node.value)
        return kind

    def _lambda(self, node: ast.Lambda) -> Kind:
        self._within(arguments(node), [node.body])
        return "fresh"

    def _comprehension(self, node: Any) -> Kind:
        names: dict[str, Kind] = {}
        for part in node.generators:
            kind = self.value(part.iter)
            found = [one.id for one in ast.walk(part.target) if isinstance(one, ast.Name)]
            names |= dict.fromkeys(found, "plain" if kind in {"fresh", *TABLES} else kind)
        wanted = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._within(names, [*wanted, *(test for part in node.generators for test in part.ifs)])
        for name in outer_names(node):
            self._bind_name(name, "plain", None)
        return "plain"

    def _of_parts(self, node: ast.AST) -> Kind:
        parts = (part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))
        kinds = {self.value(part) for part in parts}
        is_container = isinstance(node, ast.List | ast.Dict | ast.Set)
        return joined(kinds, is_new=is_new(node, kinds), is_container=is_container)

    def _within(self, names: dict[str, Kind], body: Sequence[ast.AST]) -> bool:
        """Read a body with names of its own; what it does happens here, as far as is known.

        Return whether it may change what these names stand for.
        """
        inner = Reader(self._notebook, {**(self._local or {}), **names})
        inner._under_way, inner._inner = self._under_way, self._inner
        inner.all(body)
        own = set(inner._local or ()) - inner._outer
        self.needed |= inner.needed - self.sure
        self.changed |= inner.changed - own
        self.bound |= inner.bound  # by `global`
        self.notes += inner.notes
        if inner.reason:
            self.doubt(inner.reason, is_wild=inner.is_wild)
        return bool(inner.changed & own)

    # -- calls

    def _call(self, node: ast.Call) -> Kind:
        parts = [*node.args, *(one.value for one in node.keywords)]
        kinds = [self._handed(part) for part in parts]
        doubts = [
            part for part, kind in zip(parts, kinds, strict=True) if kind in {"unknown", "file"}
        ]
        verdict = self._verdict(node)
        if verdicts.changes_what_it_is_given(self._dotted(node.func), node):
            self.changed |= set().union(*map(self.roots, parts)) - self._own
        func = self._dotted(node.func) or ast.unparse(node.func)
        self._notebook.has_filling |= func.endswith("defaultdict")
        if verdict is None or (doubts and func not in known.FILE_TAKERS):
            self._doubt_call(node, parts, doubts if verdict is not None else [])
            return "unknown"
        if verdict.note:
            self.notes.append(verdict.note)
        if verdict.is_touching and isinstance(node.func, ast.Attribute):
            self._touch(node.func.value, parts)
        return verdict.kind

    def _verdict(self, node: ast.Call) -> Verdict | None:
        if dotted := self._dotted(node.func):
            return self._of_sql(node) if dotted in known.SQL else verdicts.of_library(dotted)
        match node.func:
            case ast.Name(id=name):
                return self._of_name(name, node)
            case ast.Attribute(value=value, attr=attr):
                return verdicts.of_method(self.value(value), node, attr)
        return None

    def _of_sql(self, node: ast.Call) -> Verdict | None:
        """Judge SQL that is written there: a question only reads, and needs the tables it names."""
        names = verdicts.names_in_question(node)
        if names is None:
            return None
        self.needed |= (names & self._notebook.kinds.keys()) - self.sure
        return Verdict("plain", "it reads tables and files again")

    def _of_name(self, name: str, node: ast.Call) -> Verdict | None:
        if self._local is not None and name in self._local:
            return Verdict("plain") if name in self._inner else None
        if name in self._notebook.functions:
            if self._run_function(name):
                for part in (*node.args, *(one.value for one in node.keywords)):
                    self.changed |= self._escaping(part)
            return Verdict("plain")
        if name in self._notebook.records:
            return Verdict("fresh")
        if not self._notebook.is_definition(name):
            self.needed |= {name} - self.sure
            return None
        return (
            verdicts.of_open(node, first_mode=1) if name == "open" else verdicts.of_builtin(name)
        )

    def _run_function(self, name: str) -> bool:
        """Note what a function of the notebook does; whether it may change what it is given."""
        if name in self._under_way:
            return False
        function = self._notebook.functions[name]
        before, self._under_way = self._under_way, (*self._under_way, name)
        body = function.body if isinstance(function.body, list) else [function.body]
        is_changing = self._within(arguments(function), body)
        self._under_way = before
        return is_changing

    def _handed(self, part: ast.expr) -> Kind:
        """Note what an argument does; a function that is handed on may be called."""
        if isinstance(part, ast.Name) and part.id in self._notebook.functions:
            self._run_function(part.id)
            return "fresh"
        return self.value(part)

    def _touch(self, value: ast.expr, parts: Sequence[ast.expr]) -> None:
        """Note that a method may change its own value, and keep there what it was given."""
        roots = self.roots(value)
        self.changed |= roots - self._own
        given: set[str] = set().union(*map(self._escaping, parts))
        if self._local is None:
            self._notebook.share(roots | given)
        elif given:
            self._own -= roots  # it holds now what somebody else knows

    def _doubt_call(
        self, node: ast.Call, parts: Sequence[ast.expr], doubts: Sequence[ast.expr]
    ) -> None:
        what = ast.unparse(node.func)[:60]
        about = f" with {ast.unparse(doubts[0])[:40]}" if doubts else ""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        is_writer = last in known.WRITERS | known.TEXT_OR_FILE
        root = self._dotted(node.func).partition(".")[0] or what
        is_outside = is_writer or root in known.OUTSIDE
        self.doubt(
            f"it calls {what}(){about}, of which is not known what it does", is_wild=not is_outside
        )
        own = set() if is_writer else self.roots(node.func) - self._own
        self.changed |= own.union(*map(self._escaping, parts))
        if what in known.ANYTHING:
            self.bound.add("*")
