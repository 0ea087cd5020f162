"""In which order the nodes of a document are read: each behind those that lead to it."""

from collections import deque
from collections.abc import Iterable


def in_order(names: Iterable[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names, each behind all that lead to it; those in circles come last, as they stand."""
    ahead: dict[str, list[str]] = {name: [] for name in names}
    waiting = dict.fromkeys(ahead, 0)
    for source, target in edges:
        if source in ahead and target in ahead:
            ahead[source].append(target)
            waiting[target] += 1
    ready = deque(name for name, count in waiting.items() if count == 0)
    order: dict[str, None] = {}
    while ready:
        name = ready.popleft()
        order[name] = None
        for target in ahead[name]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return [*order, *(name for name in ahead if name not in order)]
