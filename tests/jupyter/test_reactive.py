"""What reactive cells follow: editors, Param objects, widgets of any value, in the kernel that runs cells again."""

import nbformat
import param
import pytest
from nbclient import NotebookClient

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError

pytestmark = pytest.mark.slow

HELLO = (
    ff.Workflow(id="hello")
    .with_node("start", "trigger.manual", next="greet")
    .with_node("greet", "action.transform", config={"value": "'hello'"})
)
CELLS = (
    "import ipywidgets as widgets\nimport traitlets\n\nimport flowforge_lab as ff",
    "ff.reactive()\nff.reactive()",
    "name, note = widgets.Text(), widgets.HTML()",
    "name.value = \"it's\"\nnote.value = '<b>not Python</b>'\nname.value",
    "class Held(widgets.Widget):\n    value = traitlets.Any()\n\n\nheld = Held()",
    "held.value = object()\nheld.value = {'a': float('nan')}\nheld.value = None",
    "%load_ext flowforge_lab\n%flow mode lazy\n%flow",
    "from ipyflow import code\nprint(code(name.value))",
)


@pytest.fixture
def lab(tmp_path):
    with ff.open_lab(tmp_path) as lab:
        yield lab


@pytest.fixture
def editor(lab):
    editor = ff.Editor(HELLO, lab=lab)
    yield editor
    editor.close()
    editor.session.close()


def told_by(widget):
    told = []
    widget.observe(lambda change: told.append(change["new"]), "value")
    return told


def greeting(text):
    return HELLO.with_node("greet", "action.transform", config={"value": text})


def test_an_editor_tells_each_workflow_that_does_something_else(editor):
    told = told_by(editor)

    editor.session.replace(greeting("'good day'"))
    editor.session.replace(editor.workflow.model_copy(update={"canvas": {"greet": (90, 90)}}))

    assert [one.nodes["greet"].config for one in told] == [{"value": "'good day'"}]
    assert editor.value.nodes["greet"].config == {"value": "'good day'"}


def test_an_editor_keeps_to_itself_what_has_errors(editor):
    told = told_by(editor)

    editor.session.replace(greeting("1 +"))
    editor.session.replace(greeting("1 + 1"))

    assert [one.nodes["greet"].config["value"] for one in told] == ["1 + 1"]


def test_a_param_object_is_told_by_name_until_nobody_watches():
    class Choice(param.Parameterized):
        month = param.Integer(1)
        origin = param.Selector(default="JFK", objects=["JFK", "LGA"])

    choice = Choice()
    watched = ff.Watched(choice)
    told = told_by(watched)

    choice.param.update(month=2, origin="LGA")
    watched.close()
    choice.month = 3

    assert told == [{"month": 2, "origin": "LGA"}]


def test_a_kernel_that_runs_no_cell_again_says_which_one_does():
    pytest.importorskip("ipyflow.kernel")  # to have it imported is not to be it
    with pytest.raises(NotFoundError, match=r"Python 3 \(ipyflow\).*flowforge-lab\[reactive\]"):
        ff.reactive()


@pytest.mark.kernel
@pytest.mark.timeout(120)
@pytest.mark.filterwarnings("ignore:Passing unrecognized arguments:DeprecationWarning")
def test_widgets_hold_any_value_in_the_reactive_kernel_and_both_magics_are_there(tmp_path):
    pytest.importorskip("ipyflow")
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS)))
    resources = {"metadata": {"path": str(tmp_path)}}

    NotebookClient(notebook, timeout=90, kernel_name="ipyflow", resources=resources).execute()

    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[3][0].data["text/plain"] == '"it\'s"'
    assert str(outputs[6]).count("%flow run FILE") == 1
    assert 'name.value = "it\'s"' in outputs[7][0].text
