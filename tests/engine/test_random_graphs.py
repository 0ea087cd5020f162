"""Any workflow without circles ends, keeps the order of its edges, and survives a cut at any event."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_lab.events import VisitStarted, VisitSucceeded, fold
from flowforge_lab.plan import compile_workflow
from flowforge_lab.spec import Document, Workflow

KINDS = ("action.transform", "logic.condition", "logic.join", "test.flaky")


@st.composite
def workflows(draw):
    """A random graph: each node leads to some later ones; conditions, joins and errors on the way."""
    count = draw(st.integers(2, 9))
    kinds = [draw(st.sampled_from(KINDS)) for _ in range(count)]
    workflow = Workflow(id="random").with_node("start", "trigger.manual", next="n0")
    for number, kind in enumerate(kinds):
        later = [f"n{other}" for other in range(number + 1, count)]
        targets = draw(st.lists(st.sampled_from(later), unique=True, max_size=3)) if later else []
        workflow = _with(workflow, f"n{number}", kind, targets, draw(st.booleans()))
    return _only_reached(workflow)


def _with(workflow, id, kind, targets, flag):
    if kind == "logic.condition":
        config = {"condition": str(flag)}
        return workflow.with_node(
            id, kind, config=config, next={"true": targets[:2], "false": targets[2:]}
        )
    if kind == "logic.join":
        return workflow.with_node(
            id,
            kind,
            config={"mode": "any", "cancel_rest": len(targets) % 2 == 0}
            if flag
            else {"mode": "all"},
            next=targets,
        )
    if kind == "test.flaky":
        config = {"failures": 9 if flag else 0}
        return workflow.with_node(
            id, kind, config=config, next=targets[:1], on_error=targets[1:], continue_with={}
        )
    return workflow.with_node(
        id, kind, config={"set": {id: "{{ execution.trigger }}"}}, next=targets
    )


def _only_reached(workflow):
    reached, ahead = set(), ["start"]
    while ahead:
        here = ahead.pop()
        reached.add(here)
        ahead += [
            edge.target
            for edge in workflow.edges()
            if edge.source == here and edge.target not in reached
        ]
    nodes = {id: node for id, node in workflow.nodes.items() if id in reached}
    return workflow.model_copy(update={"nodes": nodes})


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(workflows(), st.randoms(use_true_random=False))
def test_ends_in_order_and_resumes_to_the_same_result_from_a_random_cut(
    new_bench, workflow, random
):
    with tempfile.TemporaryDirectory() as folder:
        bench = new_bench(Path(folder))
        assert compile_workflow(workflow, bench.registry)
        text = Document.of(workflow).text
        whole = bench.run(text)
        entries = bench.journal._executions[whole.execution_id].entries

        _check_order(workflow, entries)
        _check_joins(workflow, entries)
        assert whole.status == "succeeded"
        assert fold(entries).tokens == {}

        cut = bench.run(text)
        stored = bench.journal._executions[cut.execution_id]
        stored.entries = stored.entries[: random.randint(1, len(stored.entries) - 1)]
        stored.head = type(stored.head)("running")
        bench.journal.die()
        resumed = bench.resume(cut.execution_id, text)

        assert resumed.status == "succeeded"
        if not any(node.config.get("mode") == "any" for node in workflow.nodes.values()):
            assert _visited(stored.entries) == _visited(entries)


def _check_order(workflow, entries):
    edges = {(edge.source, edge.from_port, edge.target) for edge in workflow.edges()}
    ended = {}
    for entry in entries:
        event = entry.event
        if isinstance(event, VisitStarted):
            for token in event.cause:
                assert (ended[token.source], token.from_port, token.target) in edges
        elif hasattr(event, "next"):
            ended[event.visit] = event.node


def _check_joins(workflow, entries):
    """A join of all has every edge in its cause that brought anything at all."""
    events = [entry.event for entry in entries]
    source = {event.visit: event.node for event in events if isinstance(event, VisitStarted)}
    tokens = [token for event in events for token in getattr(event, "next", ())]
    for event in events:
        if isinstance(event, VisitStarted) and workflow.nodes[event.node].config == {
            "mode": "all"
        }:
            came = {(source[t.source], t.from_port) for t in tokens if t.target == event.node}
            assert {(source[t.source], t.from_port) for t in event.cause} == came


def _visited(entries):
    ends = [entry.event for entry in entries if isinstance(entry.event, VisitSucceeded)]
    return sorted((event.node, event.port) for event in ends)
