"""Text with its formatting beside it, as the Bot API knows it, and its parts where it is too long."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

MAX_TEXT = 4096
"""How many UTF-16 units a message may have."""
MAX_CAPTION = 1024


class Span(msgspec.Struct, frozen=True):
    """One piece of formatting, from character `start` to before `end`; `facts` are its further fields."""

    type: str
    start: int
    end: int
    facts: Mapping[str, Any] = {}


class Marked(msgspec.Struct, frozen=True):
    """A text without markup, and its formatting."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def size(self) -> int:
        """How long it is as Telegram counts: in UTF-16 units."""
        return units(self.text)

    def entities(self) -> list[dict[str, Any]]:
        """Return the formatting as `MessageEntity` objects, whose offsets count UTF-16 units."""
        return [
            {
                "type": span.type,
                "offset": units(self.text[: span.start]),
                "length": units(self.text[span.start : span.end]),
                **span.facts,
            }
            for span in self.spans
        ]

    def cut(self, start: int, end: int) -> "Marked":
        """Return the part between two characters, without the white space at its ends."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        text = text.strip()
        end = start + len(text)
        kept = [
            Span(span.type, max(span.start, start) - start, min(span.end, end) - start, span.facts)
            for span in self.spans
            if span.start < end and span.end > start
        ]
        return Marked(text, tuple(kept))


class MarkupError(ValueError):
    """The markup is not well formed; the text says what Telegram says of it."""


def units(text: str) -> int:
    """Return how many UTF-16 units a text has."""
    return len(text) + sum(character > "\uffff" for character in text)


def ordered(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return formatting in the order the Bot API gives it: by place, the longer first; empty ones not."""
    real = [span for span in spans if span.end > span.start]
    return tuple(sorted(real, key=lambda span: (span.start, -span.end)))


def split(marked: Marked, *, limit: int = MAX_TEXT) -> list[Marked]:
    """Return the text in parts of at most `limit` units, none of them empty.

    It is cut at the end of a line, else of a word, outside of all formatting; where there is no such
    place in the second half of a part, inside formatting, which then goes on in the next part.
    """
    parts: list[Marked] = []
    start = 0
    while start < len(marked.text):
        end = _furthest(marked.text, start, limit)
        if end < len(marked.text):
            end = _good_cut(marked, start, end)
        part = marked.cut(start, end)
        if part.text:
            parts.append(part)
        start = end
    return parts


def _furthest(text: str, start: int, limit: int) -> int:
    end = min(start + limit, len(text))
    while (over := units(text[start:end]) - limit) > 0:
        end -= max(over // 2, 1)
    return end


def _good_cut(marked: Marked, start: int, end: int) -> int:
    middle = start + (end - start) // 2
    for mark in ("\n", " "):
        for place in _places(marked.text, mark, start=middle, end=end):
            if not _is_inside(marked.spans, place):
                return place
    for mark in ("\n", " "):
        for place in _places(marked.text, mark, start=middle, end=end):
            return place
    return end


def _places(text: str, mark: str, *, start: int, end: int) -> Iterator[int]:
    """Yield where `mark` stands, the last first; a mark right at the end counts."""
    at = text.rfind(mark, start, end + 1)
    while at > start:
        yield at
        at = text.rfind(mark, start, at)


def _is_inside(spans: Sequence[Span], place: int) -> bool:
    return any(span.start < place < span.end for span in spans)
