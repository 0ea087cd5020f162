"""Failed executions as a frame: any part of it is started anew, once, or dismissed."""

import json

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError, PlanError


def workflow(fails, id="shop"):
    return (
        ff.Workflow(id=id, inputs={"n": ff.InputField(type="integer", default=1)})
        .with_node("start", "trigger.manual", next="work")
        .with_node("work", "test.flaky", config={"failures": 9 if fails else 0}, next="add")
        .with_node("add", "action.transform", config={"value": "inputs.n + 1"})
    )


@pytest.fixture
def letters(lab):
    for n in (1, 2, 3):
        lab.run(workflow(fails=True), {"n": n})
    lab.run(workflow(fails=True, id="other"))
    return lab.dead_letters


@pytest.mark.slow
def test_lists_what_failed_where_and_why_the_newest_first(lab, letters):
    frame = letters()

    assert list(frame["workflow_id"]) == ["other", "shop", "shop", "shop"]
    row = frame.iloc[0]
    assert (row.node, row.error_type, row.error_title) == ("work", "test.broken", "it broke")
    assert set(frame["status"]) == {"open"}


@pytest.mark.slow
def test_a_filtered_frame_is_retried_with_the_newest_version_and_its_own_inputs(lab, letters):
    lab.run(workflow(fails=False))
    frame = letters()

    told = letters.retry(frame[frame["workflow_id"] == "shop"], version="newest")

    results = [lab.wait(one).result["add"]["value"] for one in told["retried_as"]]
    assert sorted(results) == [2, 3, 4]
    assert set(told["problem"]) == {""}
    assert list(letters()["workflow_id"]) == ["other"]
    assert list(letters(status="retried")["retried_as"]) == list(told["retried_as"])


@pytest.mark.slow
def test_the_same_version_fails_again_and_leaves_a_letter_of_its_own(lab, letters):
    [old] = letters(workflow="other")["execution_id"]

    [new] = letters.retry(old)["retried_as"]

    assert lab.wait(new).status == "failed"
    assert list(letters(workflow="other")["execution_id"]) == [new]


@pytest.mark.slow
def test_a_letter_is_retried_once_however_often_it_is_asked_for(lab, letters):
    ids = list(letters(workflow="shop")["execution_id"])

    first = letters.retry([*ids, *ids])
    second = letters.retry(ids)

    assert len(first) == 3
    assert set(second["retried_as"]) == {""}
    assert all("was started anew before" in one for one in second["problem"])


@pytest.mark.slow
def test_what_cannot_be_retried_is_told_and_does_not_stop_the_rest(lab, letters):
    sound = lab.run(workflow(fails=False, id="sound")).execution_id
    [failed] = letters(workflow="other")["execution_id"]

    told = letters.retry([sound, "nothing", failed])

    assert list(told["retried_as"].ne("")) == [False, False, True]
    assert "only a failed one is a dead letter" in told["problem"][0]


@pytest.mark.slow
def test_dismissed_letters_leave_the_list_with_a_reason(lab, letters):
    gone = letters.dismiss(letters(error="test.*", workflow="shop"), reason="sold out")

    assert len(gone) == 3
    assert list(letters()["workflow_id"]) == ["other"]
    assert set(letters(status="dismissed")["reason"]) == {"sold out"}
    assert letters.dismiss(gone) == []


@pytest.mark.slow
def test_filters_that_fit_nothing_give_an_empty_frame_that_may_be_retried(lab, letters):
    frame = letters(error="http.*", node="work")

    assert len(frame) == 0
    assert len(letters.retry(frame)) == 0


@pytest.mark.slow
def test_a_frame_without_ids_is_refused(letters):
    with pytest.raises(TypeError, match="a column 'execution_id', found node"):
        letters.retry(letters()[["node"]])


def test_a_retry_keeps_the_payload_and_who_started_it(lab):
    source = workflow(fails=True)
    start = {"payload": {"mail": 7}, "user": "ada", "key": "mail-7"}
    before = lab.run(source, **start)
    [after] = lab.dead_letters.retry(before.execution_id)["retried_as"]

    lab.wait(after)

    [first] = lab.events(after, type="execution.started").to_dict("records")
    started = json.loads(first["payload"])
    assert (started["user"], started["payload"], "key" in started) == ("ada", {"mail": 7}, True)
    assert lab.get(after).origin == before.execution_id


