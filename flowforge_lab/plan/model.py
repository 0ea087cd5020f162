"""A plan: a workflow bound to its node types, with all worked out that can be before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from flowforge_lab.expressions import Compiled
from flowforge_lab.nodes import Effects, NodeType
from flowforge_lab.spec import Edge, Node, Retry, Workflow

from .shape import Shape


@dataclass(frozen=True)
class Step:
    """A node bound in a plan.

    `compiled` is its whole config; `open` names the fields of it that hold expressions. `config` is the
    finished config where there are neither expressions nor secrets, `inputs` the finished inputs where the
    type looks at none. `ways` gives the edges that leave each port, `each_turn` holds the fields that a loop
    asks again before every turn.
    """

    id: str
    node: Node
    type: NodeType
    compiled: Compiled
    raw: Mapping[str, Any]
    open: tuple[str, ...]
    config: BaseModel | None
    inputs: BaseModel | None
    ways: Mapping[str, tuple[Edge, ...]]
    incoming: tuple[Edge, ...]
    effects: Effects
    retry: Retry
    timeout: float
    on_crash: str
    each_turn: Compiled | None = None


@dataclass(frozen=True)
class Plan:
    """What the engine runs. Immutable and shared by every execution of the same digest.

    `slot_key` is the key of the workflow's concurrency, if it has one.
    """

    workflow: Workflow
    digest: str
    steps: Mapping[str, Step]
    shape: Shape
    slot_key: Compiled | None = None

    @cached_property
    def joins(self) -> tuple[Step, ...]:
        """The steps that wait for several edges."""
        return tuple(step for step in self.steps.values() if step.type.joins)

    @cached_property
    def triggers(self) -> tuple[Step, ...]:
        """The steps an execution can start with, in the order of the document."""
        return tuple(
            step for step in self.steps.values() if step.type.is_trigger and not step.node.disabled
        )

    def reaches(self, source: str, target: str) -> bool:
        """Whether a token at `source` can come to `target` in the same turn of its loop, however far."""
        return source == target or self.shape.in_turn.reaches(source, target)

    def leads_to(self, source: str, target: str) -> bool:
        """Whether `source` is `target` or has a way to it, also round a loop or over a jump."""
        return source == target or self.shape.whole.reaches(source, target)
