"""The templates that analyse a history: on a lab that has seen something, and on one that has not."""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import flowforge_lab as ff

TEMPLATES = Path(__file__).parents[2] / "notebooks" / "templates"
NAMES = ("bot-funnel", "cost", "failures", "slo")
PROMISES = "share:\n  success: 0.9\n"
TYPES = {"folder": "string", "workflow": "string", "days": "integer"}


def share():
    return (
        ff.Workflow(id="share", inputs={"of": ff.InputField(type="number", default=1)})
        .with_node("start", "trigger.manual", next="split")
        .with_node("split", "action.transform", config={"value": "100 / inputs.of"}, next="told")
        .with_node("told", "action.transform", config={"value": "str(input.value)"})
    )


def talk():
    return (
        ff.Workflow(id="talk", inputs={"goes_on": ff.InputField(type="boolean", default=True)})
        .with_node("start", "trigger.manual", next="asked")
        .with_node(
            "asked",
            "logic.condition",
            config={"condition": "inputs.goes_on"},
            next={"true": "done"},
        )
        .with_node("done", "action.transform", config={"value": "1"})
    )


@pytest.fixture
def seen(tmp_path):
    """A lab with executions that succeeded and failed, and with people who talked to it."""
    folder = tmp_path / "seen"
    folder.mkdir()
    (folder / "slo.yaml").write_text(PROMISES, encoding="utf-8")
    with ff.open_lab(folder) as lab:
        for of in (1, 2, 0, 4):
            lab.run(share(), {"of": of})
        for chat, goes_on in (("501", True), ("502", True), ("503", False), ("501", True)):
            lab.run(talk(), {"goes_on": goes_on}, chat=chat)
    return folder


@pytest.fixture
def unseen(tmp_path):
    folder = tmp_path / "unseen"
    folder.mkdir()
    ff.open_lab(folder).close()
    return folder


def cells_of(name, folder):
    """The code of a template as it runs on a lab, in a namespace that the one before has left."""
    notebook = nbformat.read(TEMPLATES / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        yield nbformat.v4.new_code_cell(cell.source)
        if "parameters" in cell.metadata.get("tags", ()):
            yield nbformat.v4.new_code_cell(f"folder = {str(folder)!r}")
    yield nbformat.v4.new_code_cell("import json\nprint(json.dumps(summary))\n%reset -f")


@pytest.mark.kernel
@pytest.mark.timeout(200)
def test_each_template_tells_what_happened_and_says_so_where_nothing_did(seen, unseen):
    runs = [(name, folder) for folder in (seen, unseen) for name in NAMES]
    parts = [list(cells_of(name, folder)) for name, folder in runs]
    notebook = nbformat.v4.new_notebook(cells=[cell for part in parts for cell in part])

    NotebookClient(notebook, timeout=90, kernel_name="python3").execute()

    ended = iter(cell for cell in notebook.cells if "%reset" in cell.source)
    told = {run: json.loads(next(ended).outputs[0].text) for run in runs}
    assert told["failures", seen] == {"ended": 8, "failed": 1, "causes": 1}
    assert told["slo", seen] == {"workflows": 2, "broken": ["share"]}
    assert told["bot-funnel", seen] == {
        "workflow": "talk",
        "people": 3,
        "funnel": {"start": 3, "asked": 3, "done": 2},
    }
    assert told["cost", seen]["cost"] > 0
    assert told["failures", unseen] == {"ended": 0, "failed": 0, "causes": 0}
    assert told["slo", unseen] == {"workflows": 0, "broken": []}
    assert told["bot-funnel", unseen] == {"workflow": "", "people": 0, "funnel": {}}
    assert told["cost", unseen]["cost"] == 0
    empty = str([cell.outputs for part in parts[4:] for cell in part])
    assert "Nothing ran in this time" in empty
    assert "Nobody had a conversation" in empty


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_a_template_are_read_with_their_types_and_what_they_mean(name, unseen):
    copy = unseen / f"{name}.ipynb"
    copy.write_bytes((TEMPLATES / copy.name).read_bytes())

    with ff.open_lab(unseen) as lab:
        shape = lab.notebooks.parameters(copy)

    found = {one.name: one.type for one in shape.parameters}
    assert found.items() >= TYPES.items()
    assert all(one.help for one in shape.parameters)
    assert "summary" in shape.variables


@pytest.mark.parametrize("name", NAMES)
def test_cells_of_a_template_are_short(name):
    cells = json.loads((TEMPLATES / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    assert all(ast.parse(text) for text in code)
    assert max(text.count("\n") for text in code) < 30
