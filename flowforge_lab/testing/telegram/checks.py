"""Whether what a bot sends is what the Bot API takes: every field, by type and bounds."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from .table import ENTITY_TYPES, MARKUPS, METHODS, OBJECTS

_FIELD = re.compile(r"(\w+)(!?):(\[*)(\w+)\]*(?:\((\d*)\.\.(\d*)\))?")
_MODES = ("HTML", "MarkdownV2", "Markdown", "")
_NAME = re.compile(r"@[A-Za-z]\w{3,31}")


class Refused(Exception):  # noqa: N818  # what the server answers, not a fault of it
    """What the server says no with; `facts` are its `parameters`."""

    def __init__(self, description: str, *, code: int = 400, facts: Any = None) -> None:
        super().__init__(description)
        self.description = description
        self.code = code
        self.facts = facts


class FieldRule(msgspec.Struct, frozen=True):
    """What one field must be. `lists` is how many lists deep its values lie."""

    name: str
    is_required: bool
    lists: int
    type: str
    low: int | None
    high: int | None


class Written(str):
    """A value of a form: text, or JSON where the field wants something else."""

    __slots__ = ()


class Part(msgspec.Struct, frozen=True):
    """A file that came with a request."""

    name: str
    content: bytes


def read_form(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a call with those of a form read as their fields want them."""
    rules = rules_of(METHODS.get(method, ""))
    return {
        name: _read(value, rules.get(name)) if isinstance(value, Written) else value
        for name, value in params.items()
    }


def _read(text: str, rule: FieldRule | None) -> Any:
    if rule is None or (not rule.lists and rule.type in {"str", "mode", "file"}):
        return str(text)
    try:
        return json.loads(text)
    except ValueError:
        return str(text)


@cache
def rules_of(line: str) -> dict[str, FieldRule]:
    """Return the rules that a line of the table tells, by field."""
    return {
        name: FieldRule(
            name,
            required == "!",
            len(lists),
            type,
            int(low) if low else None,
            int(high) if high else None,
        )
        for name, required, lists, type, low, high in _FIELD.findall(line)
    }


def check_call(method: str, params: Mapping[str, Any]) -> None:
    """Do nothing where a call is as the Bot API describes it.

    Raises:
        Refused: there is no such method (404), or a field is unknown, missing, of another type or out of
            its bounds (400); the text names the field.
    """
    if method not in METHODS:
        raise Refused("Not Found", code=404)
    _check_fields(method, rules_of(METHODS[method]), params)


def _check_fields(where: str, rules: Mapping[str, FieldRule], given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in rules:
            msg = f"{where} has no field {name!r}"
            raise _wrong(msg)
    for rule in rules.values():
        if rule.name in given:
            _check(f"{where}.{rule.name}", rule, given[rule.name], lists=rule.lists)
        elif rule.is_required:
            msg = f"{where}: field {rule.name!r} is required"
            raise _wrong(msg)


def _check(where: str, rule: FieldRule, value: Any, *, lists: int) -> None:
    if lists:
        if not isinstance(value, list):
            msg = f"{where}: expected a list, found {value!r:.60}"
            raise _wrong(msg)
        if lists == 1:
            _check_bounds(where, rule, len(value))
        for item in value:
            _check(where, rule, item, lists=lists - 1)
        return
    if rule.type in OBJECTS:
        _check_object(where, rule.type, value)
    elif rule.type == "markup":
        _check_markup(where, value)
    else:
        _check_plain(where, rule, value)


def _check_object(where: str, type: str, value: Any) -> None:
    if not isinstance(value, dict):
        msg = f"{where}: expected {type}, found {value!r:.60}"
        raise _wrong(msg)
    _check_fields(f"{where}({type})", rules_of(OBJECTS[type]), value)
    if type == "InlineKeyboardButton":
        _check_button(where, value)
    if type == "MessageEntity" and value["type"] not in ENTITY_TYPES:
        msg = f"{where}: no entity is called {value['type']!r}"
        raise _wrong(msg)


def _check_button(where: str, button: Mapping[str, Any]) -> None:
    does = [name for name in button if name != "text"]
    if len(does) != 1:
        msg = f"{where}: a button does exactly one thing, found {does}"
        raise _wrong(msg)
    if "url" in button and not re.match(r"(https?|tg)://.", button["url"]):
        msg = (
            "Bad Request: inline keyboard button URL "
            f"'{button['url']}' is invalid: Wrong HTTP URL specified"
        )
        raise Refused(msg)


def _check_markup(where: str, value: Any) -> None:
    if not isinstance(value, dict):
        msg = f"{where}: object expected as reply markup"
        raise _wrong(msg)
    for mark, type in MARKUPS.items():
        if mark in value:
            _check_object(where, type, value)
            return
    msg = f"{where}: none of {', '.join(MARKUPS)}"
    raise _wrong(msg)


def _check_plain(where: str, rule: FieldRule, value: Any) -> None:
    if not _TYPES[rule.type](value):
        msg = f"{where}: expected {rule.type}, found {value!r:.60}"
        raise _wrong(msg)
    if rule.type == "bytes" and not (rule.low or 0) <= len(value.encode()) <= (rule.high or 0):
        raise Refused("Bad Request: BUTTON_DATA_INVALID")
    if rule.type == "int":
        _check_bounds(where, rule, value)
    elif rule.type == "str":
        _check_bounds(where, rule, len(value))


def _check_bounds(where: str, rule: FieldRule, size: int) -> None:
    if rule.low is not None and size < rule.low:
        msg = f"{where}: {size} is less than {rule.low}"
        raise _wrong(msg)
    if rule.high is not None and size > rule.high:
        msg = f"{where}: {size} is more than {rule.high}"
        raise _wrong(msg)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_chat(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, str) and _NAME.fullmatch(value) is not None)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "int": _is_int,
    "str": lambda value: isinstance(value, str),
    "bytes": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "float": lambda value: isinstance(value, float | int) and not isinstance(value, bool),
    "chat": _is_chat,
    "mode": lambda value: value in _MODES,
    "file": lambda value: isinstance(value, Part | str) and bool(value),
}


def _wrong(text: str) -> Refused:
    return Refused(f"Bad Request: {text}")
