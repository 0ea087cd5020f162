"""Workflows built of random blocks (loops, joins, choices, jumps, waits, errors) end, and survive a cut anywhere."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_lab.events import IterationStarted, VisitFailed, VisitSucceeded, fold
from flowforge_lab.plan import compile_workflow
from flowforge_lab.spec import Document, Workflow

BLOCKS = ("set", "wait", "flaky", "choice", "fork", "loop", "again", "finish")


class Builder:
    """Draws blocks one behind the other; every block has one node in front and one at its end."""

    def __init__(self, draw):
        self.draw = draw
        self.nodes = {}

    def add(self, kind, config=None, **fields):
        id = f"n{len(self.nodes)}"
        self.nodes[id] = {"kind": kind, "config": config or {}, "next": {}, **fields}
        return id

    def link(self, source, target, port="out"):
        self.nodes[source]["next"].setdefault(port, []).append(target)

    def chain(self, depth):
        """Return the ids of the first and the last node of one to three blocks in a row."""
        first, last = self.block(depth)
        for _ in range(self.draw(st.integers(0, 1 if depth else 2))):
            begin, end = self.block(depth)
            self.link(last, begin)
            last = end
        return first, last

    def block(self, depth):
        kinds = BLOCKS if depth < 2 else BLOCKS[:3]
        return getattr(self, f"_{self.draw(st.sampled_from(kinds))}")(depth)

    def _set(self, _depth):
        id = self.add("action.transform", {"set": {"at": "{{ default(index, -1) }}"}})
        return id, id

    def _wait(self, _depth):
        id = self.add("flow.delay", {"duration": f"{self.draw(st.integers(0, 2))}ms"})
        return id, id

    def _flaky(self, _depth):
        id = self.add(
            "test.flaky", {"failures": self.draw(st.sampled_from([0, 9]))}, continue_with={}
        )
        return id, id

    def _choice(self, depth):
        choice = self.add("logic.condition", {"condition": str(self.draw(st.booleans()))})
        end = self.add("action.transform")
        for port in ("true", "false"):
            first, last = self.chain(depth + 1)
            self.link(choice, first, port)
            self.link(last, end)
        return choice, end

    def _fork(self, depth):
        fork, join = self.add("action.transform"), self.add("logic.join")
        for _ in range(self.draw(st.integers(2, 3))):
            first, last = self.chain(depth + 1)
            self.link(fork, first)
            self.link(last, join)
        return fork, join

    def _loop(self, depth):
        config = {"items": str(list(range(self.draw(st.integers(0, 3)))))}
        config["parallel"] = self.draw(st.integers(1, 3))
        loop = self.add("logic.loop", config)
        first, last = self.chain(depth + 1)
        self.link(loop, first, "body")
        self.link(last, self.draw(st.sampled_from([loop, f"{loop}.continue"])))
        end = self.add("action.transform", {"value": f"nodes.{loop}.count"})
        self.link(loop, end, "done")
        return loop, end

    def _again(self, depth):
        first, last = self.chain(depth + 1)
        jump = self.add("logic.jump", {"max_jumps": self.draw(st.integers(1, 2))})
        end = self.add("action.transform")
        self.link(last, jump)
        self.link(jump, first)
        self.link(jump, end, "exhausted")
        return first, end

    def _finish(self, depth):
        return self._loop(depth) if depth else self._set(depth)


@st.composite
def workflows(draw):
    builder = Builder(draw)
    first, _ = builder.chain(0)
    workflow = Workflow(id="random").with_node("start", "trigger.manual", next=first)
    for id, fields in builder.nodes.items():
        workflow = workflow.with_node(id, **fields)
    return workflow


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(workflows(), st.floats(0, 1, exclude_max=True))
def test_blocks_end_and_resume_to_the_same_from_a_random_cut(new_bench, workflow, part):
    with tempfile.TemporaryDirectory() as folder:
        bench = new_bench(Path(folder))
        assert compile_workflow(workflow, bench.registry)
        text = Document.of(workflow).text
        whole = bench.run(text)
        entries = bench.entries(whole.execution_id)

        assert (whole.status, whole.error) == ("succeeded", None)
        _check_end(entries)

        cut = bench.run(text)
        entries_made = len(bench.entries(cut.execution_id))
        bench.journal.cut(cut.execution_id, 1 + int(part * (entries_made - 1)))
        resumed = bench.resume(cut.execution_id, text)

        assert (resumed.status, resumed.error) == ("succeeded", None)
        _check_end(bench.entries(cut.execution_id))
        assert _made(bench.entries(cut.execution_id)) == _made(entries)


def _check_end(entries):
    state = fold(entries)
    assert (state.tokens, state.open_visits()) == ({}, [])
    turns = [e.event for e in entries if isinstance(e.event, IterationStarted)]
    assert len({(turn.visit, turn.index) for turn in turns}) == len(turns)
    assert all(not turn.live for v in state.visits.values() if v.loop for turn in v.loop.turns)


def _made(entries):
    ends = [e.event for e in entries if isinstance(e.event, VisitSucceeded | VisitFailed)]
    return sorted((event.node, str(getattr(event, "port", "error"))) for event in ends)
