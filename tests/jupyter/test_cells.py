"""What a notebook has besides the screens: pictures, problems, a form to run with, `%flow`."""

import gc
import time
from xml.etree import ElementTree as ET

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import flowforge_lab as ff
from flowforge_lab.errors import DocumentError
from flowforge_lab.lab import shared_lab
from flowforge_lab.spec import Document

pytestmark = pytest.mark.slow

FLOW = """\
id: greet
name: Greet <them>
inputs:
  who: {type: string, required: true, description: Whom}
  times: {type: integer, default: 2}
  loud: {type: boolean, default: false}
  day: {type: date, default: "2026-07-01"}
  tone: {type: string, enum: [kind, stern], default: kind}
nodes:
  start: {kind: trigger.manual, next: text}
  text: {kind: action.transform, config: {value: "inputs.who * inputs.times"}, next: done}
  done: {kind: flow.end}
"""


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "greet.flow.yaml").write_text(FLOW, encoding="utf-8")
    shared_lab.cache_clear()
    yield shared_lab()
    shared_lab().close()
    shared_lab.cache_clear()


@pytest.fixture
def shell(lab):
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    ff.load_ipython_extension(shell)
    ff.load_ipython_extension(shell)
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def shown(shell, value):
    return shell.display_formatter.format(value)[0]


def run(shell, line, cell=None):
    if cell is None:
        return shell.run_line_magic("flow", line)
    return shell.run_cell_magic("flow", line, cell)


def texts_of(svg):
    return "".join(ET.fromstring(svg).itertext())


def wait_until(holds, seconds=10):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_workflow_and_an_execution_are_pictures(shell, lab):
    done = run(shell, "run greet.flow.yaml who=ab")

    graph = texts_of(shown(shell, Document.parse(FLOW))["image/svg+xml"])
    ran = texts_of(shown(shell, done)["image/svg+xml"])
    assert "Greet <them>" in graph
    assert "✓ succeeded" in ran
    assert done.execution_id in ran
    assert done.result == {"done": {"result": {"value": "abab"}}} or done.status == "succeeded"
    assert "image/svg+xml" in shown(shell, lab.get(done.execution_id))


def test_an_execution_of_another_lab_is_shown_as_text(shell):
    foreign = ff.lab.lab.Outcome("01a00000-0000-7000-8000-000000000000", "succeeded")

    assert "image/svg+xml" not in shown(shell, foreign)


def test_a_notebook_keeps_no_picture_of_hundreds_of_nodes(shell, lab):
    many = ff.Workflow(id="many").with_node("n", "flow.end")
    for number in range(400):
        many = many.with_node(f"n{number}", "flow.end")

    assert "image/svg+xml" not in str(ff.Editor(many, lab=lab)._repr_mimebundle_())
    assert "image/svg+xml" in str(ff.Editor(Document.parse(FLOW), lab=lab)._repr_mimebundle_())


def test_problems_are_a_table_and_other_lists_stay_lists(shell, lab):
    problems = lab.validate(Document.parse(FLOW.replace("inputs.times", "inputs.<b>tims")))

    html = shown(shell, problems)["text/html"]
    assert "text.config.value" in html
    assert "<b>tims" not in html
    assert "text/html" not in shown(shell, [1, 2])
    assert "text/html" not in shown(shell, [])


def test_flow_without_words_says_how_and_mistakes_are_told_in_a_line(shell):
    with capture_output() as told:
        run(shell, "")
        run(shell, "run")
        run(shell, "run greet.flow.yaml who")
        run(shell, "run nowhere.flow.yaml")
        run(shell, "last")

    for text in (
        "%flow run FILE",
        "which workflow",
        "expected name=value",
        "nowhere",
        "Nothing has",
    ):
        assert text in told.stdout


def test_status_and_last_lead_to_the_newest_execution(shell):
    done = run(shell, "run greet.flow.yaml who=x times=3")

    assert run(shell, f"status {done.execution_id[:20]}").status == "succeeded"
    assert len(run(shell, "status")) == 1
    viewer = run(shell, "last greet.flow.yaml")
    assert viewer.execution_id == done.execution_id
    assert set(shown(shell, viewer)) >= {"image/svg+xml"}
    viewer.close()


def test_executions_are_a_table_of_what_people_ask_for(shell, lab):
    done = run(shell, "run greet.flow.yaml who=x times=3")

    html = shown(shell, run(shell, "status"))["text/html"]
    assert "✓ succeeded" in html
    assert f"<code>{done.execution_id}</code>" in html
    assert lab.get(done.execution_id).digest not in html


