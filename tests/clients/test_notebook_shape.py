"""What a notebook takes is told from its file; no kernel is started."""

import json

import pytest

from flowforge_lab.clients import read_shape
from flowforge_lab.errors import NodeError


@pytest.fixture
def write(tmp_path):
    def write(*cells, parameters=None, **metadata):
        listed = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
        if parameters is not None:
            tagged = {
                "cell_type": "code",
                "source": parameters,
                "metadata": {"tags": ["parameters"]},
            }
            listed.insert(0, tagged)
        path = tmp_path / "n.ipynb"
        path.write_text(json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4}))
        return path

    return write


def told(path):
    return {one.name: (one.type, one.default) for one in read_shape(path).parameters}


def test_types_come_from_annotations_or_from_the_values(write):
    source = (
        "region = 'EU'\nlimit: int = 3\nrate = 0.5\nis_on = True\nnames: list[str] = ['a']\n"
        "by: dict = {}\nnothing = None\nday: 'str | None' = None\nmaybe: str | None = None"
    )

    assert told(write(parameters=source)) == {
        "region": ("string", "EU"),
        "limit": ("integer", 3),
        "rate": ("number", 0.5),
        "is_on": ("boolean", True),
        "names": ("array", ["a"]),
        "by": ("object", {}),
        "nothing": ("any", None),
        "day": ("any", None),
        "maybe": ("string", None),
    }


def test_comments_and_choices_come_along(write):
    source = "from typing import Literal\nsize: Literal['s', 'm'] = 's'  # how large"
    found = read_shape(write(parameters=source)).parameters[0]

    assert (found.choices, found.help, found.type) == (("s", "m"), "how large", "string")


def test_a_default_that_only_the_notebook_can_calculate_is_left_to_it(write):
    found = read_shape(write(parameters="day = date.today()")).parameters[0]

    assert (found.has_default, found.written) == (False, "date.today()")


def test_variables_are_those_set_at_the_top_level(write):
    path = write(
        "import os\na, b = 1, 2\ndef f():\n    c = 1", "%time d = 1\n_e = 2", "%%bash\nx=1"
    )

    assert read_shape(path).variables == ("a", "b")


def test_without_a_tag_it_says_so(write):
    shape = read_shape(write("x = 1"))

    assert (shape.parameters, "tagged" in shape.note) == ((), True)


def test_another_language_is_no_error(write):
    shape = read_shape(write("x <- 1", kernelspec={"name": "ir", "language": "R"}))

    assert (shape.kernel, shape.language, shape.parameters) == ("ir", "R", ())


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"cells": 1}', '{"cells": [1]}', '{"cells": [], "metadata": 3}', "[" * 9999],
)
def test_a_file_that_is_no_notebook_is_told(tmp_path, text):
    (tmp_path / "n.ipynb").write_text(text)

    with pytest.raises(NodeError) as caught:
        read_shape(tmp_path / "n.ipynb")
    assert caught.value.type == "notebook.invalid"


@pytest.mark.parametrize("source", ["x = (", "x = 1\n%%magic", "\x00", "x = " + "[" * 300])
def test_parameters_that_cannot_be_read_are_none(write, source):
    assert isinstance(read_shape(write(parameters=source)).parameters, tuple)


def test_sources_may_be_lists_of_lines(write):
    assert told(write(parameters=["a = 1\n", "b = 2"])) == {
        "a": ("integer", 1),
        "b": ("integer", 2),
    }
