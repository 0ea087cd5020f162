"""The values for the parameters of notebooks are such as the notebooks take."""

from collections.abc import Iterator, Mapping

from flowforge_lab.clients import NotebookShape
from flowforge_lab.errors import NodeError, Problem
from flowforge_lab.nodes import notebook_fields
from flowforge_lab.plan.draft import Draft
from flowforge_lab.plan.notebook_values import (
    faults_of_values,
    is_template,
    must_be_given,
    shape_at,
)


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each value that its notebook has no parameter for, or of another type.

    Python takes any value, so that none of it keeps a workflow from running. A notebook that is not there
    is told by the check of files, and one named by an expression is not known yet.
    """
    folder = draft.surroundings.folder
    if folder is None:
        return
    for id, kind in draft.types.items():
        for field, place in notebook_fields(kind.config):
            name, given = draft.configs[id].get(place), draft.configs[id].get(field) or {}
            if not isinstance(name, str) or is_template(name) or not isinstance(given, Mapping):
                continue
            try:
                shape = shape_at(folder, name)
            except (NodeError, OSError):
                continue
            for parameter, text in _faults(shape, given):
                place_of = f"config.{field}.{parameter}"
                yield Problem("notebook.parameter", text, id, place_of, severity="warning")


def _faults(shape: NotebookShape, given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if shape.note:
        return  # it takes whatever it is given
    yield from faults_of_values(shape.parameters, given)
    for one in shape.parameters:
        if must_be_given(one) and one.name not in given:
            yield one.name, "the notebook has no value of its own for it"
