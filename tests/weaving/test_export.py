"""A workflow as a notebook: it runs from top to bottom and comes to the same."""

import json
import os

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError

START = ("start", "trigger.manual")


def lines_of(made):
    return [one["source"] for one in json.loads(made.text)["cells"] if one["cell_type"] == "code"]


def ran(made):
    """Return what the cells come to, run one after the other as a kernel does."""
    names = {"__name__": "__main__"}
    for source in lines_of(made):
        exec(compile(source, "notebook", "exec"), names)
    names["lab"].close()
    return names["walk"].result


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ff.open_lab(tmp_path) as opened:
        yield opened


def written(workflow, folder):
    ff.Document.of(workflow).write(folder / f"{workflow.id}.flow.yaml")
    return f"{workflow.id}.flow.yaml"


def both_ways(lab, workflow):
    source = written(workflow, lab.root)
    made = lab.notebooks.to_notebook(source)
    return made, ran(made), lab.run(source).result


def coded(code, **fields):
    return {"config": {"code": code, **fields.pop("config", {})}, **fields}


@pytest.mark.slow
def test_code_stands_in_cells_and_other_nodes_are_called(lab):
    workflow = (
        ff.Workflow(id="w", inputs={"n": ff.InputField(type="integer", default=3)})
        .with_node(*START, next="code")
        .with_node(
            "code",
            "python.code",
            next="twice",
            **coded("result = n + 1", config={"inputs": {"n": "inputs.n"}}),
        )
        .with_node("twice", "action.transform", config={"value": "nodes.code.result * 2"})
    )

    made, found, wanted = both_ways(lab, workflow)

    assert found == wanted == {"twice": {"value": 8}}
    assert (made.cells, made.calls) == (("code",), ("start", "twice"))
    assert lines_of(made)[0] == "n: int = 3"


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 5])
def test_branches_are_conditions(lab, n):
    workflow = (
        ff.Workflow(id="w", inputs={"n": ff.InputField(type="integer", default=n)})
        .with_node(*START, next="big")
        .with_node(
            "big",
            "logic.condition",
            config={"condition": "inputs.n > 3"},
            next={"true": "yes", "false": "no"},
        )
        .with_node("yes", "python.code", **coded('text = """a\n b"""\nresult = text'))
        .with_node("no", "action.transform", config={"value": "'small'"})
    )

    made, found, wanted = both_ways(lab, workflow)

    assert {key: value.get("result", value.get("value")) for key, value in found.items()} == {
        key: value.get("result", value.get("value")) for key, value in wanted.items()
    }
    assert 'if walk.is_reached(\'yes\'):\n    result = None\n    text = """a\n b"""' in "\n".join(
        lines_of(made)
    )


def test_a_loop_is_one_call(lab):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next="each")
        .with_node(
            "each",
            "logic.loop",
            config={"range": {"stop": 3}},
            next={"body": "turn", "done": "sum"},
        )
        .with_node("turn", "action.transform", config={"value": "item * 2"}, next="each.continue")
        .with_node("sum", "action.transform", config={"value": "len(nodes.each.results)"})
    )

    made, found, wanted = both_ways(lab, workflow)

    assert found == wanted == {"sum": {"value": 3}}
    assert made.notes == ("each runs with all its turns in one call",)
    assert "turn" not in made.calls


def test_branches_meet_in_a_join(lab):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next=["a", "b"])
        .with_node("a", "action.transform", config={"value": "1"}, next="both")
        .with_node("b", "action.transform", config={"value": "2"}, next="both")
        .with_node("both", "logic.join", next="sum")
        .with_node(
            "sum", "action.transform", config={"value": "input.branches.a.value + nodes.b.value"}
        )
    )

    _made, found, wanted = both_ways(lab, workflow)

    assert found == wanted == {"sum": {"value": 3}}


@pytest.mark.parametrize(
    ("first", "second", "called"),
    [
        ("walk = 2\nlab = ff = log = walk\nresult = lab", "log('x')\nresult = 1", "first"),
        ("sum = 3\nresult = sum", "result = sum([1, 2])", "first"),
        ("mine = 3\nresult = 1", "def f():\n    return mine\nresult = f", "second"),
        ("result = 1", "result = 'walk' in globals()", "second"),
        ("import math\nmath.tau = 3\nresult = 1", "import math\nresult = math.tau", "first"),
        ("n = 5\nresult = n", "n = 1\nresult = n", None),
        ("import os\nresult = [sum for sum in [1]]", "result = sum([1])", None),
    ],
)
def test_code_whose_names_would_meet_others_is_called(lab, first, second, called):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next="first")
        .with_node("first", "python.code", next="second", **coded(first))
        .with_node("second", "python.code", **coded(second))
    )

    made = lab.notebooks.to_notebook(written(workflow, lab.root))

    assert made.calls == tuple(filter(None, ("start", called)))
    assert bool(made.notes) == bool(called)


