"""What is different between two workflows, as a person would say it.

Canvas, notes, comments and every order count for nothing, and a renamed node is the same node: the edges
and expressions that follow it to its new name are not told as changes of their own.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # see below

import msgspec

from .edges import Edge
from .model import Node, Workflow

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

What = Literal["workflow", "input", "setting", "node", "edge"]
How = Literal["added", "removed", "renamed", "changed"]
Same = Callable[[Any, Any], bool]
_NAMED = re.compile(r"""\bnodes(?:\.|\[(?P<quote>["']))(?P<id>[A-Za-z][A-Za-z0-9_]*)""")
_SIGNS: dict[How, str] = {"added": "+", "removed": "-", "renamed": "→", "changed": "~"}
_SHOWN_CHARS = 120


class Change(msgspec.Struct, frozen=True):
    """One thing that is different.

    `name` is the id of a node, the name of an input, or an edge as `a.out -> b`; for a renamed node its
    former id. `path` is the dotted field that changed. `old` and `new` are plain JSON, `None` where there
    is nothing: the whole node or input where one was added or removed, the two ids of a renamed node.
    """

    what: What
    how: How
    name: str = ""
    path: str = ""
    old: Any = None
    new: Any = None

    def __str__(self) -> str:
        place = " ".join(part for part in (self.what, self.name) if part)
        if self.how == "changed":
            was, is_now = shown(self.old), shown(self.new)
            return f"~ {place} {self.path}: {was} → {is_now}".replace("  ", " ")
        if self.how == "renamed":
            return f"→ {place} is now {self.new}"
        kind = (self.new or self.old or {}).get("kind", "") if self.what == "node" else ""
        return f"{_SIGNS[self.how]} {place}" + (f" ({kind})" if kind else "")


class Difference(msgspec.Struct, frozen=True):
    """All changes from one workflow to another; false if there are none."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no difference"

    def of(self, what: What, how: How | None = None) -> tuple[Change, ...]:
        """Return the changes of one sort."""
        return tuple(
            change for change in self.changes if change.what == what and how in {None, change.how}
        )

    def to_pandas(self) -> "pd.DataFrame":
        """Return one row per change; `old` and `new` are Python values."""
        import pandas as pd

        rows = [msgspec.structs.asdict(change) for change in self.changes]
        return pd.DataFrame(rows, columns=list(Change.__struct_fields__))


def shown(value: Any) -> str:
    """Return a value of a change as short text."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def compare(old: Workflow, new: Workflow) -> Difference:
    """Return what is different in `new`, the parts in the order of the file."""
    names = _renamed(old, new)
    same = _same_but_for(names)
    return Difference(
        (
            *_head_changes(old, new),
            *_input_changes(old, new),
            *_setting_changes(old, new, names=names, same=same),
            *_node_changes(old, new, names=names, same=same),
            *_edge_changes(old, new, names),
        )
    )


def _head_changes(old: Workflow, new: Workflow) -> Iterator[Change]:
    for path in ("id", "name", "description"):
        was, is_now = getattr(old, path), getattr(new, path)
        if was != is_now:
            yield Change("workflow", "changed", path=path, old=was or None, new=is_now or None)


def _input_changes(old: Workflow, new: Workflow) -> Iterator[Change]:
    was = {name: field.model_dump(mode="json") for name, field in old.inputs.items()}
    is_now = {name: field.model_dump(mode="json") for name, field in new.inputs.items()}
    for name in dict.fromkeys((*was, *is_now)):
        yield from _part_changes(
            "input", name, old=was.get(name), new=is_now.get(name), same=_same
        )


def _setting_changes(
    old: Workflow, new: Workflow, *, names: Mapping[str, str], same: Same
) -> Iterator[Change]:
    was, is_now = (one.settings.model_dump(mode="json", by_alias=True) for one in (old, new))
    if names.get(was["finally"]) == is_now["finally"]:
        was["finally"] = is_now["finally"]
    for path, one, other in _fields(was, is_now, same=same):
        yield Change("setting", "changed", path=path, old=one, new=other)


def _node_changes(
    old: Workflow, new: Workflow, *, names: Mapping[str, str], same: Same
) -> Iterator[Change]:
    come = set(names.values())
    for id, node in old.nodes.items():
        if id in names:
            yield Change("node", "renamed", id, old=id, new=names[id])
        elif id not in new.nodes:
            yield Change("node", "removed", id, old=node.plain())
        else:
            was, is_now = _content(node), _content(new.nodes[id])
            yield from _part_changes("node", id, old=was, new=is_now, same=same)
    for id, node in new.nodes.items():
        if id not in old.nodes and id not in come:
            yield Change("node", "added", id, new=node.plain())


def _part_changes(what: What, name: str, *, old: Any, new: Any, same: Same) -> Iterator[Change]:
    if old is None or new is None:
        how: How = "added" if old is None else "removed"
        yield Change(what, how, name, old=old, new=new)
        return
    for path, was, is_now in _fields(old, new, same=same):
        yield Change(what, "changed", name, path, was, is_now)


def _edge_changes(old: Workflow, new: Workflow, names: Mapping[str, str]) -> Iterator[Change]:
    was = {_followed(edge, names): edge for edge in old.edges()}
    is_now = set(new.edges())
    for edge, written in was.items():
        if edge not in is_now:
            yield Change("edge", "removed", str(written), old=str(written))
    for edge in dict.fromkeys(new.edges()):
        if edge not in was:
            yield Change("edge", "added", str(edge), new=str(edge))


def _followed(edge: Edge, names: Mapping[str, str]) -> Edge:
    source, target = (names.get(id, id) for id in (edge.source, edge.target))
    return edge._replace(source=source, target=target)


def _content(node: Node) -> dict[str, Any]:
    """Return what a node says, but for its edges and notes."""
    content = node.model_dump(mode="json", exclude={"next", "on_error", "notes"})
    if not node.continues:
        del content["continue_with"]
    return content


def _fields(old: Any, new: Any, *, same: Same, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each field that differs, and its two values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            here = f"{path}.{key}" if path else str(key)
            if key in old and key in new:
                yield from _fields(old[key], new[key], same=same, path=here)
            else:
                yield here, old.get(key), new.get(key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _fields(one, other, same=same, path=f"{path}.{index}")
    elif not same(old, new):
        yield path, old, new


def _same(old: Any, new: Any) -> bool:
    """Whether two values are one in JSON: 1 is neither `true` nor 1.0."""
    one, other = (json.dumps(value, sort_keys=True, default=str) for value in (old, new))
    return one == other


def _same_but_for(names: Mapping[str, str]) -> Same:
    """Return a test for values that are one once their expressions follow renamed nodes."""

    def follow(found: re.Match[str]) -> str:
        return found[0].removesuffix(found["id"]) + names.get(found["id"], found["id"])

    def same(old: Any, new: Any) -> bool:
        if _same(old, new):
            return True
        return isinstance(old, str) and bool(names) and _NAMED.sub(follow, old) == new

    return same


def _renamed(old: Workflow, new: Workflow) -> dict[str, str]:
    """Return the new id of each node that is gone and has come again under another one."""
    gone = [id for id in old.nodes if id not in new.nodes]
    come = [id for id in new.nodes if id not in old.nodes]
    names: dict[str, str] = {}
    is_found = True
    while is_found:  # a name that is known now may let another two nodes say the same
        is_found = False
        for id in gone:
            fitting = [] if id in names else _fitting(old, new, id, come=come, names=names)
            if fitting:
                names[id] = max(
                    fitting, key=lambda other: _ties(old, new, pair=(id, other), names=names)
                )
                is_found = True
    return names


def _fitting(
    old: Workflow, new: Workflow, id: str, *, come: list[str], names: Mapping[str, str]
) -> list[str]:
    same, content, taken = _same_but_for(names), _content(old.nodes[id]), set(names.values())
    return [
        other
        for other in come
        if other not in taken
        and new.nodes[other].kind == content["kind"]
        and not any(_fields(content, _content(new.nodes[other]), same=same))
    ]


def _ties(old: Workflow, new: Workflow, *, pair: tuple[str, str], names: Mapping[str, str]) -> int:
    """Return how many edges two nodes have in common, the one as the other."""
    one, other = pair
    followed = {**names, one: other}
    edges = {_followed(edge, followed) for edge in old.edges() if one in {edge[0], edge[2]}}
    return len(edges.intersection(new.edges()))
