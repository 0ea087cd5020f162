"""What pydantic finds wrong with a value, in words for the person who wrote it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from .description import describe
from .suggest import did_you_mean

_KEY = "[key]"
_QUOTED = re.compile(r"'([^']*)'")
Kind = Literal["unknown", "missing", "wrong"]
_KINDS: Mapping[str, Kind] = {"extra_forbidden": "unknown", "missing": "missing"}
_SHAPES = frozenset({"model_type", "model_attributes_type"})
_WHOLE = frozenset({*_SHAPES, "value_error", "union_tag_invalid"})
"""What is told with what was found."""
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


def faults_in(
    value: object, model: Any, error: ValidationError, *, shows_values: bool = True
) -> Iterator[Fault]:
    """Yield what is wrong with `value`, which is no `model` (or union of models) as `error` says.

    Without `shows_values` no value is told that may be a secret.
    """
    for found in error.errors(include_url=False):
        told = found["loc"]
        is_key = told[-1:] == (_KEY,)
        path = _path(told[:-1] if is_key else told, value)
        kind = _KINDS.get(found["type"], "wrong")
        if found["type"] == "union_tag_not_found":
            yield _untagged(found, path, _models_at(model, told))
        elif kind == "wrong":
            text = told_of(found, shows_value=shows_values)
            yield Fault(kind, path, text, _expected(found), is_key)
        else:
            yield _misnamed(kind, path, _fields_of(_models_at(model, told[:-1])))


def told_of(found: Any, *, shows_value: bool = True) -> str:
    """Return what one of pydantic's errors says is wrong, and what it found.

    Our own checks say that themselves; without `shows_value` the value is left out.
    """
    text = _said(found)
    is_whole = found["type"] in _WHOLE or not shows_value
    return text if is_whole else f"{text}; found {found['input']!r:.80}"


def _said(found: Any) -> str:
    """Return what pydantic says, in our words where its own speak of its insides."""
    context = found.get("ctx", {})
    tag = context.get("discriminator", "")
    if found["type"] == "union_tag_invalid":
        return f"expected {tag} to be one of {context['expected_tags']}; found {context['tag']!r}"
    if found["type"] == "union_tag_not_found":
        return f"{tag} is required, but not set"
    if found["type"] in _SHAPES:
        return f"expected a mapping, found {describe(found['input'])}"
    text: str = found["msg"]
    return text.removeprefix("Value error, ")


def _untagged(found: Any, path: Path, models: Sequence[type[BaseModel]]) -> Fault:
    """Return the fault of a value without the field that says which member of a union is meant."""
    tag = found["ctx"]["discriminator"].strip("'")
    words = dict.fromkeys(repr(word) for one in models for word in _words_of(one, tag))
    known = {name for one in models for name in _fields_of([one])}
    written = found["input"] if isinstance(found["input"], Mapping) else ()
    strange = [str(name) for name in written if name not in known]
    near = [name for name in strange if did_you_mean(name, (tag,))]
    instead = f"; found {near[0]!r}" if near else ""
    text = f"expected {tag!r}, one of {', '.join(words)}{instead}"
    return Fault("wrong", path, text, f"did you mean {tag!r}?" if near else "")


def _words_of(model: type[BaseModel], tag: str) -> tuple[str, ...]:
    """Return by which words in the field `tag` a union knows a model."""
    field = model.model_fields.get(tag)
    is_named = field is not None and get_origin(field.annotation) is Literal
    return get_args(field.annotation) if field is not None and is_named else ()


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


def _expected(found: Any) -> str:
    """Return the hint for a word that is none of a few that are expected."""
    told = found.get("ctx", {})
    words = _QUOTED.findall(str(told.get("expected_tags") or told.get("expected") or ""))
    word = told.get("tag", found["input"])
    return did_you_mean(word, words) if isinstance(word, str) else ""


def _models_at(model: Any, told: Path) -> list[type[BaseModel]]:
    """Return the models that may stand at a place; `told` names members of unions too."""
    places: list[Any] = list(_members(model))
    for part in told:
        below = [member for place in places for member in _below(place, part)]
        meant = [place for place in places if _is_called(place, part)]
        places = below or meant or places
    return [place for place in places if _is_model(place)]


def _fields_of(models: Sequence[type[BaseModel]]) -> dict[str, FieldInfo]:
    """Return the fields of models, by the names that are written."""
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
