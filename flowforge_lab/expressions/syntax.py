"""From the text of an expression to a syntax tree, with the exact place of whatever is wrong."""

import ast
import re
import warnings
from collections.abc import Sequence

from flowforge_lab.errors import ExpressionError

MAX_EXPRESSION_CHARS = 10_000
_MAX_DEPTH = 100
_LINE_END = re.compile(r"\r\n|\r|\n")
_WRAPPED_LINES = 1  # the bracket that is put before the text has a line of its own


class Positions:
    """Turns the parser's lines and UTF-8 columns into 0-based characters of the text."""

    def __init__(self, source: str) -> None:
        self._lines: Sequence[str] = _LINE_END.split(source)
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(source))]
        self._length = len(source)

    def start(self, node: ast.expr) -> int:
        """Return the character where `node` starts."""
        return self._place(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        """Return the character behind `node`."""
        return self._place(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def of_character(self, line: int, column: int) -> int:
        """Return the character for a 1-based line and a 0-based column that counts characters."""
        index = min(max(line - 1, 0), len(self._starts) - 1)
        return min(max(self._starts[index] + column, 0), self._length)

    def _place(self, line: int, column_bytes: int) -> int:
        index = line - 1 - _WRAPPED_LINES
        if not 0 <= index < len(self._lines):
            return 0 if index < 0 else self._length
        text = self._lines[index]
        if text.isascii():
            return min(self._starts[index] + column_bytes, self._length)
        before = text.encode(errors="replace")[:column_bytes].decode(errors="replace")
        return self._starts[index] + len(before)


def parse_syntax(source: str) -> ast.expr:
    """Return the tree of the one expression in `source`; lines count from 2 (see `Positions`).

    Raises:
        ExpressionError: it is empty, too long, nested too deeply, or no expression.
    """
    if not source.strip():
        msg = "an expression is missing here"
        raise ExpressionError(msg, source, 0)
    if len(source) > MAX_EXPRESSION_CHARS:
        msg = (
            f"an expression may have {MAX_EXPRESSION_CHARS:,} characters, this has {len(source):,}"
        )
        raise ExpressionError(msg, source, MAX_EXPRESSION_CHARS)
    tree = _parse(source)
    _check_depth(tree, source)
    return tree


def _parse(source: str) -> ast.expr:
    wrapped = f"[\n{source}\n]"
    try:
        body = _parse_python(wrapped)
    except SyntaxError as error:
        raise _told_better(source, error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(_reason(error), source, 0) from None
    if isinstance(body, ast.List) and len(body.elts) == 1:
        if not isinstance(body.elts[0], ast.Starred):
            return body.elts[0]
        msg = "a single * has nothing to unpack into"
        raise ExpressionError(msg, source, 0)
    if isinstance(body, ast.List) and body.elts:
        offset = Positions(source).end(body.elts[0])
        msg = "one value is expected; write (a, b) for several"
        raise ExpressionError(msg, source, offset)
    msg = "this is not one expression; check its brackets"
    raise ExpressionError(msg, source, 0)


def _parse_python(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, mode="eval").body


def _told_better(source: str, error: SyntaxError) -> ExpressionError:
    """Return the parser's complaint in terms of the text; it may speak of our own brackets."""
    bare = _complaint_about(source)
    is_at_end = (error.lineno or 1) - _WRAPPED_LINES > len(_LINE_END.split(source))
    if is_at_end and (bare is None or bare.msg == "invalid syntax"):
        return ExpressionError("the expression ends too early", source, len(source.rstrip()))
    if bare is not None:
        indent = len(source) - len(source.lstrip())
        return ExpressionError(_reason(bare), source, indent + max((bare.offset or 1) - 1, 0))
    line = (error.lineno or 1) - _WRAPPED_LINES
    offset = Positions(source).of_character(line, (error.offset or 1) - 1)
    return ExpressionError(_reason(error), source, offset)


def _complaint_about(source: str) -> SyntaxError | None:
    """Return what the parser says of a text of one line without our brackets, if it says anything."""
    if _LINE_END.search(source):
        return None
    try:
        _parse_python(source.strip())
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deeply"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    if "too many nested" in text:
        return "nested too deeply"
    return f"not a valid expression: {text.partition(' (<unknown>')[0]}"


def _check_depth(tree: ast.expr, source: str) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(_MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    msg = "nested too deeply"
    raise ExpressionError(msg, source, 0)
