"""The words of regular expressions: Python's, told to an engine whose letters are ASCII by default."""

import re
from collections.abc import Iterator

import msgspec

_LETTERS = r"\p{L}\p{N}_"
_SPACES = (
    r"\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}"
    r"\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_NO_SPACES = (
    r"\x00-\x08\x0e-\x1b\x21-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff}"
)
_BESIDE = {
    "w": f"[{_LETTERS}]",
    "W": f"[^{_LETTERS}]",
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": f"[{_SPACES}]",
    "S": f"[^{_SPACES}]",
    "Z": r"\z",
}
_WITHIN = {
    "w": _LETTERS,
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "s": _SPACES,
    "S": _NO_SPACES,
    "b": r"\x08",
}
_PIECE = re.compile(
    r"""
    \\u(?P<short>[0-9a-fA-F]{4}) | \\U(?P<long>[0-9a-fA-F]{8})
    | (?P<property>\\[pP](?:\{\^?\w+\}|.))
    | \\(?P<escaped>.)
    | (?P<known>\[:\^?\w+:\])
    | (?P<opens>\[\^?\]?)
    | (?P<group>\(\?P?<\w+>)
    | (?P<upto>\{,)(?=[0-9]+\})
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Translated(msgspec.Struct, frozen=True):
    """A pattern in the engine's words, and an `outline` in which each kind of character is a plain `x`."""

    text: str
    outline: str


def translate(pattern: str) -> Translated:
    r"""Return a pattern of Python's in the engine's words; `\w`, `\d`, `\s` are those of all scripts.

    Raises:
        ValueError: it holds what has no such words.
    """
    reader = _Reader()
    pieces = list(reader.read(pattern))
    if reader.has_edge and reader.has_letters:
        msg = (
            r"\b and \B know the letters a to z only, and this pattern has others, or \w; "
            r"write (?:^|\W) or (?:\W|$) in their place"
        )
        raise ValueError(msg)
    return Translated("".join(text for text, _ in pieces), "".join(plain for _, plain in pieces))


class _Reader:
    """Goes through a pattern once; knows whether it stands within brackets."""

    def __init__(self) -> None:
        self.has_edge = False
        self.has_letters = False
        self._is_within = False

    def read(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Yield each piece in the engine's words and in outline."""
        for found in _PIECE.finditer(pattern):
            if self._is_within:
                yield self._within(found), ""
            else:
                yield self._beside(found)

    def _beside(self, found: re.Match[str]) -> tuple[str, str]:
        piece, outline = _as_number(found), "x"
        match found.lastgroup:
            case "escaped":
                piece = self._escaped(found["escaped"], _BESIDE)
            case "known":
                msg = f"{piece} belongs into another pair of brackets: [{piece}]"
                raise ValueError(msg)
            case "opens":
                self._is_within = True
            case "group":
                outline = "("
            case "upto":
                piece = outline = "{0,"
            case "other" if piece.isascii():
                outline = "x" if piece == "." else piece
            case "other":
                self.has_letters = True
        return piece, outline

    def _within(self, found: re.Match[str]) -> str:
        piece = _as_number(found)
        match found.lastgroup:
            case "escaped":
                if found["escaped"] == "W":
                    msg = r"\W within brackets is not known; write \P{L}, or \p{L} for letters"
                    raise ValueError(msg)
                return self._escaped(found["escaped"], _WITHIN)
            case "opens":
                self._is_within = "]" not in piece
                return f"\\{piece}"
        self._is_within = piece != "]"
        self.has_letters |= not piece.isascii()
        return piece

    def _escaped(self, letter: str, words: dict[str, str]) -> str:
        if letter == "C":
            msg = r"\C is not known"
            raise ValueError(msg)
        self.has_edge |= letter in "bB" and not self._is_within
        self.has_letters |= letter in "wW"
        return words.get(letter, f"\\{letter}")


def _as_number(found: re.Match[str]) -> str:
    number = found["short"] or found["long"]
    return f"\\x{{{number}}}" if number else found.group()
