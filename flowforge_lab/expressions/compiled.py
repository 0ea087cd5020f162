"""A whole config, compiled: every template in it found and parsed once."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from flowforge_lab.errors import ExpressionError

from .addresses import is_beginning, piece_of_address
from .expression import parse_expression
from .filling import SecretRef
from .joining import MAX_TEXT_CHARS, join
from .markup import ESCAPES, Escape
from .members import Member
from .paths import Reference
from .template import OPEN, Slot, Template, faults_of, parse_template

Path = tuple[str | int, ...]
Role = Literal[
    "template", "expression", "verbatim", "literal", "secret", "url", "html", "markdown"
]
RoleOf = Callable[[Path], Role]
Build = Callable[[Sequence[Any], list[int]], Any]
_MAX_DEPTH = 64
_MISPLACED = (
    "a secret may only stand in a field that is made for one, such as 'auth' of a request,"
    " or in a connection"
)
_LITERAL = "this field must be written out: what may be reached is not for an expression to say"


class Field(msgspec.Struct, frozen=True, eq=False):
    """One expression of a config: in which field, whose whole text is `source`."""

    path: Path
    source: str
    slot: Slot


class Compiled(msgspec.Struct, frozen=True, eq=False):
    """A config ready to be rendered as often as one likes.

    `problems` are all texts that could not be parsed, with their field; such a config must not be
    rendered. `references` and `secrets` say what it needs, each with the field that needs it, `members`
    which names behind a dot can be judged; `names`
    are the roots that are read, `variables` the (scope, name) of each variable among them, `needs_now`
    says that an expression may ask for the time.
    """

    fields: tuple[Field, ...]
    build: Build
    problems: tuple[tuple[Path, ExpressionError], ...]
    references: tuple[tuple[Path, Reference], ...]
    secrets: tuple[tuple[Path, str], ...]
    names: frozenset[str]
    variables: tuple[tuple[str, str], ...]
    needs_now: bool
    members: tuple[tuple[Path, Member], ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether rendering gives the same in every scope, with no secret in it."""
        return not self.fields and not self.secrets


def _always_template(_path: Path) -> Role:
    return "template"


def compile_value(value: Any, *, role_of: RoleOf = _always_template) -> Compiled:
    """Return `value` (dicts, lists, scalars) compiled; what is wrong is collected, never raised.

    `role_of` says how what lies at a path is read: `template` (texts with braces), `expression` (a text
    is one expression, braces optional; a list or dict in its place is a literal), `verbatim` (never
    looked into), `literal` (braces are a problem), `secret` (a template; the only place for
    `{{ secrets.<name> }}`), `url` (a template; a value within it is percent-encoded), `html` or `markdown`
    (templates; a value in them is text, never markup). Keys of dicts
    are left alone. Constant parts are handed out as they are, not copied.
    """
    walk = _Walk(role_of)
    build = walk.compile(value, ())
    references = _references(walk.fields)
    return Compiled(
        tuple(walk.fields),
        build,
        tuple(walk.problems),
        references,
        tuple(walk.secrets),
        frozenset(str(reference.path[0]) for _, reference in references),
        _variables(references),
        _needs_now(walk.fields),
        tuple(
            (field.path, member.shifted(field.slot.start))
            for field in walk.fields
            for member in field.slot.expression.members
        ),
    )


def _variables(references: Sequence[tuple[Path, Reference]]) -> tuple[tuple[str, str], ...]:
    paths = (reference.path for _, reference in references)
    named = (path for path in paths if path[0] == "vars" and len(path) > 2)  # noqa: PLR2004  # vars.scope.name
    return tuple(dict.fromkeys((str(path[1]), str(path[2])) for path in named))


def _needs_now(fields: Sequence[Field]) -> bool:
    """Whether an expression calls `now()`, or goes to the sandbox, which has a clock as well."""
    expressions = [field.slot.expression for field in fields]
    return any(one.quick is None or "now" in one.names for one in expressions)


def _references(fields: Sequence[Field]) -> tuple[tuple[Path, Reference], ...]:
    return tuple(
        (field.path, reference.shifted(field.slot.start))
        for field in fields
        for reference in field.slot.expression.references
    )


class _Walk:
    def __init__(self, role_of: RoleOf) -> None:
        self.fields: list[Field] = []
        self.problems: list[tuple[Path, ExpressionError]] = []
        self.secrets: list[tuple[Path, str]] = []
        self._role_of = role_of

    def compile(self, value: Any, path: Path) -> Build:
        if len(path) > _MAX_DEPTH:
            self._problem(path, ExpressionError(f"nested deeper than {_MAX_DEPTH} levels"))
            return _constant(None)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, dict | list) and self._role_of(path) != "verbatim":
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
        role = self._role_of(path)
        is_expression = role == "expression" and not self._is_within_literal(path)
        if role == "verbatim" or not (is_expression or OPEN in text):
            return _constant(text)
        if role == "literal":
            self._problem(path, ExpressionError(_LITERAL, text, text.find(OPEN)))
            return _constant(None)
        try:
            if is_expression:
                return self._slot(_whole(text), text, path)
            return self._template(parse_template(text), path, role)
        except ExpressionError as error:
            told = () if is_expression else faults_of(text)
            self.problems += [(path, fault) for fault in told or (error,)]
            return _constant(None)

    def _is_within_literal(self, path: Path) -> bool:
        """Whether the text is an item of a list or dict that was given instead of an expression."""
        return bool(path) and self._role_of(path[:-1]) == "expression"

    def _template(self, template: Template, path: Path, role: Role) -> Build:
        if template.secret:
            if role != "secret":
                offset = template.source.find("secrets")
                self._problem(path, ExpressionError(_MISPLACED, template.source, offset))
                return _constant(None)
            self.secrets.append((path, template.secret))
            return _constant(SecretRef(template.source.strip()))
        escape = ESCAPES.get(role)
        if template.is_whole and escape is None:
            return self._slot(template.slots[0], template.source, path)
        pieces: list[Build] = []
        before = ""
        for part in template.parts:
            if isinstance(part, str):
                pieces.append(_constant(part))
                before += part
                continue
            build = self._slot(part, template.source, path)
            is_piece = role == "url" and not is_beginning(before)
            pieces.append(_encoded(build, before) if is_piece else _escaped(build, escape))
        return _joined(pieces, template.source, path)

    def _slot(self, slot: Slot, source: str, path: Path) -> Build:
        index = len(self.fields)
        self.fields.append(Field(path, source, slot))
        return lambda values, _room: values[index]

    def _problem(self, path: Path, error: ExpressionError) -> None:
        self.problems.append((path, error))


def _constant(value: Any) -> Build:
    return lambda _values, _room: value


def _encoded(build: Build, before: str) -> Build:
    return lambda values, room: piece_of_address(build(values, room), before)


def _escaped(build: Build, escape: Escape | None) -> Build:
    return build if escape is None else lambda values, room: escape(build(values, room))


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
