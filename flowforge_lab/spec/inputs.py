"""What an execution is started with, checked against what the workflow asks for."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flowforge_lab.errors import PlanError, Problem

from .model import InputField, Workflow
from .suggest import did_you_mean

_READERS: dict[str, Callable[[Any], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "date": (date,),
    "datetime": (datetime,),
    "any": (object,),
}


def read_text_inputs(workflow: Workflow, given: Mapping[str, str]) -> dict[str, Any]:
    """Return values for inputs that were given as text, such as `month=7` on a command line.

    A field of type `string` keeps the text; any other is read as JSON where that is possible.
    """
    return {name: _from_text(workflow.inputs.get(name), text) for name, text in given.items()}


def _from_text(field: InputField | None, text: str) -> Any:
    if field is not None and field.type in {"string", "date", "datetime"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def accept_inputs(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an execution: what was given, and the defaults of the rest.

    Raises:
        PlanError: with every input that is missing, unknown or of another type.
    """
    problems = [_unknown(name, workflow) for name in given if name not in workflow.inputs]
    accepted = {}
    for name, field in workflow.inputs.items():
        value = given.get(name, field.default)
        try:
            accepted[name] = _accept(field, value, is_given=name in given)
        except ValueError as error:
            problems.append(Problem("input", str(error), field=f"inputs.{name}"))
    if problems:
        raise PlanError(problems)
    return accepted


def _unknown(name: str, workflow: Workflow) -> Problem:
    has = ", ".join(workflow.inputs) or "no inputs"
    return Problem(
        "input",
        f"unknown input {name!r}; the workflow has: {has}",
        field=f"inputs.{name}",
        hint=did_you_mean(name, workflow.inputs),
    )


def _accept(field: InputField, value: Any, *, is_given: bool) -> Any:
    if value is None:
        if field.required and not is_given:
            msg = f"required ({field.type}), but not given"
            raise ValueError(msg)
        if is_given and field.type != "any" and (field.required or field.default is not None):
            msg = f"expected {field.type}, found null"
            raise ValueError(msg)
        return None
    value = _read(field, value)
    if field.enum and value not in field.enum:
        msg = f"expected one of {', '.join(map(repr, field.enum))}, found {value!r}"
        raise ValueError(msg)
    if isinstance(value, int | float):
        _check_range(field, value)
    return value


def _check_range(field: InputField, value: float) -> None:
    if field.minimum is not None and value < field.minimum:
        msg = f"expected at least {field.minimum:g}, found {value!r}"
        raise ValueError(msg)
    if field.maximum is not None and value > field.maximum:
        msg = f"expected at most {field.maximum:g}, found {value!r}"
        raise ValueError(msg)


def _read(field: InputField, value: Any) -> Any:
    if isinstance(value, str) and field.type in _READERS:
        try:
            return _READERS[field.type](value)
        except ValueError as error:
            msg = f"expected an ISO {field.type}, found {value!r}"
            raise ValueError(msg) from error
    wrong_bool = isinstance(value, bool) and field.type in {"integer", "number"}
    if wrong_bool or not isinstance(value, _TYPES[field.type]):
        msg = f"expected {field.type}, found {type(value).__name__} {value!r}"
        raise ValueError(msg)
    return value
