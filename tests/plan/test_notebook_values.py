"""Values for the parameters of notebooks are held against what the notebooks take."""

import json

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, compile_workflow, validate
from flowforge_lab.spec import Workflow

REGISTRY = Registry()
SOURCE = "region: str = 'EU'\nlimit: int = 3\nday = date.today()\nsize: Literal['s', 'm'] = 's'"


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "report.ipynb", SOURCE)
    (tmp_path / "loose.ipynb").write_text('{"cells": [], "metadata": {}}')
    (tmp_path / "broken.ipynb").write_text("no notebook")
    return tmp_path


def write(path, source):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}}))


def workflow(parameters, path="report.ipynb"):
    config = {"path": path, "parameters": parameters}
    start = Workflow().with_node("start", "trigger.manual", next="x")
    return start.with_node("x", "notebook.run", config=config)


def judge(folder, parameters, path="report.ipynb"):
    found = validate(workflow(parameters, path), REGISTRY, Surroundings(folder=folder))
    return [
        (one.severity, one.field.removeprefix("config.parameters."), one.message) for one in found
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"region": "US", "limit": 5, "day": "2026-01-01", "size": "m"},
        {"limit": "{{ execution.id }}"},
    ],
)
def test_values_that_a_notebook_takes_are_fine(folder, parameters):
    assert judge(folder, parameters) == []


@pytest.mark.parametrize(
    ("parameters", "field", "text"),
    [
        ({"regoin": 1}, "regoin", "did you mean 'region'?"),
        ({"limit": "many"}, "limit", "expected integer, found str 'many'"),
        ({"limit": True}, "limit", "expected integer, found bool"),
        ({"size": "xl"}, "size", "expected one of 's', 'm'"),
    ],
)
def test_values_that_it_does_not_take_are_told_as_warnings(folder, parameters, field, text):
    [(severity, place, message)] = judge(folder, parameters)

    assert (severity, place) == ("warning", field)
    assert text in message
    compile_workflow(workflow(parameters), REGISTRY, Surroundings(folder=folder))


def test_a_parameter_without_any_value_is_told_until_it_is_given(folder):
    write(folder / "report.ipynb", "region: str\nlimit = 3")

    assert [place for _, place, _ in judge(folder, {})] == ["region"]
    assert judge(folder, {"region": "{{ execution.id }}"}) == []


def test_a_notebook_that_was_changed_is_read_again(folder):
    assert judge(folder, {"colour": "red"})
    write(folder / "report.ipynb", f"{SOURCE}\ncolour = 'blue'")

    assert judge(folder, {"colour": "red"}) == []


@pytest.mark.parametrize("path", ["loose.ipynb", "broken.ipynb", "{{ execution.id }}.ipynb"])
def test_nothing_is_told_where_nothing_is_known(folder, path):
    assert judge(folder, {"any": 1}, path) == []
