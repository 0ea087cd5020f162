"""What a notebook becomes, told from its text: no kernel is started here."""

import pytest

from flowforge_lab.errors import NodeError, PlanError
from flowforge_lab.services import import_notebook


def cells_of(made):
    return [node.cells for node in made.nodes]


def reasons(made):
    return " ".join(one.reason for one in made.chained)


def code_of(made, node):
    return made.workflow.nodes[node].config["code"]


def test_cells_that_need_nothing_of_each_other_run_side_by_side(woven):
    made = woven("a = 1\n---\nb = 2\n---\nc = a + b")

    assert cells_of(made) == [(1,), (2,), (3,)]
    assert made.workflow.nodes["start"].next["out"] != ()
    assert {(one.source, one.target, one.variables) for one in made.edges} == {
        ("a", "c", ("a",)),
        ("b", "c", ("b",)),
    }
    assert made.workflow.nodes["before_c"].kind == "logic.join"


def test_a_variable_goes_along_the_edge_by_its_name(woven):
    made = woven("rows = [1, 2]\n---\ntotal = sum(rows)")

    node = made.workflow.nodes["total"]
    assert node.config["inputs"] == {"rows": "nodes.rows.result.rows"}
    assert "[rows] = unpack_variables(rows)" in node.config["code"]


def test_definitions_and_imports_stand_in_the_nodes_that_use_them(woven):
    made = woven(
        "import math\n\n\ndef area(r):\n    return math.pi * r  # of a circle\n---\nimport os\n---\nx = area(2)\n---\ny = 3"
    )

    assert cells_of(made) == [(3,), (4,)]
    assert "return math.pi * r  # of a circle" in code_of(made, "x")
    assert "import os" not in code_of(made, "x")
    assert "import math" not in code_of(made, "y")


def test_what_cannot_leave_its_process_holds_cells_together_and_the_report_says_so(woven):
    made = woven("import re\n---\np = re.compile('a')\n---\nm = p.match('a')\n---\nn = 5")

    assert cells_of(made) == [(2, 3), (4,)]
    assert "`p` is of a kind that cannot leave its process" in reasons(made)


def test_one_value_under_two_names_stays_in_one_process(woven):
    made = woven("a = [1]\n---\nb = a\n---\nb.append(2)\n---\nn = len(a)")

    assert cells_of(made) == [(1, 2, 3), (4,)]
    assert "by another name" in reasons(made)


def test_what_is_taken_from_a_table_is_another_table(woven):
    made = woven(
        "import pandas as pd\n---\ndf = pd.DataFrame({'x': [1]})\n---\nbig = df[df.x > 0]\n---\nbig['y'] = 2\n---\nn = len(df)"
    )

    assert cells_of(made) == [(2,), (3,), (4,), (5,)]


def test_what_writes_files_goes_in_order(woven):
    made = woven("open('a', 'w').write('x')\n---\ntext = open('a').read()\n---\nn = 1")

    assert ("cell_1", "text", ()) in {
        (one.source, one.target, one.variables) for one in made.edges
    }
    assert any(not one.is_one_node and one.cell == 2 for one in made.chained)


def test_calls_of_which_nothing_is_known_share_a_process(woven):
    made = woven("import strange\n---\nstrange.begin()\n---\nx = 1\n---\nstrange.go()")

    assert cells_of(made) == [(2, 4), (3,)]
    assert "it calls strange.go(), of which is not known what it does" in reasons(made)


def test_a_cell_between_two_that_are_one_is_part_of_it(woven):
    made = woven(
        "import re\np = re.compile('a')\nx = [1]\n---\ny = [*x, 2]\n---\nz = p.match(str(y))"
    )

    assert cells_of(made) == [(1, 2, 3)]
    assert "it stands between cells that are one node" in reasons(made)


def test_a_variable_that_is_set_twice_is_taken_as_it_was(woven):
    made = woven("x = 1\n---\ny = x\n---\nx = 2\n---\nz = x")

    assert cells_of(made) == [(1,), (2,), (3,), (4,)]
    assert made.workflow.nodes["y"].config["inputs"] == {"x": "nodes.x.result.x"}
    assert made.workflow.nodes["z"].config["inputs"] == {"x": "nodes.x_2.result.x"}
    assert made.variables == {"x": "x_2", "y": "y", "z": "z"}


def test_what_may_not_be_bound_is_taken_from_before(woven):
    made = woven("x = 1\nflag = False\n---\nif flag:\n    x = 2\n---\ny = x")

    assert {"x", "flag"} == set(made.nodes[1].takes)


