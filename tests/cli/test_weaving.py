"""`flowforge notebook import` and `export`: files, reports, and what is never written over."""

import json

import pytest

from tests.weaving.notebook_texts import write_notebook

TEXT = """--- parameters
n = 2
---
import re
---
x = n + 1
---
p = re.compile("a")
---
found = p.findall("aa")
---
%%sql
select 1"""


@pytest.fixture
def notebook(folder):
    return write_notebook(folder, TEXT)


@pytest.mark.slow
def test_a_notebook_is_written_as_a_workflow_that_is_valid(flowforge, folder, notebook):
    told = flowforge("notebook", "import", "report.ipynb").out
    checked = flowforge("validate", "report.flow.yaml")

    assert "cell 5 in one node with cell 4: `p` is of a kind that cannot leave its process" in told
    assert "cell 6: it is a %%sql cell" in told
    assert (folder / "report.flow.yaml").exists()
    assert checked.code == 0


def test_the_report_is_json_too(flowforge, notebook):
    told = flowforge("notebook", "import", "report.ipynb", "-o", "other.flow.yaml", "--json").json

    assert told["id"] == "other"
    assert [node["cells"] for node in told["nodes"]] == [[3], [4, 5], [6]]
    assert told["nodes"][0]["takes"] == {"n": "inputs"}
    assert told["chained"][0]["is_one_node"] is True
    assert told["different"][0]["cell"] == 6


def test_nothing_is_written_over_unless_that_is_asked(flowforge, folder, notebook):
    (folder / "report.flow.yaml").write_text("mine")

    refused = flowforge("notebook", "import", "report.ipynb")
    kept = (folder / "report.flow.yaml").read_text()
    done = flowforge("notebook", "import", "report.ipynb", "--replace")

    assert refused.code != 0
    assert "is there already; nothing was written" in refused.err
    assert (kept, done.code) == ("mine", 0)


def test_nothing_is_written_for_a_look(flowforge, folder, notebook):
    assert (
        flowforge("notebook", "import", "report.ipynb", "--dry-run", "--json").json["file"] is None
    )
    assert not (folder / "report.flow.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing.ipynb",), "no file 'missing.ipynb'"),
        (("bad.ipynb",), "bad.ipynb is no notebook"),
        (("empty.ipynb",), "no cell that does anything"),
        (("report.ipynb", "-o", "report.yaml"), "ends in .flow.yaml"),
    ],
)
def test_what_cannot_be_imported_is_told(flowforge, folder, notebook, arguments, told):
    (folder / "bad.ipynb").write_text("{")
    write_notebook(folder, "--- md\nnothing", "empty.ipynb")

    found = flowforge("notebook", "import", *arguments)

    assert found.code != 0
    assert told in found.err


@pytest.mark.slow
def test_a_workflow_is_written_as_a_notebook(flowforge, folder, notebook):
    flowforge("notebook", "import", "report.ipynb")

    told = flowforge("notebook", "export", "report.flow.yaml", "-o", "back.ipynb", "--json").json
    again = flowforge("notebook", "export", "report.flow.yaml", "-o", "back.ipynb")

    assert (told["calls"], len(told["cells"])) == (["start"], 3)
    assert json.loads((folder / "back.ipynb").read_text())["nbformat"] == 4
    assert "is there already" in again.err
    assert (
        "3 nodes as cells" in flowforge("notebook", "export", "report.flow.yaml", "--replace").out
    )


@pytest.mark.kernel
def test_the_check_says_what_is_the_same(flowforge, folder):
    write_notebook(
        folder, "--- parameters\nn = 2\n---\nx = n + 1\n---\nimport uuid\nmark = uuid.uuid4().hex"
    )

    found = flowforge("notebook", "import", "report.ipynb", "--check", "-p", "n=5")

    assert found.code != 0
    assert "the same both ways: x" in found.out
    assert "differs: mark (node mark)" in found.out
    assert "it makes a new id each time" in found.out


@pytest.mark.kernel
def test_the_check_does_not_call_the_same_what_was_not_compared(flowforge, folder):
    write_notebook(folder, "x = 1\n---\ny = x / 0")

    found = flowforge("notebook", "import", "report.ipynb", "--check", "--json")

    assert found.code == 4
    assert (found.json["check"]["same"], found.json["check"]["compared"]) == (False, False)
