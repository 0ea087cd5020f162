"""Methods and filters of other languages that mean the same here, and templates made of expressions."""

import ast
import re
from collections.abc import Callable

from .language import Call, Method, Methods, Said, UnknownError

_FORMATTED = "values are written in Python's way"
Read = Callable[[str], Said]


def _method(text: str, kind: str = "any", *doubts: str) -> Method:
    """Return a method written with `{0}` for the value and `{1}`, `{2}` for the arguments."""

    def make(said: Said, call: Call) -> Said:
        given = [one.text for one in call.arguments]
        return Said(text.format(said.text, *given), kind, doubts)  # type: ignore[arg-type]  # one of the kinds

    return make


def _slice(said: Said, call: Call) -> Said:
    given = [one.text for one in call.arguments]
    return Said(f"{said.text}[{':'.join([*given, '', ''][:2])}]", "any")


JAVASCRIPT: Methods = {
    "length": _method("len({0})", "number"),
    "toUpperCase": _method("{0}.upper()", "text"),
    "toLowerCase": _method("{0}.lower()", "text"),
    "trim": _method("{0}.strip()", "text"),
    "includes": _method("({1} in {0})", "truth"),
    "startsWith": _method("{0}.startswith({1})", "truth"),
    "endsWith": _method("{0}.endswith({1})", "truth"),
    "split": _method("{0}.split({1})"),
    "replaceAll": _method("{0}.replace({1}, {2})", "text"),
    "join": _method("{1}.join([str(one) for one in {0}])", "text", _FORMATTED),
    "toString": _method("str({0})", "text", _FORMATTED),
    "slice": _slice,
    "toISO": _method("{0}.isoformat()", "text", "milliseconds and zone are written otherwise"),
    "toISOString": _method(
        "{0}.isoformat()", "text", "milliseconds and zone are written otherwise"
    ),
}
PEBBLE: Methods = {"length": _method("len({0})", "number")}
FILTERS: Methods = {
    "upper": _method("{0}.upper()", "text"),
    "lower": _method("{0}.lower()", "text"),
    "trim": _method("{0}.strip()", "text"),
    "length": _method("len({0})", "number"),
    "first": _method("{0}[0]"),
    "last": _method("{0}[-1]"),
    "default": _method("default({0}, {1})"),
    "json": _method("json.dumps({0})", "text", "spaces in the JSON differ"),
    "toJson": _method("json.dumps({0})", "text", "spaces in the JSON differ"),
    "join": _method("{1}.join([str(one) for one in {0}])", "text", _FORMATTED),
    "string": _method("str({0})", "text", _FORMATTED),
    "split": _method("{0}.split({1})"),
    "keys": _method("list({0})"),
}


def functions(root: str, call: Call) -> str:
    """Return a call of a function that every dialect has.

    Raises:
        UnknownError: there is none of that name.
    """
    given = [one.text for one in call.arguments]
    told = {
        "String": "str({0})", "Number": "float({0})", "parseInt": "int({0})", "parseFloat": "float({0})",
        "Boolean": "bool({0})", "json": "json.loads({0})", "fromJson": "json.loads({0})",
        "toJson": "json.dumps({0})", "max": "max({0}, {1})", "min": "min({0}, {1})",
    }.get(root)  # fmt: skip
    if told is None or len(given) < 1:
        msg = f"{root!r} is not known here"
        raise UnknownError(msg)
    try:
        return told.format(*given)
    except IndexError:
        msg = f"{root!r} has too few arguments"
        raise UnknownError(msg) from None


def template(
    text: str, read: Read, *, braces: str = r"\{\{(.*?)\}\}"
) -> tuple[str, tuple[str, ...]]:
    """Return a text with expressions in braces as a template of ours, and the doubts about it.

    Raises:
        UnknownError: an expression in it cannot be said here.
    """
    doubts: list[str] = []

    def put(found: re.Match[str]) -> str:
        said = read(found[1].strip())
        doubts.extend(said.doubts)
        return _constant(said) or "{{ " + said.text + " }}"

    made = re.sub(braces, put, text, flags=re.DOTALL)
    return made, tuple(doubts)


def _constant(said: Said) -> str:
    """Return a constant text as it is; empty where it is none."""
    if said.kind not in {"any", "text"}:
        return ""
    try:
        value = ast.literal_eval(said.text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) and "{{" not in value else ""


def expression(text: str, read: Read, *, braces: str = r"\{\{(.*?)\}\}") -> Said:
    """Return a text with expressions in braces as one expression of ours.

    Raises:
        UnknownError: an expression in it cannot be said here.
    """
    pieces = re.split(braces, text, flags=re.DOTALL)
    sides: list[Said] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            sides.append(read(piece.strip()))
        elif piece:
            sides.append(Said(repr(piece), "text"))
    if len(sides) == 1:
        return sides[0]
    if not sides:
        return Said("''", "text")
    doubts = tuple(doubt for one in sides for doubt in one.doubts)
    joined = " + ".join(one.text if one.kind == "text" else f"str({one.text})" for one in sides)
    return Said(f"({joined})", "text", (*doubts, _FORMATTED))
