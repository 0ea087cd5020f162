"""What has certainly run before a node where branches meet that are always taken."""

from collections.abc import Callable, Collection, Mapping

from .graph import Graph


def run_before(
    forward: Graph,
    *,
    starts: Collection[str],
    goes_on: Callable[[str], bool],
    waits: Callable[[str], bool],
) -> Mapping[str, frozenset[str]]:
    """Return for each node of `forward` those that have run whenever it begins.

    `starts` is where executions begin. A node `goes_on` if it leaves by one port whatever happens, and
    `waits` if it begins when all that can come has come. Nodes in a circle are left out.
    """
    certain = set(starts) if len(starts) == 1 else set()
    found: dict[str, frozenset[str]] = {}
    for node in forward.order:
        sources = [one for one in forward.before[node] if one in found]
        if any(one in certain and goes_on(one) for one in sources):
            certain.add(node)
        ways = [found[one] | {one} for one in sources]
        common = frozenset.intersection(*ways) if ways else frozenset()
        if waits(node):
            met = (one for one in sources if one in certain and goes_on(one))
            common = common.union(*(found[one] | {one} for one in met))
        found[node] = common
    return found
