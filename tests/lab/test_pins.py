"""Pinned outputs: validated, kept beside the document, used only where asked for."""

import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError, PlanError
from flowforge_lab.events import ExecutionStarted

FLOW = """\
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: sql.query, config: {sql: "SELECT error('asked for real')"}, next: check}
  check: {kind: logic.condition, config: {condition: "nodes.ask.row_count > 1"}, next: {"true": many, "false": few}}
  many: {kind: action.transform, config: {value: "'many'"}}
  few: {kind: action.transform, config: {value: "'few'"}}
"""


@pytest.fixture
def path(folder):
    path = folder / "ask.flow.yaml"
    path.write_text(FLOW)
    return path


@pytest.fixture
def outputs(lab, folder):
    """What a real `sql.query` gives."""
    real = folder / "real.flow.yaml"
    real.write_text(
        FLOW.replace("SELECT error('asked for real')", "SELECT 1 AS a UNION ALL SELECT 2")
    )
    execution_id = lab.run(real).execution_id
    return next(
        step.output for step in lab.steps_of(execution_id) if step.node == "ask"
    ), execution_id


def test_a_pinned_node_is_not_run(lab, path, outputs):
    lab.pins(path).set("ask", outputs[0])

    outcome = lab.run(path, with_pins=True)
    steps = {step.node: step.is_pinned for step in lab.steps_of(outcome.execution_id)}
    started = next(
        entry.event
        for entry in lab.entries(outcome.execution_id)
        if isinstance(entry.event, ExecutionStarted)
    )

    assert outcome.result == {"many": {"value": "many"}}
    assert steps == {"start": False, "ask": True, "check": False, "many": False}
    assert list(started.pins) == ["ask"]


@pytest.mark.slow
def test_without_being_asked_for_no_run_uses_pins(lab, path, outputs):
    lab.pins(path).set("ask", outputs[0])

    assert lab.run(path).status == "failed"


@pytest.mark.slow
def test_the_history_shows_what_was_pinned(lab, path, outputs):
    lab.pins(path).set("ask", outputs[0])
    outcome = lab.run(path, with_pins=True)

    steps = lab.steps(execution=outcome.execution_id)

    assert steps[steps["pinned"]]["node"].tolist() == ["ask"]


def test_what_a_node_gave_in_an_execution_can_be_pinned(lab, path, outputs):
    pinned = lab.pins(path).take("ask", outputs[1][:24])

    assert (pinned.node, pinned.port) == ("ask", "out")
    assert lab.run(path, with_pins=True).result == {"many": {"value": "many"}}
    with pytest.raises(NotFoundError, match="did not succeed"):
        lab.pins(path).take("few", outputs[1])


@pytest.mark.slow
def test_pins_are_not_in_the_file_and_outlive_the_lab(lab, path, outputs, folder, settings):
    before = path.read_text()
    lab.pins(path).set("ask", outputs[0])
    lab.close()

    with ff.open_lab(folder, settings=settings) as again:
        [pinned] = again.pins("ask").all()

    assert path.read_text() == before
    assert pinned.outputs["row_count"] == 2


@pytest.mark.slow
def test_a_port_chooses_the_way(lab, path, outputs):
    lab.pins(path).set("ask", outputs[0])
    branch = lab.pins(path).set("check", {"result": False}, port="false")

    assert branch.port == "false"
    assert lab.run(path, with_pins=True).result == {"few": {"value": "few"}}


def test_every_field_that_does_not_fit_is_told(lab, path):
    with pytest.raises(PlanError) as caught:
        lab.pins(path).set("ask", {"row_count": "many", "nothing": 1})

    fields = {problem.field for problem in caught.value.problems}
    assert {"outputs.row_count", "outputs.nothing"} <= fields
    assert all(problem.node == "ask" for problem in caught.value.problems)
    assert lab.pins(path).all() == []


@pytest.mark.parametrize(
    ("node", "value", "port", "error"),
    [
        ("aks", {}, "", NotFoundError),
        ("many", {"value": 1}, "nothing", NotFoundError),
        ("many", {"value": 1}, "error", NotFoundError),
        ("many", [1], "", PlanError),
        ("many", {"value": object()}, "", PlanError),
    ],
)
def test_what_cannot_be_pinned_is_refused(lab, path, node, value, port, error):
    with pytest.raises(error):
        lab.pins(path).set(node, value, port=port)


@pytest.mark.slow
def test_a_pin_that_fits_no_more_stops_the_run_and_one_of_a_gone_node_does_not(lab, path, outputs):
    lab.pins(path).set("ask", outputs[0])
    lab.pins(path).set("few", {"value": 1})
    path.write_text(FLOW.replace("few", "less"))
    assert lab.run(path, with_pins=True).status == "succeeded"

    path.write_text(
        FLOW.replace(
            "sql.query, config: {sql: \"SELECT error('asked for real')\"}",
            "action.transform, config: {value: {row_count: 1}}",
        ).replace("nodes.ask.row_count", "nodes.ask.value.row_count")
    )
    with pytest.raises(PlanError, match="ask"):
        lab.run(path, with_pins=True)


def test_pins_are_cleared_one_by_one_and_all_at_once(lab, path):
    pins = lab.pins(path)
    for node in ("many", "few"):
        pins.set(node, {"value": 1})

    assert pins.clear("few") == ["few"]
    with pytest.raises(NotFoundError, match="did you mean 'many'"):
        pins.clear("mny")
    assert (pins.clear(), pins.clear()) == (["many"], [])


def test_a_loop_is_pinned_at_its_end(lab, folder):
    path = folder / "loop.flow.yaml"
    path.write_text(
        "nodes:\n  start: {kind: trigger.manual, next: each}\n  each: {kind: logic.loop, config: {range: {stop: 3}}, next: {body: work, done: result}}\n  work: {kind: action.transform, config: {value: item}, next: each}\n  result: {kind: action.transform, config: {value: nodes.each.results}}\n"
    )
    lab.pins(path).set("each", {"results": [7], "count": 1, "errors": [], "is_broken": False})

    assert lab.run(path, with_pins=True).result == {"result": {"value": [7]}}
    with pytest.raises(NotFoundError, match="can be pinned; it has: done"):
        lab.pins(path).set(
            "each", {"results": [], "count": 0, "errors": [], "is_broken": False}, port="body"
        )


def test_a_pinned_data_frame_is_not_swept_away(lab, folder):
    path = folder / "frame.flow.yaml"
    path.write_text(
        "nodes:\n  start: {kind: trigger.manual, next: make}\n  make: {kind: action.transform, config: {value: 1}, next: count}\n  count: {kind: action.transform, config: {value: len(nodes.make.value)}}\n"
    )
    lab.pins(path).set("make", {"value": pd.DataFrame({"a": range(5)})})

    swept = lab._loop.run_sync(lab.parts.store.sweep_blobs(grace=0))

    assert swept == 0
    assert lab.pins(path).all()[0].outputs["value"].row_count == 5
    lab.pins(path).clear()
    assert lab._loop.run_sync(lab.parts.store.sweep_blobs(grace=0)) == 1
