import pytest

from flowforge_lab.services import import_notebook

from .notebook_texts import write_notebook


@pytest.fixture
def woven(tmp_path):
    """Returns the report of a notebook that is written as a short text."""

    def make(text, name="report.ipynb"):
        return import_notebook(write_notebook(tmp_path, text, name))

    return make
