"""Static paths in a syntax tree: a root with constant keys, such as `nodes.load.rows[0].email`."""

import ast

import msgspec

from flowforge_lab.errors import ExpressionError

from .lookup import Key
from .syntax import Positions


class Reference(msgspec.Struct, frozen=True):
    """A path that an expression reads. `offsets` are the characters where its root and its keys stand.

    `is_optional` says that it stands in `default()`, so that it may be missing.
    """

    path: tuple[Key, ...]
    offsets: tuple[int, ...]
    is_optional: bool = False

    @property
    def offset(self) -> int:
        """The character where the path starts."""
        return self.offsets[0]

    def shifted(self, by: int) -> "Reference":
        """Return the same reference in a text that has `by` more characters before it."""
        return Reference(self.path, tuple(one + by for one in self.offsets), self.is_optional)


def find_path(node: ast.expr, positions: Positions) -> Reference | None:
    """Return the path that `node` is as a whole, whatever its root; else `None`."""
    keys: list[Key] = []
    offsets: list[int] = []
    while not isinstance(node, ast.Name):
        step = _step(node, positions)
        if step is None:
            return None
        key, offset, node = step
        keys.append(key)
        offsets.append(offset)
    return Reference((node.id, *reversed(keys)), (positions.start(node), *reversed(offsets)))


def _step(node: ast.expr, positions: Positions) -> tuple[Key, int, ast.expr] | None:
    if isinstance(node, ast.Attribute):
        return node.attr, positions.end(node) - len(node.attr), node.value
    if isinstance(node, ast.Subscript):
        key = constant_key(node.slice)
        return None if key is None else (key, positions.start(node.slice), node.value)
    return None


def constant_key(node: ast.expr) -> Key | None:
    """Return the text or whole number that `node` writes out, also a negative one."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = constant_key(node.operand)
        return -inner if isinstance(inner, int) else None
    if isinstance(node, ast.Constant) and type(node.value) in {str, int}:
        return node.value  # type: ignore[return-value]  # one of the two, as just asked
    return None


_NEEDS = {
    "nodes": (1, "a node: nodes.<id>"),
    "vars": (2, "a scope and a name: vars.<scope>.<name>"),
    "secrets": (1, "a name: secrets.<name>"),
    "waits": (2, "a node and what of it: waits.<id>.url or waits.<id>.token"),
}


def check_reference(reference: Reference, source: str) -> None:
    """Raise an ExpressionError where a root is used without the keys that it needs."""
    root = str(reference.path[0])
    needed, shape = _NEEDS.get(root, (0, ""))
    keys = reference.path[1 : needed + 1]
    if len(keys) < needed or not all(isinstance(key, str) for key in keys):
        msg = f"{root!r} needs {shape}"
        raise ExpressionError(msg, source, reference.offset)
    if root == "secrets":
        msg = "a secret can only fill a whole field: {{ secrets.<name> }}"
        raise ExpressionError(msg, source, reference.offset)
