"""What pydantic finds wrong with a value, in words for the person who wrote it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from .suggest import did_you_mean

_KEY = "[key]"
_QUOTED = re.compile(r"'([^']*)'")
Kind = Literal["unknown", "missing", "wrong"]
_KINDS: Mapping[str, Kind] = {"extra_forbidden": "unknown", "missing": "missing"}
Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """One thing wrong: an `unknown` field, a `missing` one, or one with a `wrong` value.

    `path` leads to it in the value as it is written; `is_key` says that the fault is the name of its
    last part, not what stands under it.
    """

    kind: Kind
    path: Path
    text: str
    hint: str = ""
    is_key: bool = False


def faults_in(value: object, model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
    """Yield what is wrong with `value`, which is no `model` as `error` says."""
    for found in error.errors(include_url=False):
        told = found["loc"]
        is_key = told[-1:] == (_KEY,)
        path = _path(told[:-1] if is_key else told, value)
        kind = _KINDS.get(found["type"], "wrong")
        if kind == "wrong":
            yield Fault(kind, path, _wrong(found), _expected(found), is_key)
        else:
            yield _misnamed(kind, path, _fields_at(model, told[:-1]))


def _path(told: Path, value: Any) -> Path:
    """Return where in `value` pydantic means; it names the members of unions on the way too."""
    path: list[str | int] = []
    for place, part in enumerate(told):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            if place < len(told) - 1:
                continue
        path.append(part)
    return tuple(path)


def _misnamed(kind: Kind, path: Path, known: Mapping[str, FieldInfo]) -> Fault:
    name = str(path[-1])
    if kind == "missing":
        hint = (known[name].description or "") if name in known else ""
        return Fault(kind, path, "required, but not set", hint)
    has = f"; it has: {', '.join(known)}" if known else ""
    return Fault(kind, path, f"unknown field{has}", did_you_mean(name, known), is_key=True)


def _wrong(found: Any) -> str:
    """Return what is wrong; our own checks say themselves what they found."""
    text: str = found["msg"].removeprefix("Value error, ")
    return text if found["type"] == "value_error" else f"{text}; found {found['input']!r:.80}"


def _expected(found: Any) -> str:
    """Return the hint for a word that is none of a few that are expected."""
    told = found.get("ctx", {})
    words = _QUOTED.findall(str(told.get("expected_tags") or told.get("expected") or ""))
    word = told.get("tag", found["input"])
    return did_you_mean(word, words) if isinstance(word, str) else ""


def _fields_at(model: type[BaseModel], told: Path) -> dict[str, FieldInfo]:
    """Return the fields of the models that may stand at a place, by the names that are written.

    `told` names members of unions too.
    """
    places: list[Any] = [model]
    for part in told:
        below = [member for place in places for member in _below(place, part)]
        meant = [place for place in places if _is_called(place, part)]
        places = below or meant or places
    models = [place for place in places if _is_model(place)]
    fields = (item for one in models for item in one.model_fields.items())
    return {field.alias or name: field for name, field in fields}


def _below(place: Any, part: str | int) -> Iterator[Any]:
    arguments = get_args(place)
    if _is_model(place):
        field = place.model_fields.get(str(part))
        if field is not None:
            yield from _members(field.annotation)
    elif get_origin(place) is dict:
        yield from _members(arguments[-1])
    elif arguments and isinstance(part, int):
        yield from _members(arguments[0])


def _members(annotation: Any) -> Iterator[Any]:
    """Yield the plain types an annotation is made of: itself, or the members of a union."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin is None or origin in {list, tuple, dict, set, frozenset}:
        yield annotation
    else:
        for member in get_args(annotation):
            yield from _members(member)


def _is_called(place: Any, part: str | int) -> bool:
    """Whether a model is the member of a union that a discriminator calls `part`."""
    return _is_model(place) and any(
        get_origin(field.annotation) is Literal and part in get_args(field.annotation)
        for field in place.model_fields.values()
    )


def _is_model(place: Any) -> bool:
    return isinstance(place, type) and issubclass(place, BaseModel)
