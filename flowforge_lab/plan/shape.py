"""Loops and jumps in a graph: what lies in a loop's body, and which edges lead back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from flowforge_lab.spec import Edge

from .graph import Graph

BODY = "body"
"""The port of a loop that its turns leave by."""


class Shape:
    """The circles of a workflow. Never changed.

    The *body* of a loop is every node that no way leads to but through the loop's port `body`; one that only
    a jump leads to is in it only if it leads back to the loop, else the jump leaves. An edge from
    a body to its loop *returns*. It leads *back* if it does, or if it goes from a jump to where the jump can
    come from again.
    """

    def __init__(
        self,
        nodes: Iterable[str],
        edges: Sequence[Edge],
        *,
        loops: Collection[str] = (),
        jumps: Collection[str] = (),
    ) -> None:
        self._nodes = tuple(nodes)
        self._edges = edges
        self._loops = loops
        self._jumps = jumps

    @cached_property
    def whole(self) -> Graph:
        """All nodes and edges."""
        return Graph(self._nodes, ((edge.source, edge.target) for edge in self._edges))

    @cached_property
    def in_turn(self) -> Graph:
        """All nodes, and the edges that stay in a turn: without those that return."""
        return self._without(self._returning)

    @cached_property
    def forward(self) -> Graph:
        """All nodes, and the edges that do not lead back: without a circle in any valid workflow."""
        return self._without(self._back)

    def _without(self, left_out: Collection[Edge]) -> Graph:
        if not left_out:
            return self.whole
        edges = (edge for edge in self._edges if edge not in left_out)
        return Graph(self._nodes, ((edge.source, edge.target) for edge in edges))

    @cached_property
    def around(self) -> Mapping[str, frozenset[str]]:
        """The loops in whose bodies each node lies."""
        bodies = {loop: self._body(loop) for loop in self._loops}
        if not bodies:
            return dict.fromkeys(self._nodes, frozenset())
        return {
            node: frozenset(loop for loop, body in bodies.items() if node in body)
            for node in self._nodes
        }

    @cached_property
    def _returning(self) -> frozenset[Edge]:
        return frozenset(edge for edge in self._edges if edge.target in self.around[edge.source])

    @cached_property
    def _back(self) -> frozenset[Edge]:
        jumps = (edge for edge in self._edges if edge.source in self._jumps)
        return self._returning | {edge for edge in jumps if self._leads_round(edge)}

    def _leads_round(self, edge: Edge) -> bool:
        return edge.source == edge.target or self.whole.reaches(edge.target, edge.source)

    def _body(self, loop: str) -> frozenset[str]:
        entered = [
            edge.target for edge in self._edges if edge.source == loop and edge.from_port == BODY
        ]
        others = (
            (edge.source, edge.target)
            for edge in self._edges
            if edge.source != loop or edge.from_port != BODY
        )
        elsewhere = Graph(self._nodes, others)
        starts = [node for node in self._nodes if not self.whole.before[node]]
        inside = self.whole.reached(entered) - elsewhere.reached([*starts, loop])
        return self._without_left(inside, loop, entered) if self._jumps else inside

    def _without_left(
        self, inside: frozenset[str], loop: str, entered: Collection[str]
    ) -> frozenset[str]:
        """Return the nodes that a turn comes to without leaving by a jump that never leads back."""
        within = [
            edge
            for edge in self._edges
            if edge.source in inside and (edge.target in inside or edge.target == loop)
        ]
        back = Graph((*inside, loop), ((edge.source, edge.target) for edge in within))
        staying = (
            (edge.source, edge.target)
            for edge in within
            if edge.target in inside
            and (edge.source not in self._jumps or back.reaches(edge.target, loop))
        )
        return Graph(inside, staying).reached(inside.intersection(entered))