def test_says_that_an_error_was_handled_on_the_way(lab):
    handled = (
        ff.Workflow(id="handled")
        .with_node("start", "trigger.manual", next="work")
        .with_node("work", "test.flaky", config={"failures": 9}, continue_with={"value": 1})
    )

    outcome = lab.run(handled)

    assert (outcome.status, outcome.handled_errors) == ("succeeded", 1)
    assert lab.get(outcome.execution_id).error == "an error was handled on the way"
    assert list(lab.executions(workflow="handled")["handled_errors"]) == [1]


def half_done(fails):
    return (
        ff.Workflow(id="half")
        .with_node("start", "trigger.manual", next="first")
        .with_node("first", "test.flaky", config={"failures": 0}, next="second")
        .with_node("second", "test.flaky", config={"failures": 9 if fails else 0})
    )


@pytest.mark.slow
def test_a_retry_may_go_on_at_the_step_that_failed(lab):
    before = lab.run(half_done(fails=True)).execution_id
    lab.run(half_done(fails=False))

    [after] = lab.dead_letters.retry(before, version="newest", begin="failed")["retried_as"]

    assert lab.wait(after).status == "succeeded"
    taken_over = {step.node: bool(step.origin) for step in lab.steps_of(after)}
    assert taken_over == {"start": True, "first": True, "second": False}
    assert "was started anew before" in lab.dead_letters.retry(before, begin="start")["problem"][0]


@pytest.mark.slow
def test_what_failed_at_no_step_is_not_begun_at_one(lab):
    slow = (
        ff.Workflow(id="slow", settings={"timeout": "0.2s"})
        .with_node("start", "trigger.manual", next="nap")
        .with_node("nap", "test.slow", config={"seconds": 5})
    )
    before = lab.run(slow).execution_id

    [problem] = lab.dead_letters.retry(before, begin="failed")["problem"]

    assert "it failed at no step (not finished within 0.2 s" in problem


FAILS = """\
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: test.flaky, config: {failures: 9}}
"""


@pytest.mark.slow
def test_the_newest_version_is_the_file_as_it_is_now(lab, folder):
    path = folder / "filed.flow.yaml"
    path.write_text(FAILS)
    outcomes = [lab.run(path) for _ in range(2)]
    path.write_text(FAILS.replace("9", "0"))

    told = lab.dead_letters.retry([one.execution_id for one in outcomes], version="newest")

    assert [lab.wait(id).status for id in told["retried_as"]] == ["succeeded", "succeeded"]


@pytest.mark.slow
def test_a_file_that_is_not_valid_now_is_refused_before_anything_is_retried(lab, letters, folder):
    path = folder / "filed.flow.yaml"
    path.write_text(FAILS)
    last = lab.run(path).execution_id
    path.write_text("nodes: {start: {kind: trigger.manual, next: nobody}}")

    with pytest.raises(PlanError, match="workflow 'filed' is not valid now: "):
        letters.retry([*letters(workflow="shop")["execution_id"], last], version="newest")

    assert set(letters(status=None)["status"]) == {"open"}


@pytest.mark.slow
def test_what_is_no_letter_keeps_no_other_from_the_newest_version(lab, letters):
    [other] = letters(workflow="other")["execution_id"]
    lab.run(workflow(fails=False, id="other"))

    told = letters.retry([other, "nobody"], version="newest")

    assert lab.wait(told["retried_as"][0]).status == "succeeded"
    assert "nobody" in told["problem"][1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wish", "error", "text"),
    [
        ({"version": "newst"}, NotFoundError, "no version 'newst'"),
        ({"version": ""}, NotFoundError, "no version ''"),
        ({"begin": "faild"}, ValueError, "expected one of start, failed, found 'faild'"),
    ],
)
def test_an_unknown_word_is_refused_before_anything_is_retried(lab, letters, wish, error, text):
    before = len(lab.heads())

    with pytest.raises(error, match=text):
        letters.retry(letters(), **wish)

    assert len(lab.heads()) == before
    assert set(letters(status=None)["status"]) == {"open"}


@pytest.mark.slow
def test_a_version_may_be_named_by_its_label(lab, letters):
    lab.run(workflow(fails=False))
    lab.versions.label("shop", "latest", "mended")
    lab.run(workflow(fails=True))
    ids = list(letters(workflow="shop")["execution_id"])

    told = letters.retry(ids, version="mended")

    assert {lab.wait(id).status for id in told["retried_as"]} == {"succeeded"}


@pytest.mark.slow
def test_a_label_that_one_workflow_lacks_starts_nothing_of_the_others(lab, letters):
    lab.versions.label("shop", "latest", "mended")

    with pytest.raises(NotFoundError, match="other has no version 'mended'"):
        letters.retry(letters(), version="mended")

    assert set(letters(status=None)["status"]) == {"open"}
