"""What a lab learns from its past is the same over a server: outputs, processes, capacity."""

import threading

import msgspec
import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.analysis import Recording
from flowforge_lab.client.hindsight import workflow_file
from flowforge_lab.errors import (
    ConflictError,
    NotFoundError,
    QueryError,
    RemoteError,
    StoreUnavailableError,
)
from flowforge_lab.services import Take
from flowforge_lab.testing import rehearse_recording
from tests.api.conftest import Served, make_folder

pytestmark = pytest.mark.slow
ORDERS = """\
id: orders
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: table}
  table: {kind: sql.query, config: {sql: "select i, 'r' || i as name from range($n) t(i)", parameters: {n: "{{ inputs.n }}"}}, next: each}
  each: {kind: logic.loop, config: {items: "[1, 2, 3]"}, next: {body: work, done: big}}
  work: {kind: action.transform, config: {value: item}, next: each}
  big: {kind: action.transform, config: {value: "'x' * 70000 if inputs.n == 2 else now()"}, next: last}
  last: {kind: action.transform, config: {value: "1 // inputs.n"}, on_error: told}
  told: {kind: action.transform, config: {value: "'<told>'"}}
"""

RECORDING = Recording(1, "e-1", "orders", "", "", (), "", {}, (), {})


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """One lab with four executions, and the same over its server."""
    folder = make_folder(tmp_path_factory.mktemp("lab"))
    (folder / "orders.flow.yaml").write_text(ORDERS)
    with ff.open_lab(folder) as here:
        for n in (3, 1, 2, 0):
            assert here.run("orders.flow.yaml", {"n": n}, user=f"u{n % 2}").status == "succeeded"
        with Served(folder) as served, ff.connect(served.url) as there:
            yield here, there


def same(frames):
    here, there = frames
    pd.testing.assert_frame_equal(here, there)
    return here


def test_outputs_have_their_columns_and_types(both):
    frames = [lab.node("work", workflow="orders").outputs() for lab in both]

    assert list(same(frames).value) == [1, 2, 3] * 4
    assert (
        same([lab.node("work").outputs(limit=2, where="visit > 5") for lab in both]).shape[0] == 2
    )
    assert same([lab.node("big").outputs(where="duration < 0") for lab in both]).empty
    assert same([lab.node("work").metrics(by="day") for lab in both]).visits.sum() == 12


def test_large_values_and_tables_are_brought(both):
    values, there = [lab.node("big").outputs().value for lab in both]
    tables = [lab.node("table").outputs().frame for lab in both]

    assert list(map(str, there)) == list(map(str, values))
    assert [len(one.to_pandas()) for one in tables[1]] == [3, 1, 2, 0]
    assert all(
        one.to_pandas().equals(other.to_pandas()) for one, other in zip(*tables, strict=True)
    )
    assert list(same([lab.node("table").rows("frame") for lab in both]).i) == [0, 1, 2, 0, 0, 1]


@pytest.mark.parametrize("part", ["variants", "edges", "bottlenecks", "loops", "conformance"])
def test_a_process_is_the_same_from_elsewhere(both, part):
    frames = [getattr(lab.process("orders"), part)() for lab in both]

    assert len(same(frames)) > 0
    since = frames[0].max().get("last_at")
    assert same([getattr(lab.process("orders", where="false"), part)() for lab in both]).empty
    assert since is None or list(
        same([lab.process("orders", since=since).variants() for lab in both])
    )


def test_what_an_execution_did_that_is_drawn_no_more_is_a_list(both):
    for lab in both:
        assert [type(one) for one in lab.process("orders").conformance().strange] == [list] * 4


def test_pictures_and_logs_are_the_same(both, tmp_path):
    here, there = (lab.process("orders") for lab in both)
    places = [tmp_path / f"{number}.log" for number in range(4)]

    assert here.picture() == there.picture()
    assert (here.drawn(), here.unused()) == (there.drawn(), there.unused())
    assert here.to_xes(places[0]) == there.to_xes(places[1]) > 20
    assert here.to_ocel(places[2]) == there.to_ocel(places[3]) > 20
    texts = [one.read_text() for one in places]
    assert (texts[0], texts[2]) == (texts[1], texts[3])


def test_capacity_is_replayed_here_from_what_came_there(both):
    asked = {"key": "user", "arrivals": 1000.0, "on_limit": "replace"}
    here, there = (lab.capacity("orders", 1, 2, **asked) for lab in both)

    same([here.frame(), there.frame()])
    same([here.forecasts[0].frame(), there.forecasts[0].frame()])
    assert there.jobs == here.jobs
    with pytest.raises(QueryError):
        both[1].capacity("orders", 0)


