"""A debugger stops, shows, changes and lets go on, one execution and no other."""

import asyncio
import statistics
import threading
import time

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError, ExpressionError, NotFoundError, PlanError
from flowforge_lab.events import OutputsEdited, VariableSet
from flowforge_lab.spec import Document
from tests.store.rows import Story

pytestmark = pytest.mark.slow

CHAIN = Document.parse("""\
id: chain
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: inputs.n}, next: b}
  b: {kind: action.transform, config: {value: "input.value + default(vars.execution.more, 0)"}, next: c}
  c: {kind: action.transform, config: {value: "nodes.b.value * 10"}}
""")
LOOP = Document.parse("""\
id: rounds
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[5, 6, 7]", parallel: 3}, next: {body: work, done: after}}
  work: {kind: action.transform, config: {value: item}, next: each}
  after: {kind: action.transform, config: {value: "[one.value for one in nodes.each.results]"}}
""")
SLOW = (
    ff.Workflow(id="slow")
    .with_node("start", "trigger.manual", next="work")
    .with_node("work", "test.slow", config={"seconds": 0.3}, next="after")
    .with_node("after", "action.transform", config={"value": "1"})
)


def test_without_breakpoints_it_stops_right_behind_the_trigger(lab):
    session = lab.debug(CHAIN, {"n": 3})

    assert session.wait(10) == "paused"
    [one] = session.where
    assert (one.node, one.source, one.input, one.turns) == ("a", "start", {"n": 3}, ())
    assert session.outcome is None


def test_goes_on_to_the_end(lab):
    session = lab.debug(CHAIN, {"n": 3}, breakpoints={"b": "", "c": "input.value > 100"})
    session.wait(10)
    assert [one.node for one in session.where] == ["b"]
    session.go_on()

    assert session.wait(10) == "succeeded"
    assert session.outcome.result == {"c": {"value": 30}}
    assert session.where == []


@pytest.mark.slow
def test_edits_are_seen_by_what_comes_later_and_say_who_made_them(lab):
    session = lab.debug(CHAIN, breakpoints={"b": ""})
    session.wait(10)
    session.set_variable("more", 5)
    session.edit_outputs("a", {"value": 20})
    assert (session.variables, session.where[0].input) == ({"more": 5}, {"value": 20})
    session.go_on()
    session.wait(10)

    assert session.outcome.result == {"c": {"value": 250}}
    edits = [
        e.event
        for e in lab.entries(session.execution_id)
        if isinstance(e.event, VariableSet | OutputsEdited)
    ]
    assert len(edits) == 2
    assert all(edit.by for edit in edits)


@pytest.mark.slow
def test_single_steps_show_each_visit(lab):
    session = lab.debug(CHAIN)
    session.wait(10)
    seen = []
    while session.status == "paused":
        seen.append([step.node for step in session.steps])
        session.step(10)

    assert seen == [["start"], ["start", "a"], ["start", "a", "b"]]
    assert session.outcome.status == "succeeded"


@pytest.mark.slow
def test_parallel_turns_of_a_loop_stop_once_each(lab):
    session = lab.debug(LOOP, breakpoints={"work": "item != 6"})
    stops = 0
    while session.wait(10) == "paused":
        stops += 1
        assert {one.turns[0][0] for one in session.where if one.node == "work"} == {"each"}
        session.go_on()

    assert stops == 2
    assert session.outcome.result == {"after": {"value": [5, 6, 7]}}


def test_breakpoints_can_be_set_while_it_stands(lab):
    session = lab.debug(CHAIN)
    session.wait(10)
    session.breakpoints = {"c": "nodes.b.value == 1"}
    assert session.breakpoints == {"c": "nodes.b.value == 1"}
    session.go_on()
    session.wait(10)

    assert [one.node for one in session.where] == ["c"]
    assert "before c" in repr(session)


@pytest.mark.parametrize(
    ("breakpoints", "error", "text"),
    [
        ({"d": ""}, NotFoundError, "no node 'd'"),
        ({"start": ""}, NotFoundError, "is a trigger"),
        ({"b": "input.value >"}, ExpressionError, r"breakpoints.b: .* at character"),
        ({"b": "inptu.value"}, ExpressionError, "unknown name 'inptu'.* at character 1"),
        ({"b": "1 + nodes.d.value"}, ExpressionError, "no node 'd'.* at character 5"),
    ],
)
def test_a_breakpoint_that_cannot_stop_is_refused(lab, breakpoints, error, text):
    with pytest.raises(error, match=text):
        lab.debug(CHAIN, breakpoints=breakpoints)

    assert lab.heads() == []


