"""A whole config, compiled: every template in it found and parsed once."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from flowforge_lab.errors import ExpressionError

from .expression import parse_expression
from .filling import SecretRef
from .joining import MAX_TEXT_CHARS, join
from .paths import Reference
from .template import OPEN, Slot, Template, parse_template

Path = tuple[str | int, ...]
RoleOf = Callable[[Path], str]
Build = Callable[[Sequence[Any], list[int]], Any]
_MAX_DEPTH = 64


class Field(msgspec.Struct, frozen=True, eq=False):
    """One expression of a config: in which field, whose whole text is `source`."""

    path: Path
    source: str
    slot: Slot


class Compiled(msgspec.Struct, frozen=True, eq=False):
    """A config ready to be rendered as often as one likes.

    `problems` are all texts that could not be parsed, with their field; such a config must not be
    rendered. `references` and `secrets` say what it needs, each with the field that needs it.
    """

    fields: tuple[Field, ...]
    build: Build
    problems: tuple[tuple[Path, ExpressionError], ...]
    references: tuple[tuple[Path, Reference], ...]
    secrets: tuple[tuple[Path, str], ...]

    @property
    def is_constant(self) -> bool:
        """Whether rendering gives the same in every scope, with no secret in it."""
        return not self.fields and not self.secrets

    @property
    def names(self) -> frozenset[str]:
        """The roots that are read."""
        return frozenset(str(reference.path[0]) for _, reference in self.references)

    def is_open_at(self, path: Path) -> bool:
        """Whether an expression stands at, above or below `path`: its type is known when it runs."""
        places = [field.path for field in self.fields] + [place for place, _ in self.secrets]
        places += [place for place, _ in self.problems]
        return any(place[: len(path)] == path or path[: len(place)] == place for place in places)


def _template_everywhere(_path: Path) -> str:
    return ""


def compile_value(value: Any, *, role: RoleOf = _template_everywhere) -> Compiled:
    """Return `value` (dicts, lists, scalars) compiled; what is wrong is collected, never raised.

    `role` says how what lies at a path is read: `expression` (a text is one expression, braces
    optional; a list or dict in its place is a literal), `verbatim` (never looked into), else texts are
    templates. Keys of dicts are left alone. Constant parts are handed out as they are, not copied.
    """
    walk = _Walk(role)
    build = walk.compile(value, ())
    return Compiled(
        tuple(walk.fields),
        build,
        tuple(walk.problems),
        _references(walk.fields),
        tuple(walk.secrets),
    )


def gather(fields: Mapping[str, Compiled]) -> Compiled:
    """Return several compiled values as one, which renders to a dict of them in one go."""
    starts = list(accumulate((len(one.fields) for one in fields.values()), initial=0))
    parts = [
        (name, one.build, slice(start, start + len(one.fields)))
        for (name, one), start in zip(fields.items(), starts, strict=False)
    ]
    everything = tuple(
        Field((name, *field.path), field.source, field.slot)
        for name, one in fields.items()
        for field in one.fields
    )
    return Compiled(
        everything,
        lambda values, room: {name: build(values[span], room) for name, build, span in parts},
        tuple(
            ((name, *path), error) for name, one in fields.items() for path, error in one.problems
        ),
        _references(everything),
        tuple(
            ((name, *path), secret) for name, one in fields.items() for path, secret in one.secrets
        ),
    )


def _references(fields: Sequence[Field]) -> tuple[tuple[Path, Reference], ...]:
    return tuple(
        (field.path, reference.shifted(field.slot.start))
        for field in fields
        for reference in field.slot.expression.references
    )


class _Walk:
    def __init__(self, role: RoleOf) -> None:
        self.fields: list[Field] = []
        self.problems: list[tuple[Path, ExpressionError]] = []
        self.secrets: list[tuple[Path, str]] = []
        self._role = role

    def compile(self, value: Any, path: Path) -> Build:
        if len(path) > _MAX_DEPTH:
            self._problem(path, ExpressionError(f"nested deeper than {_MAX_DEPTH} levels"))
            return _constant(None)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict | list) and self._role(path) != "verbatim":
            return self._container(value, path)
        return _constant(value)

    def _container(self, value: dict[Any, Any] | list[Any], path: Path) -> Build:
        before = len(self.fields), len(self.secrets)
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        parts = [(key, self.compile(item, (*path, key))) for key, item in pairs]
        if (len(self.fields), len(self.secrets)) == before:
            return _constant(value)
        if isinstance(value, dict):
            return lambda values, room: {key: build(values, room) for key, build in parts}
        builds = [build for _, build in parts]
        return lambda values, room: [build(values, room) for build in builds]

    def _text(self, text: str, path: Path) -> Build:
        role = self._role(path)
        is_expression = role == "expression" and not self._is_within_literal(path)
        if role == "verbatim" or not (is_expression or OPEN in text):
            return _constant(text)
        try:
            if is_expression:
                return self._slot(_whole(text), text, path)
            return self._template(parse_template(text), path)
        except ExpressionError as error:
            self._problem(path, error)
            return _constant(None)

    def _is_within_literal(self, path: Path) -> bool:
        """Whether the text is an item of a list or dict that was given instead of an expression."""
        return bool(path) and self._role(path[:-1]) == "expression"

    def _template(self, template: Template, path: Path) -> Build:
        if template.secret:
            self.secrets.append((path, template.secret))
            return _constant(SecretRef(template.source.strip()))
        if template.is_whole:
            return self._slot(template.slots[0], template.source, path)
        pieces = [
            self._slot(part, template.source, path) if isinstance(part, Slot) else _constant(part)
            for part in template.parts
        ]
        return _joined(pieces, template.source, path)

    def _slot(self, slot: Slot, source: str, path: Path) -> Build:
        index = len(self.fields)
        self.fields.append(Field(path, source, slot))
        return lambda values, _room: values[index]

    def _problem(self, path: Path, error: ExpressionError) -> None:
        self.problems.append((path, error))


def _constant(value: Any) -> Build:
    return lambda _values, _room: value


def _joined(pieces: Sequence[Build], source: str, path: Path) -> Build:
    def build(values: Sequence[Any], room: list[int]) -> str:
        try:
            text = join((piece(values, room) for piece in pieces), room[0])
        except ExpressionError as error:
            raise ExpressionError(error.message, source, 0, field=dotted(path)) from None
        room[0] -= len(text)
        return text

    return build


def _whole(text: str) -> Slot:
    """Return the one expression that `text` is, whether or not it stands in braces."""
    if not text.lstrip().startswith(OPEN):
        return Slot(parse_expression(text), 0)
    template = parse_template(text)
    others = [part for part in template.parts if not isinstance(part, str) or part.strip()]
    if len(others) == 1 and isinstance(others[0], Slot):
        return others[0]
    msg = "this field is one expression: write it without {{ }}"
    raise ExpressionError(msg, text, len(text) - len(text.lstrip()))


def room_for_texts() -> list[int]:
    """Return how many characters all texts of one rendering may have together, to be counted down."""
    return [MAX_TEXT_CHARS]


def dotted(path: Path) -> str:
    """Return a path as people write it: `headers.accept`, `items.0`."""
    return ".".join(str(key) for key in path)
