"""The three ways to write where a node leads, and the one form they are read into.

`next: find`, `next: [find, log]`, and `next: {out: find, not_found: [bye, log]}`; a target is `node`
or `node.port`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import WithJsonSchema

_ONE = {"type": "string", "description": "A node id, or `node.port`."}
_MANY = {"anyOf": [_ONE, {"type": "array", "items": _ONE}]}


class Target(NamedTuple):
    """The end of an edge."""

    node: str
    port: str = "in"

    def __str__(self) -> str:
        return self.node if self.port == "in" else f"{self.node}.{self.port}"


class Edge(NamedTuple):
    """An arrow from a port of one node to a port of another."""

    source: str
    from_port: str
    target: str
    to_port: str = "in"

    def __str__(self) -> str:
        return f"{self.source}.{self.from_port} -> {Target(self.target, self.to_port)}"


Targets = Annotated[tuple[Target, ...], WithJsonSchema(_MANY)]
TargetsByPort = Annotated[
    dict[str, tuple[Target, ...]],
    WithJsonSchema(
        {"anyOf": [*_MANY["anyOf"], {"type": "object", "additionalProperties": _MANY}]}
    ),
]


def read_targets(value: Any) -> tuple[Target, ...]:
    """Return the targets written as one text or a list of texts; the same target twice counts once.

    Raises:
        ValueError: it is neither.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, str | Target):
        return (_read_target(value),)
    if isinstance(value, list | tuple):
        return tuple(dict.fromkeys(_read_target(item) for item in value))
    msg = f"expected a node id, 'node.port' or a list of them, found {value!r}"
    raise ValueError(msg)


def _read_target(value: Any) -> Target:
    if isinstance(value, Target):
        return value
    if not isinstance(value, str):
        msg = f"expected a node id or 'node.port', found {value!r}"
        raise ValueError(msg)  # noqa: TRY004  # pydantic collects ValueErrors
    node, _, port = value.strip().partition(".")
    return Target(node, port or "in")


def read_ports(value: Any) -> dict[str, tuple[Target, ...]]:
    """Return the targets of each port; without a port they leave by `out`."""
    if not isinstance(value, Mapping):
        targets = read_targets(value)
        return {"out": targets} if targets else {}
    ports = {str(port): read_targets(targets) for port, targets in value.items()}
    return {port: targets for port, targets in ports.items() if targets}


def write_targets(targets: tuple[Target, ...]) -> Any:
    """Return the shortest way to write `targets`."""
    texts = [str(target) for target in targets]
    return texts[0] if len(texts) == 1 else texts


def write_ports(ports: Mapping[str, tuple[Target, ...]]) -> Any:
    """Return the shortest way to write where each port leads."""
    if list(ports) == ["out"]:
        return write_targets(ports["out"])
    return {port: write_targets(targets) for port, targets in ports.items()}
