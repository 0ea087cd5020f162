"""Regular expressions of authors for texts of strangers: the time of a search grows with the text alone."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from .pattern_words import translate

MAX_PATTERN_CHARS = 1_000
_MAX_PIECES = 1_000  # of a pattern written out: `a{9}` has 9, `a{1,9}` twice as many
_MAX_WORK = 5_000_000  # pieces times characters: a fraction of a second at the very worst
_FOREIGN = (
    (re.compile(r"\(\?<?[=!]"), "looks ahead or back"),
    (re.compile(r"\(\?P=|\\[1-9]|\(\?\("), "refers back to a group"),
    (re.compile(r"\(\?>|[*+?}]\+"), "keeps what it took (possessive)"),
    (re.compile(r"\(\?#|\(\?[a-zA-Z]*x"), "holds comments"),
)

Groups = Mapping[str, str | None]
"""What the named groups of a pattern took, by name; `None` of one that took no part."""


class CompiledPattern(msgspec.Struct, frozen=True):
    """A regular expression that may be searched for in any text; `pieces` is its size."""

    engine: Any
    pieces: int

    def find(self, text: str) -> Groups | None:
        """Return what the named groups took, where the pattern fits some place in the text.

        Raises:
            ValueError: the text is too long for a pattern of this size; 4,096 characters never are.
        """
        return self._groups(self.engine.search, text)

    def find_whole(self, text: str) -> Groups | None:
        """Return what the named groups took, where the pattern fits all of the text; see `find`."""
        return self._groups(self.engine.fullmatch, text)

    def _groups(self, search: Callable[[str], Any], text: str) -> Groups | None:
        if len(text) * self.pieces > _MAX_WORK:
            msg = f"{len(text):,} characters are too many for its regular expression"
            raise ValueError(msg)
        found = search(text.encode("utf-8", "replace").decode("utf-8"))  # no half characters
        return None if found is None else found.groupdict()


@lru_cache(maxsize=1_000)
def compile_pattern(text: str, *, ignores_case: bool = False) -> CompiledPattern:
    r"""Return the pattern; `\w`, `\d` and `\s` mean those of all scripts, as in Python.

    Raises:
        ValueError: it is none, or one of those whose search may take forever; it says which, in words.
    """
    import re2

    if len(text) > MAX_PATTERN_CHARS:
        msg = (
            f"a regular expression has at most {MAX_PATTERN_CHARS:,} characters, not {len(text):,}"
        )
        raise ValueError(msg)
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignores_case
    translated = translate(text)
    try:
        engine = re2.compile(translated.text, options)
        pieces = re2.compile(translated.outline, options).programsize
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(_reason(text, error)) from error
    if pieces > _MAX_PIECES:
        msg = (
            f"the regular expression is too large: written out it has {pieces:,} pieces, of "
            f"{_MAX_PIECES:,} allowed; repeat less"
        )
        raise ValueError(msg)
    return CompiledPattern(engine, pieces)


def _reason(text: str, error: Exception) -> str:
    for form, what in _FOREIGN:
        if found := form.search(text):
            return (
                f"a regular expression that {what}, as with {found.group()!r}, is not possible: "
                "its search may take forever; write it without"
            )
    if isinstance(error, UnicodeEncodeError):
        return "not a regular expression: it holds half a character"
    said = error.args[0] if error.args else ""
    reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if "too large" in reason or "repetition size" in reason:
        return f"the regular expression is too large: {reason:.200}; repeat less"
    return f"not a regular expression: {reason:.200}"