@pytest.mark.slow
def test_names_of_the_notebook_itself_may_be_those_of_inputs_and_nodes(lab):
    workflow = (
        ff.Workflow(id="w", inputs={"lab": ff.InputField(type="integer", default=3)})
        .with_node(*START, next="walk")
        .with_node(
            "walk",
            "python.code",
            next="last",
            **coded("walk = lab + 1\nresult = walk", config={"inputs": {"lab": "inputs.lab"}}),
        )
        .with_node(
            "last",
            "python.code",
            **coded("result = sum([n])", config={"inputs": {"n": "nodes.walk.result"}}),
        )
    )

    _made, found, wanted = both_ways(lab, workflow)

    assert found["last"]["result"] == wanted["last"]["result"] == 4


def test_an_error_goes_its_own_way(lab):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next="bad")
        .with_node(
            "bad", "action.transform", config={"value": "1 / 0"}, next="good", on_error="told"
        )
        .with_node("good", "action.transform", config={"value": "1"})
        .with_node("told", "action.transform", config={"value": "'it failed'"})
    )

    _made, found, wanted = both_ways(lab, workflow)

    assert found == wanted == {"told": {"value": "it failed"}}


def test_an_end_gives_the_result_and_stops_the_rest(lab):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next="end")
        .with_node("end", "flow.end", config={"result": "7"})
    )

    _made, found, wanted = both_ways(lab, workflow)

    assert found == wanted == 7


def test_what_keeps_something_for_one_execution_is_run_as_a_whole(lab):
    workflow = (
        ff.Workflow(id="w")
        .with_node(*START, next="set")
        .with_node(
            "set",
            "action.set_variable",
            config={"name": "a", "scope": "execution", "value": "1"},
            next="get",
        )
        .with_node("get", "action.transform", config={"value": "vars.execution.a"})
    )

    made = lab.notebooks.to_notebook(written(workflow, lab.root))

    assert "lab.run('w.flow.yaml', {})" in "\n".join(lines_of(made))
    assert "one call runs the whole workflow" in made.notes[0]


def test_a_file_that_is_there_is_not_written_over(lab):
    source = written(
        ff.Workflow(id="w")
        .with_node(*START, next="a")
        .with_node("a", "action.transform", config={"value": "1"}),
        lab.root,
    )
    lab.notebooks.to_notebook(source, into="w.ipynb")

    with pytest.raises(ConflictError, match="is there already"):
        lab.notebooks.to_notebook(source, into="w.ipynb")
    assert (
        lab.notebooks.to_notebook(source, into="w.ipynb", replaces=True).file
        == lab.root / "w.ipynb"
    )


def test_a_notebook_that_cannot_be_written_stays_as_it_was(lab):
    source = written(ff.Workflow(id="w").with_node(*START), lab.root)
    (lab.root / "w.ipynb").write_text("mine")
    (lab.root / f".w.ipynb.{os.getpid()}.tmp").mkdir()  # where it is drafted

    with pytest.raises(ConflictError, match="is as it was"):
        lab.notebooks.to_notebook(source, into="w.ipynb", replaces=True)
    assert (lab.root / "w.ipynb").read_text() == "mine"


def test_a_workflow_that_is_not_there_is_told(lab):
    with pytest.raises(NotFoundError):
        lab.notebooks.to_notebook("none.flow.yaml")


@pytest.mark.kernel
def test_an_exported_notebook_runs_in_a_kernel(lab):
    workflow = (
        ff.Workflow(id="w", inputs={"n": ff.InputField(type="integer", default=3)})
        .with_node(*START, next="code")
        .with_node(
            "code",
            "python.code",
            **coded("result = [n] * 2", config={"inputs": {"n": "inputs.n"}}),
        )
    )
    lab.notebooks.to_notebook(written(workflow, lab.root), into="w.ipynb")

    done = lab.notebooks.run("w.ipynb", parameters={"n": 4}, outputs=["result"])

    assert done.result["w"]["values"] == {"result": [4, 4]}


@pytest.mark.slow
def test_inputs_named_like_words_of_python_get_another_name(lab):
    inputs = {
        name: ff.InputField(type="integer", default=at)
        for at, name in enumerate(["class", "class_", "größe"])
    }
    workflow = (
        ff.Workflow(id="w", inputs=inputs)
        .with_node(*START, next="sum")
        .with_node(
            "sum",
            "python.code",
            **coded(
                "result = [globals()['class'], b, c]",
                config={
                    "inputs": {
                        "class": "inputs['class']",
                        "b": "inputs.class_",
                        "c": "inputs.größe",
                    }
                },
            ),
        )
    )

    made, found, wanted = both_ways(lab, workflow)

    assert found == wanted
    assert found["sum"]["result"] == [0, 1, 2]
    assert "the input class is called class__ here" in made.notes
    assert made.calls == ("start", "sum")
