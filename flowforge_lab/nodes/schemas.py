"""JSON Schemas of authors for values of strangers: nothing is fetched, and no pattern takes forever."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from flowforge_lab.values import Groups, compile_pattern

_MAX_FAULTS = 20
_MAX_SHOWN = 80
_VALUES = frozenset({"const", "enum", "default", "examples"})  # what stands there is no schema
_BY_PATTERN = "patternProperties"


def check_schema(schema: Mapping[str, Any]) -> None:
    """Do nothing where a JSON Schema is one.

    Raises:
        ValueError: it is not; the text says where.
    """
    from jsonschema import SchemaError

    try:
        _kind_of(schema).check_schema(schema)
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        msg = f"not a JSON Schema: {where + ': ' if where else ''}{error.message}"
        raise ValueError(msg) from error
    if foreign := next(_foreign_in(schema), ""):
        msg = f"not a JSON Schema: {foreign}"
        raise ValueError(msg)


def schema_faults(value: Any, schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the place and the text of each fault of a value, by place, at most 20."""
    from referencing.exceptions import Unresolvable

    if foreign := next(_foreign_in(schema), ""):
        return [("", f"nothing can be an answer: {foreign}")]
    try:
        found = list(islice(_validator(schema).iter_errors(value), _MAX_FAULTS))
    except Unresolvable as error:
        return [("", f"nothing can be an answer: what is expected refers to {error.ref}")]
    except ValueError as error:  # the name of a property is far too long
        return [("", str(error))]
    return sorted(
        (".".join(map(str, error.absolute_path)), error.message[:500]) for error in found
    )


def _foreign_in(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an author must change although it is a JSON Schema."""
    yield from _foreign_words(schema)
    if {_BY_PATTERN, "unevaluatedProperties"} <= set(_words_in(schema)):
        yield f"{_BY_PATTERN} and unevaluatedProperties do not go together here"


def _words_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema
    for part in _parts_of(schema):
        yield from _words_in(part)


def _foreign_words(schema: Any) -> Iterator[str]:
    by_name = schema if isinstance(schema, Mapping) else {}
    reference = by_name.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        yield f"{reference!r} is elsewhere, and is not fetched; write it out"
    for pattern in _patterns_in(by_name):
        try:
            compile_pattern(pattern)
        except ValueError as error:
            yield f"pattern {pattern!r:.80}: {error}"
    for part in _parts_of(schema):
        yield from _foreign_words(part)


def _patterns_in(schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    if isinstance(schema.get(_BY_PATTERN), Mapping):
        yield from schema[_BY_PATTERN]


def _parts_of(schema: Any) -> Iterable[Any]:
    if isinstance(schema, Mapping):
        return [part for name, part in schema.items() if name not in _VALUES]
    return schema if isinstance(schema, list) else ()


def _without_dialects(schema: Any) -> Any:
    """Return the schema without `$schema` within it, which would call for a validator other than ours."""
    if isinstance(schema, list):
        return [_without_dialects(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: part if name in _VALUES else _without_dialects(part)
        for name, part in schema.items()
        if not (name == "$schema" and isinstance(part, str))
    }


def _validator(schema: Mapping[str, Any]) -> Any:
    """Return the validator of a schema; what it refers to elsewhere is never fetched."""
    from referencing import Registry

    kind = _patient(_kind_of(schema))
    plain = _without_dialects(schema)
    return kind(plain, registry=Registry(), format_checker=kind.FORMAT_CHECKER)


def _kind_of(schema: Mapping[str, Any]) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    return validator_for(schema, default=Draft202012Validator)


@cache
def _patient(kind: Any) -> Any:
    """Return a kind of validator whose patterns are ours, and which never compiles a stranger's."""
    from jsonschema import FormatChecker
    from jsonschema.validators import extend

    ours = {
        "pattern": _pattern,
        _BY_PATTERN: _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    known = kind.FORMAT_CHECKER.checkers
    checker = FormatChecker(formats=())
    checker.checkers = {name: check for name, check in known.items() if name != "regex"}
    return extend(kind, ours, format_checker=checker)


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if not validator.is_type(value, "string"):
        return
    try:
        fits = _found(pattern, value) is not None
    except ValueError as error:
        yield ValidationError(str(error))
        return
    if not fits:
        yield ValidationError(f"{_short(value)} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, by_pattern: Mapping[str, Any], value: Any, _schema: Any
) -> Iterator[Exception]:
    if not validator.is_type(value, "object"):
        return
    for pattern, schema in by_pattern.items():
        for name in _named_like(pattern, value):
            yield from validator.descend(value[name], schema, path=name, schema_path=pattern)


def _additional_properties(  # noqa: PLR0917  # jsonschema calls it so
    validator: Any, allowed: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if not validator.is_type(value, "object"):
        return
    named = set(schema.get("properties", ()))
    for pattern in schema.get(_BY_PATTERN, ()):
        named.update(_named_like(pattern, value))
    others = [name for name in value if name not in named]
    if validator.is_type(allowed, "object"):
        for name in others:
            yield from validator.descend(value[name], allowed, path=name)
    elif not allowed and others:
        listed = ", ".join(map(_short, others))
        yield ValidationError(f"Additional properties are not allowed ({listed} unexpected)")


def _short(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")


def _named_like(pattern: str, value: Mapping[str, Any]) -> list[str]:
    return [name for name in value if _found(pattern, name) is not None]


def _found(pattern: str, text: str) -> Groups | None:
    return compile_pattern(pattern).find(text)