def test_a_wide_picture_is_scrolled_and_a_small_one_is_left_alone(shell):
    nodes = "".join(f"  n{n}: {{kind: trigger.manual, next: n{n + 1}}}\n" for n in range(5))
    wide = Document.parse(f"nodes:\n{nodes}  n5: {{kind: flow.end}}\n")

    html = shown(shell, wide)["text/html"]
    assert "overflow-x:auto" in html
    assert "data:image/svg+xml;base64," in html
    assert "text/html" not in shown(shell, Document.parse("nodes: {a: {kind: flow.end}}"))


def test_pictures_in_cells_follow_the_light_of_the_page(shell):
    done = run(shell, "run greet.flow.yaml who=ab")

    for value in (done, Document.parse(FLOW)):
        assert "prefers-color-scheme:dark" in shown(shell, value)["image/svg+xml"]


def test_a_mistake_is_told_once(shell):
    with capture_output() as told:
        run(shell, "status nowhere")
        run(shell, "run greet.flow.yaml whom=x")

    [problems] = told.outputs
    assert told.stdout.count("nowhere") == 1
    assert "unknown input" not in told.stdout
    assert "unknown input" in problems.data["text/html"]
    assert "unknown input" in problems.data["text/plain"]


def test_a_lab_at_the_end_of_a_cell_says_where_it_is(lab, tmp_path):
    assert repr(lab) == f"Lab({str(tmp_path)!r})"


def test_a_cell_is_a_workflow_that_is_kept_and_run(shell, tmp_path):
    with capture_output():
        done = run(shell, "kept.flow.yaml --run who=y", FLOW)

    assert done.status == "succeeded"
    assert (tmp_path / "kept.flow.yaml").read_text(encoding="utf-8") == FLOW


def test_a_cell_with_errors_is_shown_and_not_run(shell, lab):
    with capture_output() as told:
        assert run(shell, "--run", FLOW.replace("inputs.who", "inputs.whom")) is None

    assert len(told.outputs) == 2
    assert lab.heads() == []


def test_a_form_has_a_field_for_each_input_and_runs_with_them(lab):
    form = ff.RunForm("greet.flow.yaml", lab=lab)
    form.fields["who"].value = "hi"
    form.fields["times"].value = "3"
    assert form.inputs == {
        "who": "hi",
        "times": 3,
        "loud": False,
        "day": "2026-07-01",
        "tone": "kind",
    }

    assert form.outcome is None
    form.start()
    lab.wait(form.execution_id)
    wait_until(lambda: "succeeded" in form._told.value)
    assert form.outcome.status == "succeeded"
    assert (form._bar.value, form._run.disabled, form._stop.disabled) == (3, False, True)
    assert "image/svg+xml" in str(form._repr_mimebundle_())


def test_a_form_tells_what_keeps_it_from_running(lab):
    form = ff.RunForm("greet.flow.yaml", lab=lab)

    assert form.start() == ""
    assert "who" in form._told.value
    form.fields["times"].value = "<b>"
    assert form.start() == ""
    assert "expected a number (integer), found &#x27;&lt;b&gt;&#x27;" in form._told.value


def test_a_form_shows_what_is_said_of_an_input(lab):
    said = FLOW.replace("description: Whom", 'description: "<Whom> to greet"')
    form = ff.RunForm(Document.parse(said), lab=lab)

    found = [
        getattr(one, "value", "")
        for row in form.widget.children
        for one in getattr(row, "children", ())
    ]
    assert any("&lt;Whom&gt; to greet" in str(value) for value in found)


def test_a_form_stops_what_it_started(lab):
    slow = Document.parse("""\
id: slow
nodes:
  start: {kind: trigger.manual, next: wait}
  wait: {kind: flow.delay, config: {duration: 1h}, next: done}
  done: {kind: flow.end}
""")
    form = ff.RunForm(slow, lab=lab)
    form.start()
    assert form._run.disabled

    form.stop()
    wait_until(lambda: "cancelled" in form._told.value)
    assert form.outcome.status == "cancelled"
    form.stop()
    assert "over" in form._told.value


def test_an_editor_of_what_is_no_workflow_says_only_that(tmp_path, lab):
    path = tmp_path / "broken.flow.yaml"
    path.write_text("nodes: [")

    with pytest.raises(DocumentError):
        ff.Editor(path, lab=lab)
    gc.collect()  # what is left of it is closed; an error in that is a warning, and fails the test
