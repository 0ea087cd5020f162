"""Questions about the shape of a workflow: what lies behind a node, and what always comes before it.

Sets of nodes are whole numbers, a bit a node, so that a workflow of a thousand nodes is judged in a
few milliseconds.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property


class Graph:
    """Nodes and the nodes directly behind each; never changed."""

    def __init__(self, nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> None:
        self.nodes: tuple[str, ...] = tuple(nodes)
        self._place = {node: place for place, node in enumerate(self.nodes)}
        behind: dict[str, dict[str, None]] = {node: {} for node in self.nodes}
        before: dict[str, dict[str, None]] = {node: {} for node in self.nodes}
        for source, target in edges:
            behind[source][target] = None
            before[target][source] = None
        self.behind = {node: tuple(targets) for node, targets in behind.items()}
        self.before = {node: tuple(sources) for node, sources in before.items()}

    @cached_property
    def order(self) -> Sequence[str]:
        """The nodes so that each stands behind all before it; nodes in a circle are left out."""
        open_edges = {node: len(self.before[node]) for node in self.nodes}
        ready = [node for node in self.nodes if not open_edges[node]]
        for node in ready:
            for target in self.behind[node]:
                open_edges[target] -= 1
                if not open_edges[target]:
                    ready.append(target)  # the queue that this loop empties
        return ready

    def reaches(self, source: str, target: str) -> bool:
        """Whether edges lead from `source` to `target`, however far; to itself only through a circle."""
        return bool(self._descendants[source] >> self._place[target] & 1)

    def reached(self, sources: Iterable[str]) -> frozenset[str]:
        """Return `sources` and everything behind them."""
        bits = 0
        for source in sources:
            bits |= self._descendants[source] | 1 << self._place[source]
        return frozenset(node for node, place in self._place.items() if bits >> place & 1)

    def ancestors(self, node: str) -> frozenset[str]:
        """Return every node from which `node` can be reached."""
        return frozenset(other for other in self.nodes if self.reaches(other, node))

    @cached_property
    def _descendants(self) -> dict[str, int]:
        found = dict.fromkeys(self.nodes, 0)
        is_changed = True
        while is_changed:
            is_changed = False
            for node in (*reversed(self.order), *self._in_circles):
                bits = 0
                for target in self.behind[node]:
                    bits |= found[target] | 1 << self._place[target]
                is_changed = is_changed or bits != found[node]
                found[node] = bits
            is_changed = is_changed and bool(self._in_circles)
        return found

    @cached_property
    def _in_circles(self) -> tuple[str, ...]:
        ordered = set(self.order)
        return tuple(node for node in reversed(self.nodes) if node not in ordered)

    @cached_property
    def _always(self) -> dict[str, int]:
        """The nodes that every way to a node leads through (its dominators), the node itself included."""
        found: dict[str, int] = {}
        for node in self.order:
            ways = [found[source] for source in self.before[node] if source in found]
            common = ways[0] if ways else 0
            for way in ways[1:]:
                common &= way
            found[node] = common | 1 << self._place[node]
        return found

    def always_before(self, one: str, other: str) -> bool:
        """Whether every way to `other` leads through `one`; true in a circle, where nobody knows."""
        always = self._always.get(other)
        return always is None or bool(always >> self._place[one] & 1)
