"""A lab on its real store: run, look, save, activate."""

import asyncio
import stat
import threading

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, NotFoundError, PlanError
from flowforge_lab.events import ExecutionFinished
from flowforge_lab.spec import Document

DOUBLE = (
    ff.Workflow(id="double", inputs={"n": ff.InputField(type="integer", required=True)})
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "action.transform", config={"value": "inputs.n * 2"})
)
SLOW = (
    ff.Workflow(id="slow")
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "test.slow", config={"seconds": 30})
)
CRON = """\
nodes:
  tick: {kind: trigger.schedule, config: {cron: "* * * * * *"}, next: work}
  work: {kind: action.transform, config: {value: trigger.due_at}}
"""


def test_runs_a_workflow_and_returns_its_result(lab):
    outcome = lab.run(DOUBLE, {"n": 21})

    assert outcome.status == "succeeded"
    assert outcome.result == {"work": {"value": 42}}


@pytest.mark.slow
def test_code_that_runs_over_the_time_limit_of_the_workflow_is_stopped(lab):
    sleepy = (
        ff.Workflow(id="sleepy", settings={"timeout": "500ms"})
        .with_node("start", "trigger.manual", next="nap")
        .with_node("nap", "python.code", config={"code": "import time\ntime.sleep(30)"})
    )

    outcome = lab.run(sleepy)

    assert outcome.error.type == "execution.timeout"
    assert outcome.duration < 5


def test_shows_what_went_in_and_out_of_each_step(lab):
    outcome = lab.run(DOUBLE, {"n": 21})

    start, work = lab.steps_of(outcome.execution_id[:20])
    assert (start.output, work.input) == ({"n": 21}, {"n": 21})
    assert (work.node, work.status, work.output) == ("work", "succeeded", {"value": 42})


def test_calls_back_for_every_event_in_order(lab):
    seen = []

    outcome = lab.run(DOUBLE, {"n": 1}, on_event=seen.append)

    assert [entry.seq for entry in seen] == list(range(1, len(seen) + 1))
    assert isinstance(seen[-1].event, ExecutionFinished)
    assert {entry.execution_id for entry in seen} == {outcome.execution_id}


def test_works_inside_a_running_event_loop_as_in_a_notebook(lab):
    async def cell():
        return lab.run(DOUBLE, {"n": 3})

    assert asyncio.run(cell()).result["work"]["value"] == 6


@pytest.mark.slow
def test_cancels_from_another_thread(lab):
    execution_id = lab.start(SLOW)
    threading.Timer(0.1, lab.cancel, [execution_id]).start()

    assert lab.wait(execution_id).status == "cancelled"


def test_cancelling_what_is_over_says_so(lab):
    outcome = lab.run(DOUBLE, {"n": 1})

    with pytest.raises(ConflictError, match="over already: succeeded"):
        lab.cancel(outcome.execution_id)


@pytest.mark.slow
def test_another_lab_object_on_the_same_folder_sees_and_cancels(lab, folder, settings):
    execution_id = lab.start(SLOW)

    with ff.open_lab(folder, settings=settings) as other:
        assert other.get(execution_id).status == "running"
        other.cancel(execution_id)
        assert other.wait(execution_id).status == "cancelled"


def test_a_wrong_name_gets_a_suggestion(lab):
    lab.run(DOUBLE, {"n": 1})

    with pytest.raises(NotFoundError, match="did you mean 'double'"):
        lab.run("duoble", {"n": 1})
    with pytest.raises(NotFoundError, match=r"no file 'x\.flow\.yaml'"):
        lab.run("x.flow.yaml")


def test_runs_a_workflow_by_its_id_once_it_is_known(lab):
    lab.run(DOUBLE, {"n": 1})

    assert lab.run("double", {"n": 5}).result["work"]["value"] == 10


def test_saving_an_invalid_workflow_keeps_a_draft_that_cannot_be_activated(lab, folder):
    path = folder / "bad.flow.yaml"
    path.write_text(CRON.replace("action.transform", "action.tranform"))

    saved = lab.save(Document.read(path))

    assert saved.is_draft
    assert lab.workflows()[0].has_draft
    with pytest.raises(PlanError, match=r"did you mean 'action\.transform'"):
        lab.activate(path)
    assert not lab.workflows()[0].is_active


