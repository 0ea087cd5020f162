"""YAML in and out with comments and order kept; the one place that knows the YAML library."""

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import ConstructorError, RoundTripConstructor
from ruamel.yaml.error import CommentMark, MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
)
from ruamel.yaml.tokens import CommentToken

from flowforge_lab.errors import DocumentError, Problem

from .aliases import shared_parts, unshared, without_merges
from .characters import whole_characters
from .description import describe

MAX_BYTES = 1_000_000
MAX_VALUES = 200_000
_MAX_BITS = 13_287  # 4,000 digits, as in expressions
_QUICK = getattr(
    yaml, "CBaseLoader", yaml.BaseLoader
)  # 15 times as quick as the one that keeps comments
_SHORT = 60
_WIDTH = 1 << 20  # no line that nobody touched is wrapped anew
_MAX_DEPTH = 100
_ONLY_ESCAPED = re.compile(
    r"^\?|[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BRACKETS = re.compile(r"[\[\]{}]")


def load(text: str, source: str = "") -> CommentedMap:
    """Return the mapping that `text` writes, with its comments.

    Raises:
        DocumentError: too large, not YAML, or not a mapping; the problem names line and column.
    """
    if len(text) > MAX_BYTES:
        msg = (
            f"{source or 'the document'} has {len(text):,} characters, a workflow may have {MAX_BYTES:,};"
            " keep data in files beside it"
        )
        raise DocumentError(msg, [Problem("document.size", msg)])
    if _is_too_deep(text):
        msg_0 = "nested too deeply"
        raise _broken(msg_0, source, None)
    try:
        loaded = _yaml().load(text)
    except RecursionError as error:
        msg_0 = "nested too deeply"
        raise _broken(msg_0, source, None) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise _broken(error.problem or error.context or "not YAML", source, line) from error
    except (YAMLError, ValueError, AttributeError, TypeError) as error:
        raise _broken((str(error).splitlines() or ["not YAML"])[0], source, None) from error
    if not isinstance(loaded, CommentedMap):
        what = f"expected a mapping with 'flowforge' and 'nodes', found {describe(loaded)}"
        raise _broken(what, source, 1)
    return loaded


def _is_too_deep(text: str) -> bool:
    """Whether brackets are open more than a hundred deep, which takes the parser minutes to refuse."""
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > _MAX_DEPTH:
            return True
    return False


def _broken(what: str, source: str, line: int | None) -> DocumentError:
    place = source or "the document"
    at = f"{place}:{line}" if line else place
    problem = Problem("document.yaml", what, line=line, hint="mend the YAML; see the line named")
    return DocumentError(f"{at}: {what}", [problem])


def dump(document: CommentedMap) -> str:
    """Return the text of `document`."""
    sink = io.StringIO()
    _yaml().dump(document, sink)
    return sink.getvalue()


def yaml_of(value: Mapping[str, Any]) -> str:
    """Return a mapping as YAML, as a workflow file would have it."""
    return fresh(value)[1]


def _yaml() -> YAML:
    rules = YAML(typ="rt", pure=True)
    rules.Constructor = _Constructor
    rules.preserve_quotes = True
    rules.width = _WIDTH
    rules.indent(mapping=2, sequence=4, offset=2)
    return rules


class _Constructor(RoundTripConstructor):
    """Refuses a part that holds itself before anything is made of it, and values that are none."""

    def construct_document(self, node: Node) -> Any:
        mark = _loop_in(node)
        if mark is not None:
            what = "a part refers to itself by an alias or a merge"
            raise ConstructorError(None, None, what, mark)
        return super().construct_document(node)

    def construct_object(self, node: Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # the library's
        if not isinstance(node, ScalarNode):
            return super().construct_object(node, deep)
        try:
            node.value = whole_characters(node.value)
            made = super().construct_object(node, deep)
        except ValueError as error:
            raise ConstructorError(None, None, str(error), node.start_mark) from error
        if isinstance(made, int) and made.bit_length() > _MAX_BITS:
            what = "a number of more than 4,000 digits"
            raise ConstructorError(None, None, what, node.start_mark)
        return made


def _loop_in(root: Node) -> Any:
    """Return the place of the first alias that leads back to where it stands, or `None`."""
    above, done = {id(root)}, set[int]()
    stack = [(root, _parts_of(root))]
    while stack:
        node, parts = stack[-1]
        mark, part = next(parts, (None, None))
        if part is None:
            stack.pop()
            above.discard(id(node))
            done.add(id(node))
        elif id(part) in above:
            return mark
        elif id(part) not in done:
            above.add(id(part))
            stack.append((part, _parts_of(part)))
    return None


def _parts_of(node: Node) -> Iterator[tuple[Any, Node]]:
    """Yield the mappings and lists directly in a node, each with the place where it is named."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from ((key.start_mark, part) for part in (key, value) if _has_parts(part))
    elif isinstance(node, SequenceNode):
        yield from ((node.start_mark, part) for part in node.value if _has_parts(part))


def _has_parts(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode)


def plain(value: Any) -> Any:
    """Return `value` without comments: dicts, lists and plain scalars; dates as ISO text.

    Raises:
        DocumentError: it holds more than 200,000 values, as aliases of aliases do.
    """
    return _Plain().read(value)


class _Plain:
    def __init__(self) -> None:
        self.left = MAX_VALUES

    def read(self, value: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            msg = f"the document holds more than {MAX_VALUES:,} values once its aliases are written out"
            raise DocumentError(msg, [Problem("document.size", msg)])
        if isinstance(value, Mapping):
            return {key_text(key): self.read(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.read(item) for item in value]
        return _scalar(value)


def key_text(key: Any) -> str:
    """Return a key as it was written: `true` and `false` are names of ports, not truth values."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _scalar(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def styled(value: Any) -> Any:
    """Return plain JSON as the YAML library should write it: short lists on a line, long text in a block."""
    if isinstance(value, Mapping):
        return CommentedMap({_styled_key(key): styled(item) for key, item in value.items()})
    if isinstance(value, list):
        sequence = CommentedSeq([styled(item) for item in value])
        if (
            all(isinstance(item, str | int | float | bool) for item in value)
            and len(str(value)) <= _SHORT
        ):
            sequence.fa.set_flow_style()
        return sequence
    return _styled_text(value) if isinstance(value, str) else value


def _styled_text(text: str) -> str:
    """Return `text` so that the YAML library writes it in a style that reads back as the same."""
    quoted: str = text
    if _ONLY_ESCAPED.search(text):
        quoted = DoubleQuotedScalarString(text)
    elif "\n" in text:
        quoted = LiteralScalarString(text)
    return quoted


def _styled_key(key: Any) -> Any:
    if isinstance(key, str) and _ONLY_ESCAPED.search(key):
        return DoubleQuotedScalarString(key)
    return key


Written = tuple[CommentedMap, str]
"""A document as it is kept, and its text."""


def changed(
    tree: CommentedMap, target: Mapping[str, Any], *, is_quoted: bool = False
) -> Written | None:
    """Return `tree` changed until it says the same as `target`; what is equal keeps its comments and form.

    A part that stands at several places by an alias or a merge changes only where `target` says so. Comments
    may come to stand where the text cannot be read any more: `None` then. `is_quoted` writes text of several
    lines in quotes, which takes comments everywhere.
    """
    made = _Merge(shared_parts(tree), is_quoted=is_quoted).into(tree, target)
    try:
        text = dump(made)
    except AttributeError:  # the library cannot write some comments that it has read itself
        return None
    return (made, text) if _says(text, target) else None


def fresh(value: Mapping[str, Any]) -> Written:
    """Return a new document that says `value`, without comments."""
    made = styled(value)
    return made, dump(made)


def _says(text: str, value: Mapping[str, Any]) -> bool:
    """Whether `text` is read back as `value`; the quick reader knows no merges and no types."""
    try:
        read = yaml.load(text, Loader=_QUICK)  # noqa: S506  # makes text, lists and mappings, nothing else
        return _is_same(read, value) or plain(load(text)) == value
    except (yaml.YAMLError, DocumentError, RecursionError):
        return False


def _is_same(read: Any, value: Any) -> bool:
    """Whether a value reads the same where all that is no text, no mapping and no list counts as equal."""
    if isinstance(value, Mapping):
        is_like = isinstance(read, Mapping) and read.keys() == {key_text(key) for key in value}
        return is_like and all(_is_same(read[key], value[key]) for key in value)
    if isinstance(value, list):
        is_like = isinstance(read, list) and len(read) == len(value)
        return is_like and all(map(_is_same, read, value))
    return isinstance(read, str) and (read == value or not isinstance(value, str))


class _Merge:
    def __init__(self, shared: set[int], *, is_quoted: bool) -> None:
        self.shared = shared
        self.is_quoted = is_quoted

    def into(self, old: CommentedMap, new: Mapping[str, Any]) -> CommentedMap:
        gone = [key for key in old if key_text(key) not in new]
        if gone:  # what a merge brings cannot be taken away
            old = without_merges(old)
        for key in gone:
            del old[key]
        written = {key_text(key): key for key in old}
        for name, value in new.items():
            key = written.get(name, name)
            if key not in old or plain(old[key]) != value:
                old[_styled_key(key)] = self._said(old, key, value)
        return old

    def _said(self, old: CommentedMap, key: Any, value: Any) -> Any:
        """Return what says `value` under `key`, made from what is there where that is a mapping too."""
        part = old.get(key)
        if isinstance(part, CommentedMap) and isinstance(value, Mapping) and value:
            return self.into(unshared(old, key) if id(part) in self.shared else part, value)
        if key in old and not value:
            _put_behind(old, key)
        said = styled(value)
        if self.is_quoted and isinstance(said, str) and "\n" in said:
            return DoubleQuotedScalarString(said)
        if (
            isinstance(part, FoldedScalarString) and type(said) is str
        ):  # folding loses spaces at ends
            return LiteralScalarString(said)
        return said


def _put_behind(mapping: CommentedMap, key: Any) -> None:
    """Let what is said between a key and its value stand behind the value, which has no lines any more."""
    comments = mapping.ca.items.get(key)
    if comments and comments[3]:
        text = "".join(token if isinstance(token, str) else token.value for token in comments[3])
        comments[2:] = [CommentToken(text, CommentMark(0), None), None]


def rename_nodes(document: CommentedMap, renamed: Mapping[str, str]) -> None:
    """Give nodes other ids in the same places, with their comments."""
    nodes = document.get("nodes")
    for old, new in renamed.items():
        if isinstance(nodes, CommentedMap) and old in nodes and new not in nodes:
            _rename(nodes, old, new)


def _rename(mapping: CommentedMap, old: str, new: str) -> None:
    """Give a key of `mapping` another name in the same place, with its comments.

    A key that a merge brings has no place of its own, and is left alone.
    """
    if old not in (key for key, _ in mapping.non_merged_items()):
        return
    place = list(mapping).index(old)
    comment = mapping.ca.items.pop(old, None)
    value = mapping.pop(old)
    mapping.insert(place, new, value)
    if comment is not None:
        mapping.ca.items[new] = comment


def line_of(document: CommentedMap, path: tuple[str | int, ...]) -> int | None:
    """Return the 1-based line of the deepest part of `path` that stands in the document."""
    here: Any = document
    line = None
    for step in path:
        try:
            mark = here.lc.key(step) if isinstance(here, CommentedMap) else here.lc.item(step)
            here = here[step]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
        if mark is None:  # it was not read from a text
            break
        line = mark[0] + 1
    return line