def test_parameters_become_typed_inputs(woven):
    made = woven(
        "--- parameters\nregion = 'EU'  # where\nlimit: int = 3\nday = open('day').read()\n---\nx = region * limit"
    )

    inputs = made.workflow.inputs
    assert {name: one.type for name, one in inputs.items()} == {
        "region": "string",
        "limit": "integer",
    }
    assert inputs["region"].description == "where"
    assert made.nodes[-1].takes == {"limit": "inputs", "region": "inputs"}


def test_headings_are_titles_and_the_rest_of_the_text_are_notes(woven):
    made = woven(
        "--- md\n# The report\nOf *sales*.\n---\nimport os\n--- md\n## Load it\nfrom disk\n---\nx = 1"
    )

    workflow = made.workflow
    assert (workflow.name, workflow.description) == ("The report", "Of *sales*.")
    assert workflow.nodes["load_it"].label == "Load it"
    assert "from disk" in workflow.nodes["load_it"].notes


def test_random_numbers_from_one_source_are_drawn_in_one_process(woven):
    made = woven(
        "import random\nrandom.seed(1)\n---\na = random.random()\n---\nx = 1\n---\nb = random.random()"
    )

    assert cells_of(made) == [(2, 4), (3,)]
    assert made.different == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import random\n---\na = random.random()", "at random without a seed"),
        ("import datetime\n---\na = datetime.datetime.now()", "looks at the clock"),
        ("a = 1\n---\nb = _ + 1", "which only a notebook has"),
        ("a = input()", "nobody gives"),
        ("import sys\n---\nsys.exit(0)", "may end the notebook"),
        ("%%sql\nselect 1", "%%sql"),
        ("x = %who_knows y", "only IPython understands"),
        ("a = 1\n---\nif a = 2:", "cannot be read: invalid syntax"),
        ("import uuid\n---\na = uuid.uuid4()", "a new id each time"),
        ("h = hash('abc')", "uses hash(), which differs from process to process"),
        ("s = {'a', 'b'}\n---\nx = list(s)", "order of a set"),
        ("x = [one for one in set(['a', 'b'])]", "order of a set"),
        ("import tempfile\nd = tempfile.mkdtemp()", "a new name each time"),
        ("h = display('x', display_id=True)\n---\nh.update('y')", "changes what it has displayed"),
        ("import signal\nsignal.signal(signal.SIGUSR1, print)", "uses signals of the process"),
    ],
)
def test_what_cannot_be_the_same_is_told(woven, text, told):
    made = woven(text)

    assert told in " ".join(one.text for one in made.different)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("!pip install x\na = 1", "install it beforehand"),
        ("%%html\n<b>\n---\na = 1", "only shows something"),
        ("%%timeit\nsum([1])\n---\na = 1", "measures time"),
        ("import ipywidgets as widgets\nw = widgets.IntSlider()", "controls are not shown"),
        ("!ls", "by subprocess"),
    ],
)
def test_what_is_done_to_a_cell_is_told(woven, text, told):
    made = woven(text)

    assert told in " ".join(one.text for one in made.notes)


def test_names_in_any_letters_are_taken_and_given(woven):
    made = woven("größe = 2\n---\nΔ = größe * 2")

    node = made.workflow.nodes["cell_2"]
    assert node.config["inputs"] == {"taken_1": "nodes.groe.result['größe']"}
    assert "[größe] = unpack_variables(taken_1)" in node.config["code"]


def test_a_notebook_in_another_language_is_one_node_that_runs_it(tmp_path):
    path = tmp_path / "r.ipynb"
    path.write_text(
        '{"cells": [{"cell_type": "code", "metadata": {}, "source": "x <- 1"}], "nbformat": 4,'
        ' "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}'
    )

    made = import_notebook(path)

    assert made.workflow.nodes["r"].kind == "notebook.run"
    assert "R" in made.notes[0].text


def test_a_notebook_of_the_old_format_is_read(tmp_path):
    path = tmp_path / "old.ipynb"
    path.write_text(
        '{"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}'
    )

    assert import_notebook(path).nodes[0].keeps == ("x",)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "no json", '{"cells": 3}', '{"cells": [1]}', "\x00"]
)
def test_what_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "none.ipynb"
    path.write_text(text)

    with pytest.raises(NodeError, match=r"none\.ipynb is no notebook"):
        import_notebook(path)


@pytest.mark.parametrize("text", ["", "--- md\n# Only words", "import os\n---\ndef f(): ..."])
def test_a_notebook_that_does_nothing_is_refused(woven, text):
    with pytest.raises(PlanError, match="no cell that does anything"):
        woven(text)


