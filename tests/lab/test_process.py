"""How executions really went: variants, edges, loops, conformance, a picture, and logs that pm4py reads."""

import os
import warnings
from importlib.util import find_spec
from xml.etree import ElementTree as ET

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import QueryError
from flowforge_lab.settings import Settings

pytestmark = pytest.mark.slow

TEXT = """\
id: orders
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: work, done: ask}}
  work: {kind: action.transform, config: {value: item}, next: each}
  ask: {kind: logic.condition, config: {condition: inputs.n > 2}, next: {"true": big, "false": small}}
  big: {kind: flow.delay, config: {duration: 50ms}, next: last}
  small: {kind: action.transform, config: {value: "1 // inputs.n"}, next: last, on_error: told}
  told: {kind: action.transform, config: {value: "'<told>'"}}
  last: {kind: action.transform, config: {value: 1}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab with four executions: a large, two small ones, and one with an error that was handled."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "orders.flow.yaml").write_text(TEXT)
    with ff.open_lab(folder, settings=Settings(owner_linger_seconds=0.5)) as lab:
        for n in (3, 1, 2, 0):
            assert lab.run("orders.flow.yaml", {"n": n}).status == "succeeded"
        yield lab


@pytest.fixture(scope="module")
def process(lab):
    return lab.process("orders.flow.yaml")


def test_variants_are_the_ways_through_the_graph(process):
    variants = process.variants()

    assert list(zip(variants.variant, variants.executions, strict=True)) == [
        ("start > each > work+ > ask > small > last", 2),
        ("start > each > work+ > ask > big > last", 1),
        ("start > each > work+ > ask > small > told", 1),
    ]
    assert variants.share.sum() == pytest.approx(1)


def test_edges_are_counted_and_timed(process):
    edges = process.edges().set_index(["source", "port", "target"])

    assert edges.loc[("each", "body", "work"), "count"] == 12
    assert edges.loc[("work", "out", "each"), "count"] == 12
    assert edges.loc[("each", "done", "ask"), "count"] == 4
    assert edges.loc[("small", "error", "told"), "executions"] == 1
    assert edges.is_drawn.all()
    assert (edges.loc[("ask", "false", "small"), "avg_wait"]) >= 0


def test_the_narrowest_place_comes_first(process):
    first = process.bottlenecks().iloc[0]

    assert (first.source, first.target) == ("ask", "big")
    assert first.avg_through >= 0.05


def test_nodes_of_loops_are_visited_again(process):
    loops = process.loops()

    assert list(zip(loops.node, loops.executions, loops.visits, strict=True)) == [("work", 4, 12)]


def test_what_is_drawn_fits_and_what_is_not_is_named(lab, process):
    edited = lab.root / "edited.flow.yaml"
    edited.write_text(TEXT.replace('next: {"true": big,', 'next: {"true": small,'))
    other = lab.process(edited).conformance()
    odd = other[~other.fits]

    assert process.conformance().fits.all()
    assert (len(other), list(odd.strange)) == (4, [["ask.true > big"]])
    assert 0.5 < odd.fitness.item() < 1
    assert [str(way) for way in lab.process(edited).unused()] == ["ask.true > small"]


def test_a_picture_tells_counts_and_times_on_the_graph(process):
    picture = process.picture()

    assert ET.fromstring(picture).tag.endswith("svg")
    assert ">12 · " in picture
    assert "1 failed" in picture


def test_only_executions_that_are_asked_for(lab):
    few = lab.process("orders.flow.yaml", where="duration > 0.05")

    assert list(few.variants().executions) in ([1], [2], [1, 1])
    assert lab.process("orders.flow.yaml", where="false").variants().empty
    assert lab.process("orders.flow.yaml", where="false").conformance().empty
    assert lab.process("orders.flow.yaml", where="false").bottlenecks().empty
    assert "<svg" in lab.process("orders.flow.yaml", where="false").picture()
    with pytest.raises(QueryError):
        lab.process("orders.flow.yaml", where="colour = 1").edges()


@pytest.mark.timeout(180)
@pytest.mark.skipif(
    find_spec("pm4py") is None and os.environ.get("FLOWFORGE_CI") != "1",
    reason="pm4py is not installed",
)
def test_pm4py_reads_the_logs(process, tmp_path):
    written = process.to_xes(tmp_path / "log.xes"), process.to_ocel(tmp_path / "log.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own imports
        import pm4py

        log = pm4py.read_xes(str(tmp_path / "log.xes"), show_progress_bar=False)
        objects = pm4py.read_ocel2_json(str(tmp_path / "log.json"))

    ends = log[log["lifecycle:transition"] != "start"]
    assert written == (len(ends), len(objects.events)) == (len(objects.events),) * 2
    assert (log["case:concept:name"].nunique(), len(ends[ends["concept:name"] == "work"])) == (
        4,
        12,
    )
    kinds = objects.objects["ocel:type"].value_counts()
    assert (kinds["execution"], kinds["version"]) == (4, 1)
