"""Values for the parameters of notebooks, held against what the notebooks say of them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flowforge_lab.clients import NotebookShape, Parameter, path_inside, read_shape
from flowforge_lab.errors import PlanError
from flowforge_lab.spec import InputField, Workflow, accept_inputs, did_you_mean

_OPEN = "{{"


def shape_at(folder: Path, name: str) -> NotebookShape:
    """Return what the notebook with a name in a folder takes; the last ones that were read are remembered.

    Raises:
        NodeError: it is outside of the folder, not there, or no notebook.
    """
    path = path_inside(folder, name)
    facts = path.stat()
    return _shape(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=128)
def _shape(path: Path, _changed_at: int, _size_bytes: int) -> NotebookShape:
    return read_shape(path)


def faults_of_values(
    parameters: Iterable[Parameter], given: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each value that is none of its parameter's type, or has no parameter.

    One name that two parameters tell apart takes any value; a template is judged when it is rendered.
    """
    fields = _fields(parameters)
    for name in given:
        if name not in fields:
            near = did_you_mean(name, fields) or f"there are: {', '.join(fields) or 'none'}"
            yield name, f"no notebook has a parameter {name!r}; {near}"
    plain = {
        name: value for name, value in given.items() if name in fields and not is_template(value)
    }
    try:
        accept_inputs(Workflow(inputs=fields), plain)
    except PlanError as error:
        for problem in error.problems:
            yield problem.field.removeprefix("inputs."), problem.message


def _fields(parameters: Iterable[Parameter]) -> dict[str, InputField]:
    fields: dict[str, InputField] = {}
    for parameter in parameters:
        field = InputField(type=parameter.type, enum=parameter.choices)
        before = fields.setdefault(parameter.name, field)
        if before.type != field.type:
            fields[parameter.name] = InputField()
    return fields


def is_template(value: Any) -> bool:
    """Whether a value is a text with an expression in it."""
    return isinstance(value, str) and _OPEN in value


def must_be_given(parameter: Parameter) -> bool:
    """Whether the notebook has neither a value for a parameter nor a way to calculate one."""
    return not parameter.has_default and not parameter.written