def test_a_cell_too_large_to_read_is_refused_and_the_others_are_not(woven):
    made = woven("a = 1\n---\nb = '" + "x" * 1_000_000 + "'")

    assert len(made.nodes) == 2
    assert "1,000,006 characters" in made.different[0].text


def test_two_cells_with_one_id_are_two_cells(tmp_path, woven):
    woven("a = 1\n---\nb = 2")
    path = tmp_path / "report.ipynb"
    path.write_text(path.read_text().replace('"c1"', '"c0"'))

    assert len(import_notebook(path).nodes) == 2


def test_many_variables_are_taken_and_given_over_several_lines(woven):
    names = [f"a_variable_with_a_long_name_{n}" for n in range(9)]
    made = woven(
        "\n".join(f"{name} = {at}" for at, name in enumerate(names))
        + f"\n---\nx = {' + '.join(names)}"
    )

    for node in made.nodes:
        compile(code_of(made, node.id), "node", "exec")
    assert made.nodes[1].takes.keys() == set(names)


def test_global_outside_of_a_function_says_nothing(woven):
    made = woven("import re\nn = re.compile('a')\n---\nn.pattern\n---\nglobal n\nm = n.pattern")

    compile(code_of(made, made.nodes[0].id), "node", "exec")
    assert cells_of(made) == [(1, 2, 3)]


def test_a_definition_that_looked_at_a_variable_stays_with_it_if_that_changes(woven):
    made = woven("n = 1\n---\ndef f(x, by=n):\n    return x * by\n---\nn = 2\n---\ny = f(3)")

    assert cells_of(made) == [(1, 2, 3, 4)]
    assert "`f` was made with `n` as it was then" in reasons(made)


def test_a_seed_that_is_a_variable_is_taken_with_it(woven):
    made = woven("import random\nSEED = 4\n---\nrandom.seed(SEED)\n---\na = random.random()")

    assert made.nodes[-1].takes == {"SEED": "seed"}
    assert code_of(made, "a").index("random.seed(SEED)") < code_of(made, "a").index("a = random")


def test_a_function_that_sets_a_global_sets_it_where_it_is_called(woven):
    made = woven("def f():\n    global shown\n    shown = 2\n---\nf()\n---\nx = 1\n---\ny = shown")

    assert cells_of(made) == [(2, 4), (3,)]


def test_a_decorator_of_which_nothing_is_known_may_call_what_it_is_given(woven):
    made = woven(
        "import odd\n---\n@odd.go\ndef f(z):\n    global shown\n    shown = z\n---\ny = shown"
    )

    assert cells_of(made) == [(2, 3)]


def test_what_every_cell_may_feel_holds_those_behind_it_together(woven):
    made = woven("a = 1\n---\nimport sys\nsys.stdout = None\n---\nb = 2\n---\nc = 3")

    assert cells_of(made) == [(1,), (2, 3, 4)]
    assert "cell 2 changes the process by sys" in reasons(made)


def test_an_option_holds_for_all_that_is_made_with_its_library(woven):
    made = woven(
        "import pandas as pd\npd.set_option('display.max_rows', 3)\n---\n"
        "df = pd.DataFrame({'a': [1]})\n---\nt = repr(df)\n---\nx = 1"
    )

    assert "pd.set_option" in code_of(made, "t")
    assert "pd.set_option" not in code_of(made, "x")


def test_a_variable_that_may_not_be_set_is_given_as_such(woven):
    made = woven("for n in []:\n    last = n\n---\nx = last")

    assert 'perhaps=["last"]' in code_of(made, made.nodes[0].id)
    assert "if last is UNSET:\n    del last" in code_of(made, "x")


def test_names_of_a_comprehension_are_its_own(woven):
    assert woven("n = 2\n---\nx = [0 for _ in range(n)]").different == ()


def test_numbers_of_a_seed_in_a_function_are_drawn_in_one_process(woven):
    made = woven(
        "import random\ndef begin(n):\n    random.seed(n)\n---\nbegin(4)\n---\na = random.random()"
    )

    assert cells_of(made) == [(2, 3)]
    assert made.different == ()


def test_state_on_a_class_or_function_keeps_its_users_together(woven):
    made = woven(
        "class Config:\n    debug = False\n---\nConfig.debug = True\n---\nx = 1\n---\ny = Config.debug"
    )

    assert cells_of(made) == [(2, 4), (3,)]
    assert "cell 2 changes `Config` itself" in reasons(made)