@pytest.mark.parametrize(
    ("place", "value", "error", "text"),
    [
        ("c", {"value": 1}, NotFoundError, "no visit 'c'"),
        (9, {"value": 1}, NotFoundError, "no visit 9"),
        ("a", {"valeu": 1}, PlanError, "outputs.valeu"),
        ("a", {"value": object()}, PlanError, "a:"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(lab, place, value, error, text):
    session = lab.debug(CHAIN, breakpoints={"b": ""})
    session.wait(10)

    with pytest.raises(error, match=text):
        session.edit_outputs(place, value)


def test_what_is_not_paused_cannot_be_stepped(lab):
    session = lab.debugger(lab.run(CHAIN).execution_id)

    with pytest.raises(ConflictError, match="not paused: succeeded"):
        session.step()
    with pytest.raises(ConflictError, match="over already"):
        session.set_variable("x", 1)
    session.cancel()
    assert session.wait() == "succeeded"


@pytest.mark.slow
def test_attaches_to_a_running_execution_and_leaves_others_alone(lab):
    first, other = lab.start(SLOW), lab.start(SLOW)
    session = lab.debugger(first[:20])
    session.pause()

    assert session.wait(10) == "paused"
    assert lab.wait(other).status == "succeeded"
    assert [one.node for one in session.where] == ["after"]
    session.cancel()
    assert session.wait(10) == "cancelled"


@pytest.mark.slow
def test_an_edit_that_comes_too_late_is_told(lab, folder, settings):
    with ff.open_lab(folder, settings=settings) as holder:
        journal = holder.parts.store.journal
        story = asyncio.run(Story(holder.parts.store).begin())

        def end_untaken():
            while not asyncio.run(journal.renew([story.lease])):
                time.sleep(0.01)
            asyncio.run(story.end())

        ending = threading.Thread(target=end_untaken)
        ending.start()
        with pytest.raises(ConflictError, match="ended before"):
            lab.debugger(story.id).set_variable("late", 1)
        ending.join()


@pytest.mark.slow
def test_a_second_lab_debugs_what_the_first_one_runs(lab, folder, settings):
    slow = SLOW.model_copy(
        update={
            "nodes": {
                **SLOW.nodes,
                "work": SLOW.nodes["work"].model_copy(update={"config": {"seconds": 1.5}}),
            }
        }
    )
    execution_id = lab.start(slow)
    with ff.open_lab(folder, settings=settings) as other:
        session = other.debugger(execution_id)
        session.breakpoints = {"after": ""}
        assert session.wait(10) == "paused"
        session.set_variable("seen", 1)
        session.go_on()
        assert session.wait(10) == "succeeded"

    assert lab.wait(execution_id).status == "succeeded"


def test_two_debuggers_that_step_at_once_lose_nothing(lab):
    session = lab.debug(CHAIN)
    session.wait(10)
    threads = [threading.Thread(target=lab.debugger(session.execution_id).go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert session.wait(10) == "succeeded"


def test_shows_itself_as_a_small_table(lab):
    session = lab.debug(CHAIN, {"n": 3}, breakpoints={"b": "input.value < 9"})
    session.wait(10)
    shown = session._repr_html_()

    assert "<b>paused</b>" in shown
    assert "b: input.value &lt; 9" in shown
    assert "<td" in shown


@pytest.mark.slow
def test_survives_a_lab_that_is_closed(folder, settings):
    with ff.open_lab(folder, settings=settings) as lab:
        session = lab.debug(CHAIN)
        session.wait(10)
    with ff.open_lab(folder, settings=settings) as lab:
        again = lab.debugger(session.execution_id)
        assert again.wait(10) == "paused"
        assert lab.due() == []
        again.go_on()
        assert again.wait(10) == "succeeded"


@pytest.mark.bench
def test_a_step_takes_a_tenth_of_a_second_at_most(lab):
    steps = ff.Workflow(id="many").with_node("start", "trigger.manual", next="n0")
    for number in range(40):
        steps = steps.with_node(
            f"n{number}", "action.transform", config={"value": "1"}, next=f"n{number + 1}"
        )
    session = lab.debug(steps.with_node("n40", "action.transform", config={"value": "1"}))
    session.wait(10)
    lengths = []
    while session.status == "paused":
        started = time.perf_counter()
        session.step(10)
        lengths.append(time.perf_counter() - started)

    print(
        f"a step: median {statistics.median(lengths) * 1000:.0f} ms, longest {max(lengths) * 1000:.0f} ms"
    )
    assert statistics.median(lengths) <= 0.1
