"""What a notebook takes becomes the fields of a form."""

import json

import pytest

from flowforge_lab.services.editing.notebooks import notebook_form


@pytest.fixture
def folder(tmp_path):
    source = "region: str = 'EU'  # where\ndays = [1]  # which\nday = today()\nsize: Literal['s', 2] = 2\nn: int"
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
    (tmp_path / "report.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}}))
    (tmp_path / "loose.ipynb").write_text('{"cells": [], "metadata": {}}')
    (tmp_path / "broken.ipynb").write_text("x")
    return tmp_path


def test_each_parameter_is_a_field_of_its_type(folder):
    schema = notebook_form(folder, "report.ipynb")["schema"]

    found = schema["properties"]
    assert found["region"] == {
        "type": "string",
        "title": "region",
        "description": "where",
        "default": "EU",
    }
    assert found["days"]["description"] == "which. Without a value: `[1]`."
    assert found["day"] == {
        "format": "any",
        "title": "day",
        "description": "Without a value: `today()`.",
    }
    assert found["size"]["enum"] == ["s", 2]
    assert schema["required"] == ["n"]


@pytest.mark.parametrize(
    ("name", "key", "text"),
    [
        ("loose.ipynb", "note", "no cell is tagged"),
        ("{{ inputs.x }}.ipynb", "note", "an expression names the notebook"),
        ("broken.ipynb", "missing", "no notebook"),
        ("no.ipynb", "missing", "no.ipynb"),
        ("../x.ipynb", "missing", "leads out"),
        ("a\0b", "missing", ""),
        ("", "missing", ""),
    ],
)
def test_where_nothing_is_known_the_reason_is_told(folder, name, key, text):
    told = notebook_form(folder, name)

    assert list(told) == [key]
    assert text in told[key]


def test_a_workflow_without_a_folder_has_nowhere_to_look():
    assert "save it first" in notebook_form(None, "report.ipynb")["missing"]
