"""Telegram's MarkdownV2, read as its servers read it."""

from typing import Any

import msgspec

from .marked import Marked, MarkupError, Span, ordered

_RESERVED = frozenset("_*[]()~`>#+-=|{}.!\n")
_ASCII_END = 126
_CODE = ("code", "pre")
_CLOSES = {
    "bold": "*",
    "underline": "__",
    "italic": "_",
    "strikethrough": "~",
    "spoiler": "||",
    "code": "`",
    "pre": "```",
    "text_link": "]",
    "custom_emoji": "]",
}
_OPENS = (
    ("```", "pre"),
    ("__", "underline"),
    ("||", "spoiler"),
    ("![", "custom_emoji"),
    ("_", "italic"),
    ("*", "bold"),
    ("~", "strikethrough"),
    ("`", "code"),
    ("[", "text_link"),
)


class _Open(msgspec.Struct):
    type: str
    start: int
    offset: int
    facts: dict[str, Any]


def parse_markdown(source: str) -> Marked:
    """Return the text and formatting of MarkdownV2.

    Raises:
        MarkupError: a reserved character is not escaped, or formatting is not closed.
    """
    reading = _Reading(source)
    while reading.position < len(source):
        reading.step()
    reading.end_quote()
    if reading.opened:
        top = reading.opened[-1]
        offset = len(source[: top.offset].encode())
        name = top.type.replace("_", " ")
        msg = f"Can't find end of {name} entity at byte offset {offset}"
        raise MarkupError(msg)
    return Marked("".join(reading.text), ordered(reading.spans))


class _Reading:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.text: list[str] = []
        self.spans: list[Span] = []
        self.opened: list[_Open] = []
        self._quote_from: int | None = None

    def step(self) -> None:
        character = self.source[self.position]
        if character == "\\" and self._escapes():
            self._take(self.source[self.position + 1], 2)
        elif character not in _RESERVED or (self._is_code and character != "`"):
            self._take(character, 1)
        elif self._closes():
            self._close()
        elif self._is_code:
            self._take(character, 1)
        elif character == "\n":
            self._end_line()
        elif character == ">" and self._at_line_start:
            self._begin_quote()
        else:
            self._open(character)

    def end_quote(self) -> None:
        if self._quote_from is not None:
            self.spans.append(Span("blockquote", self._quote_from, len(self.text)))
            self._quote_from = None

    def _escapes(self) -> bool:
        following = self.source[self.position + 1 : self.position + 2]
        return bool(following) and 0 < ord(following) <= _ASCII_END

    def _take(self, character: str, length: int) -> None:
        self.text.append(character)
        self.position += length

    @property
    def _is_code(self) -> bool:
        return bool(self.opened) and self.opened[-1].type in _CODE

    @property
    def _at_line_start(self) -> bool:
        return self.position == 0 or self.source[self.position - 1] == "\n"

    def _end_line(self) -> None:
        if self.source[self.position + 1 : self.position + 2] != ">":
            self.end_quote()
        self._take("\n", 1)

    def _begin_quote(self) -> None:
        if self._quote_from is None:
            self._quote_from = len(self.text)
        self.position += 1

    def _closes(self) -> bool:
        if not self.opened:
            return False
        mark = _CLOSES[self.opened[-1].type]
        if not self.source.startswith(mark, self.position):
            return False
        return mark != "_" or not self.source.startswith("__", self.position)

    def _open(self, character: str) -> None:
        for mark, type in _OPENS:
            if self.source.startswith(mark, self.position):
                opened = _Open(type, len(self.text), self.position, {})
                self.opened.append(opened)
                self.position += len(mark)
                if type == "pre":
                    self._read_language(opened)
                return
        msg = f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
        raise MarkupError(msg)

    def _read_language(self, opened: _Open) -> None:
        end = self.source.find("\n", self.position)
        language = self.source[self.position : end] if end >= 0 else ""
        if "`" not in language and not any(one.isspace() for one in language) and end >= 0:
            self.position = end + 1
            if language:
                opened.facts["language"] = language

    def _close(self) -> None:
        top = self.opened.pop()
        self.position += len(_CLOSES[top.type])
        if top.type == "text_link":
            top.facts["url"] = self._address(top)
            if not top.facts["url"]:
                return
        if top.type == "custom_emoji":
            top.facts["custom_emoji_id"] = self._address(top).rpartition("id=")[2]
        self.spans.append(Span(top.type, top.start, len(self.text), top.facts))

    def _address(self, top: _Open) -> str:
        """Return what stands in parentheses behind a link; without them its text is the address."""
        if self.source[self.position : self.position + 1] != "(":
            return "".join(self.text[top.start :])
        self.position += 1
        found: list[str] = []
        while self.position < len(self.source) and self.source[self.position] != ")":
            self.position += self.source[self.position] == "\\" and self._escapes()
            found.append(self.source[self.position])
            self.position += 1
        if self.position >= len(self.source):
            offset = len(self.source[: top.offset].encode())
            msg = f"Can't find end of a URL at byte offset {offset}"
            raise MarkupError(msg)
        self.position += 1
        return "".join(found)