def test_a_workflow_built_in_python_is_judged_too(lab, folder):
    workflow = ff.Workflow().with_node("start", "trigger.manual", next="q")
    workflow = workflow.with_node("q", "notebook.run", config={"path": "gone.ipynb"})

    [problem] = lab.validate(workflow)

    assert (problem.node, problem.line) == ("q", None)
    assert f"no file 'gone.ipynb' in {folder}" in problem.message
    with pytest.raises(PlanError, match="no file"):
        lab.run(workflow)


def test_a_node_without_a_name_is_told_like_every_fault_of_the_whole_file(lab):
    text = (
        '{"flowforge": 1, "nodes": {"": {"kind": "trigger.manual"}, "a b": {"kind": "flow.end"}}}'
    )

    told = {problem.message.partition(" is")[0] for problem in lab.validate(Document.parse(text))}

    assert {"''", "'a b'"} <= told


def test_a_draft_that_was_mended_is_a_draft_no_more(lab, folder):
    path = folder / "bad.flow.yaml"
    path.write_text(CRON.replace("action.transform", "action.tranform"))
    lab.save(Document.read(path))
    path.write_text(CRON)

    saved = lab.save(Document.read(path))

    assert not saved.is_draft
    assert not lab.workflows()[0].has_draft


@pytest.mark.slow
def test_an_active_schedule_fires_and_a_deactivated_one_does_not(lab, folder):
    path = folder / "tick.flow.yaml"
    path.write_text(CRON)
    lab.activate(path)

    done = threading.Event()
    lab.parts.feed.subscribe(
        lambda entry: done.set() if isinstance(entry.event, ExecutionFinished) else None
    )
    lab.serve(until=done.is_set)
    lab.deactivate("tick")

    head = lab.heads()[0]
    assert (head.workflow_id, head.trigger, head.status) == ("tick", "tick", "succeeded")
    assert lab.schedules() == []


def test_the_folder_of_a_lab_is_closed_to_others_and_ignored_by_git(lab, folder):
    inside = folder / ".flowforge"

    assert stat.S_IMODE(inside.stat().st_mode) == 0o700
    assert (inside / ".gitignore").read_text() == "*\n"


def test_a_lab_is_found_from_a_folder_below(lab, folder, monkeypatch):
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    with ff.open_lab() as found:
        assert found.root == folder


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(NotFoundError, match="flowforge init"):
        ff.open_lab(tmp_path / "nowhere")


def test_closing_twice_is_harmless(folder, settings):
    lab = ff.open_lab(folder, settings=settings)
    lab.close()
    lab.close()


@pytest.mark.slow
def test_a_secret_that_a_node_gives_away_is_nowhere_in_what_the_lab_keeps(lab, folder):
    lab.secrets.set("token", "canary-5f1c")
    workflow = (
        ff.Workflow(id="leaky")
        .with_node("start", "trigger.manual", next="show")
        .with_node("show", "test.leak", config={"token": "{{ secrets.token }}"}, on_error="after")
        .with_node("after", "action.transform", config={"value": "input.error.title"})
    )

    outcome = lab.run(workflow)
    text = str(lab.entries(outcome.execution_id)) + str(lab.steps_of(outcome.execution_id))

    assert "the token is ***" in text
    assert "can" not in text + str(outcome) + str(lab.events(outcome.execution_id).to_dict())


def test_every_error_of_the_product_can_be_caught_by_a_public_name(folder):
    with pytest.raises(ff.FlowForgeError):
        ff.open_lab(folder / "nowhere")


def test_a_lab_knows_its_webhooks_and_tokens(lab, folder):
    (folder / "hook.flow.yaml").write_text(
        "nodes:\n  hook: {kind: trigger.webhook, next: done}\n  done: {kind: flow.end}\n"
    )
    lab.activate("hook.flow.yaml")
    token = lab.tokens.create("notebook", "viewer")

    assert [hook.path for hook in lab.webhooks.all()] == ["/api/webhooks/hook"]
    assert lab.tokens.find(token).role == "viewer"


def test_a_file_is_parsed_again_only_when_it_has_changed(lab, folder):
    path = folder / "tick.flow.yaml"
    path.write_text(CRON)
    first, again = lab.read(path), lab.read(path)
    path.write_text(CRON + "# changed\n")

    assert first is again
    assert lab.read(path).text.endswith("# changed\n")
