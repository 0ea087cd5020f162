"""Parts that stand at several places of one YAML text, by an anchor and its aliases or merge keys.

The YAML library makes one object of them, so that a change at one place is a change at all of them.
"""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml.comments import Comment, CommentedMap, CommentedSeq, Format

_MERGED = "_yaml_merge"


def shared_parts(root: CommentedMap) -> set[int]:
    """Return the `id()` of each mapping and list that can be reached in more than one way."""
    seen, shared = {id(root)}, set[int]()
    stack: list[Any] = [root]
    while stack:
        for part in _parts_of(stack.pop()):
            if id(part) in seen:
                shared.add(id(part))
            else:
                seen.add(id(part))
                stack.append(part)
    return shared


def _parts_of(whole: Any) -> Iterator[Any]:
    values = whole.values() if isinstance(whole, CommentedMap) else whole
    for part in (*values, *getattr(whole, _MERGED, ())):
        if isinstance(part, CommentedMap | CommentedSeq):
            yield part


def unshared(whole: CommentedMap, key: Any) -> Any:
    """Return a copy of what stands under `key`, without anchors, aliases and merge keys.

    It takes the comments with it where the part itself is written at this place.
    """
    return _copy(whole[key], is_here=_is_written_here(whole, key))


def without_merges(mapping: CommentedMap) -> CommentedMap:
    """Return `mapping` with the keys of its merges written out; itself where it has none."""
    if not getattr(mapping, _MERGED, ()):
        return mapping
    own = {key for key, _ in mapping.non_merged_items()}
    written = CommentedMap(
        {key: mapping[key] if key in own else unshared(mapping, key) for key in mapping}
    )
    _take_form(written, mapping, is_here=True)
    return written


def _copy(part: Any, *, is_here: bool) -> Any:
    if isinstance(part, CommentedMap):
        copy: Any = CommentedMap(
            {
                key: _copy(part[key], is_here=is_here and _is_written_here(part, key))
                for key in part
            }
        )
    elif isinstance(part, CommentedSeq):
        copy = CommentedSeq([_copy(item, is_here=is_here) for item in part])
    else:
        return part
    _take_form(copy, part, is_here=is_here)
    return copy


def _take_form(copy: Any, part: Any, *, is_here: bool) -> None:
    if hasattr(part, Format.attrib):
        setattr(copy, Format.attrib, part.fa)
    if is_here and hasattr(part, Comment.attrib):
        setattr(copy, Comment.attrib, part.ca)
        delattr(part, Comment.attrib)


def _is_written_here(whole: CommentedMap, key: Any) -> bool:
    """Whether a value stands behind its key; that of an alias or a merge stands further up."""
    try:
        return bool(whole.lc.value(key) > whole.lc.key(key))
    except (KeyError, TypeError):
        return False