def test_what_is_not_there_and_what_is_no_condition_is_told(both):
    for lab in both:
        for asked in (lab.process, lab.capacity):
            with pytest.raises(NotFoundError):
                asked("nix")
        with pytest.raises(QueryError):
            lab.process("orders", where="nix = 1").variants()
        with pytest.raises(QueryError):
            lab.node("work").outputs(where="1 = 1) union select")


def test_an_execution_is_recorded_here_as_a_test_that_passes(both, tmp_path):
    id = both[0].executions(workflow="orders", limit=1).execution_id[0]
    written = both[1].record(id, root=tmp_path)

    assert written.test == tmp_path / "tests" / f"test_orders_{id[-8:]}.py"
    assert (tmp_path / "orders.flow.yaml").read_text() == ORDERS
    assert written.ignored == both[0].record(id, tmp_path / "local").ignored
    found = rehearse_recording(written.recording)
    assert (found.status, found.differences) == ("succeeded", ())
    (tmp_path / "orders.flow.yaml").write_text(ORDERS.replace("'<told>'", "'told'"))
    assert len(rehearse_recording(written.recording).differ("output")) == 1
    with pytest.raises(ConflictError):
        both[1].record(id, root=tmp_path)
    both[1].record(id, root=tmp_path, force=True)
    with pytest.raises(NotFoundError):
        both[1].record("nix", root=tmp_path)


@pytest.mark.parametrize("file", ["../x.flow.yaml", "/etc/x.flow.yaml", "a/../../x.flow.yaml"])
def test_a_strange_server_writes_nothing_beside_the_folder(tmp_path, file):
    with pytest.raises(RemoteError):
        workflow_file(Take(file, RECORDING, (), "succeeded"), tmp_path)


@pytest.mark.parametrize("field", ["workflow_id", "execution_id"])
@pytest.mark.parametrize("name", ['x"""\nimport os', "../../x", ""])
def test_a_strange_server_names_no_file_and_writes_no_code(tmp_path, field, name):
    strange = msgspec.structs.replace(RECORDING, **{field: name})

    with pytest.raises(RemoteError):
        workflow_file(Take("x.flow.yaml", strange, (), "succeeded"), tmp_path)


@pytest.mark.parametrize("workflow", ["", "hello"])
def test_new_executions_come_as_they_begin_and_end(both, workflow):
    seen = []
    here, there = both
    watch = there.watch(workflow=workflow, every=0.01)

    def follow():
        for news in watch:
            seen.extend(zip(news.execution_id, news.status, strict=True))
            if "succeeded" in news.status.tolist():
                watch.close()

    thread = threading.Thread(target=follow)
    thread.start()
    assert watch.frame().empty
    id = here.run("hello.flow.yaml").execution_id
    thread.join(20)

    assert not thread.is_alive()
    assert seen[-1] == (id, "succeeded")
    assert {one for one, _ in seen} == {id}
    assert list(watch.frame().execution_id) == [id]


def test_a_watch_from_the_past_begins_with_it_and_looks_when_it_is_asked_to(both):
    since = both[0].executions().started_at.min().to_pydatetime()
    watches = [lab.watch(workflow="orders", since=since) for lab in both]

    same([watch.look() for watch in watches])
    same([watch.frame() for watch in watches])
    assert same([watch.look() for watch in watches]).empty
    for watch in watches:
        watch.close()
        watch.close()
        assert list(watch) == []


def test_a_watch_of_a_server_that_is_gone_ends_with_its_reason(tmp_path):
    folder = make_folder(tmp_path)
    with Served(folder) as served:
        there = ff.connect(served.url)
        watch = there.watch(every=0.01)
        assert watch.look().empty
    with there, pytest.raises(StoreUnavailableError):
        next(iter(watch))


def test_a_backtest_finds_the_same_and_tells_how_it_gets_on(both):
    here, there = both
    path = here.root / "orders.flow.yaml"
    path.write_text(ORDERS.replace("1 // inputs.n", "2 // inputs.n"))
    progress = []
    try:
        found = [
            here.backtest("orders.flow.yaml", ignore=["big"]),
            there.backtest("orders", ignore=["big"], on_progress=lambda *at: progress.append(at)),
        ]
        few = there.backtest("orders", limit=1, where="status = 'succeeded'")
    finally:
        path.write_text(ORDERS)

    same([one.frame() for one in found])
    same([one.executions() for one in found])
    assert (found[1].version, found[1].changed) == (found[0].version, 3)
    assert (progress[-1], len(few)) == ((4, 4), 1)
    with pytest.raises(QueryError):
        there.backtest("orders", where="nix = 1")
    with pytest.raises(NotFoundError):
        there.backtest("nix")


def test_whoever_has_enough_of_a_backtest_ends_it(both):
    def enough(done, total):
        msg = f"{done} of {total}"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="of 4"):
        both[1].backtest("orders", on_progress=enough)
