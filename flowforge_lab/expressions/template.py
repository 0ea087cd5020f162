"""A text with `{{ expressions }}` in it, parsed."""

import re
from functools import lru_cache

import msgspec

from flowforge_lab.errors import ExpressionError

from .expression import Expression, parse_expression
from .paths import Reference

_MAX_KEPT_CHARS = 20_000
OPEN, CLOSE = "{{", "}}"
_QUOTE = re.compile(r"'''|\"\"\"|'|\"")
_SECRET = re.compile(r"\s*\{\{\s*secrets\.([A-Za-z_]\w*)\s*\}\}\s*")


class Slot(msgspec.Struct, frozen=True, eq=False):
    """An expression in its place: its text starts at character `start` of the field."""

    expression: Expression
    start: int


class Template(msgspec.Struct, frozen=True, eq=False):
    """A parsed text: literal pieces and slots in turn.

    `is_whole` says that it is one slot and nothing else, so that its value keeps its type; `secret` is
    the name in a text that is `{{ secrets.<name> }}` as a whole, else empty (there are no parts then).
    """

    source: str
    parts: tuple[str | Slot, ...]
    secret: str = ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The expressions, in the order they are written."""
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def is_constant(self) -> bool:
        """Whether the text holds no expression at all."""
        return not self.secret and not self.slots

    @property
    def is_whole(self) -> bool:
        """Whether the text is one expression between braces and nothing else."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Slot)

    @property
    def references(self) -> tuple[Reference, ...]:
        """All paths that are read, with their characters in the whole text."""
        return tuple(
            reference.shifted(slot.start)
            for slot in self.slots
            for reference in slot.expression.references
        )


def parse_template(text: str) -> Template:
    """Return `text` as a template; a text of usual length is parsed once.

    Raises:
        ExpressionError: braces are empty or never closed, or an expression in them is wrong; the
            offset counts from the start of `text`.
    """
    return _parse_once(text) if len(text) <= _MAX_KEPT_CHARS else _parse(text)


def _parse(text: str) -> Template:
    secret = _SECRET.fullmatch(text)
    if secret is not None:
        return Template(text, (), secret.group(1))
    parts: list[str | Slot] = []
    position = 0
    while (opened := text.find(OPEN, position)) >= 0:
        if opened > position:
            parts.append(text[position:opened])
        closed = _find_close(text, opened + len(OPEN))
        parts.append(_slot(text, (opened + len(OPEN), closed)))
        position = closed + len(CLOSE)
    if position < len(text):
        parts.append(text[position:])
    return Template(text, tuple(parts))


def faults_of(text: str) -> tuple[ExpressionError, ...]:
    """Return what is wrong with each expression of a text that cannot be parsed."""
    faults: list[ExpressionError] = []
    position = 0
    while (opened := text.find(OPEN, position)) >= 0:
        try:
            position = _find_close(text, opened + len(OPEN))
        except ExpressionError as error:
            return (*faults, error)
        try:
            _slot(text, (opened + len(OPEN), position))
        except ExpressionError as error:
            faults.append(error)
    return tuple(faults)


_parse_once = lru_cache(maxsize=2048)(_parse)


def _slot(text: str, span: tuple[int, int]) -> Slot:
    start, end = span
    inner = text[start:end]
    if not inner.strip():
        msg = "an expression is missing between the braces"
        raise ExpressionError(msg, text, start)
    try:
        return Slot(parse_expression(inner), start)
    except ExpressionError as error:
        raise in_field(error, text, start) from None


def in_field(error: ExpressionError, text: str, start: int) -> ExpressionError:
    """Return the error of an expression as one of the text in which it starts at `start`."""
    offset = error.offset
    if offset is None:
        rest = text[start:]
        offset = len(rest) - len(rest.lstrip())
    return type(error)(error.message, text, start + offset, field=error.field)


def _find_close(text: str, position: int) -> int:
    """Return where the `}}` stands that ends the expression: not one in a string or a dict."""
    opened, depth = position - len(OPEN), 0
    while position < len(text):
        character = text[position]
        if character in "'\"":
            position = _skip_string(text, position)
            continue
        if depth == 0 and text.startswith(CLOSE, position):
            return position
        depth += (character == "{") - (character == "}")
        position += 1
    msg = "these braces are never closed with }}"
    raise ExpressionError(msg, text, opened)


def _skip_string(text: str, position: int) -> int:
    match = _QUOTE.match(text, position)
    quote = text[position] if match is None else match.group()
    end = position + len(quote)
    while end < len(text):
        if text[end] == "\\":
            end += 2
        elif text.startswith(quote, end):
            return end + len(quote)
        else:
            end += 1
    msg = "this string is never closed"
    raise ExpressionError(msg, text, position)
