"""What a node gave over many executions, as a frame; and executions as they come."""

import threading
from pathlib import Path

import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.errors import QueryError
from flowforge_lab.settings import Settings

pytestmark = pytest.mark.slow

TEXT = """\
id: mixed
inputs: {n: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: table}
  table: {kind: sql.query, config: {sql: "select i, 'r' || i as name from range($n) t(i)", parameters: {n: "{{ inputs.n }}"}}, next: kept}
  kept: {kind: action.transform, config: {value: "inputs.n if inputs.n > 1 else None"}, next: big}
  big: {kind: action.transform, config: {value: "'x' * 70000 if inputs.n == 2 else now()"}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab with four executions, the first of which are sealed."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "nodes").symlink_to(Path(__file__).parents[1] / "kinds")
    (folder / "mixed.flow.yaml").write_text(TEXT)
    with ff.open_lab(folder, settings=Settings(owner_linger_seconds=0.5)) as lab:
        for n in range(4):
            assert lab.run("mixed.flow.yaml", {"n": n}).status == "succeeded"
        yield lab


def test_a_row_for_each_visit_with_columns_of_their_types(lab):
    frame = lab.node("table").outputs()

    assert list(frame.row_count) == [0, 1, 2, 3]
    assert frame.row_count.dtype == "int64"
    assert [len(table.to_pandas()) for table in frame.frame] == [0, 1, 2, 3]
    assert list(frame.columns[:5]) == [
        "execution_id",
        "workflow_id",
        "visit",
        "started_at",
        "port",
    ]


def test_a_whole_number_that_is_missing_makes_no_floats(lab):
    values = lab.node("kept").outputs().value

    assert (values.dtype, values.isna().tolist()) == ("Int64", [True, True, False, False])


def test_large_values_come_back_from_where_they_are_kept(lab):
    values = lab.node("big").outputs().value

    assert values[2] == "x" * 70_000
    assert pd.Timestamp(values[3]).tzinfo is not None


def test_the_rows_of_all_tables_stand_below_each_other(lab):
    rows = lab.node("table").rows("frame")

    assert rows[["i", "name"]].to_numpy().tolist() == [
        [0, "r0"], [0, "r0"], [1, "r1"], [0, "r0"], [1, "r1"], [2, "r2"]
    ]  # fmt: skip
    assert rows.execution_id.nunique() == 3
    pd.testing.assert_frame_equal(rows, lab.node("table").rows("rows"), check_dtype=False)


def test_what_is_no_table_has_no_rows(lab):
    with pytest.raises(QueryError, match=r"table\.row_count is no table but a int"):
        lab.node("table").rows("row_count")


def test_only_those_that_are_asked_for(lab):
    node = lab.node("table", workflow="mixed")

    assert list(node.outputs(limit=2).row_count) == [2, 3]
    assert list(node.outputs(where="duration < 0").columns)[:2] == ["execution_id", "workflow_id"]

    with pytest.raises(QueryError):
        node.outputs(where="colour = 1")


def test_metrics_of_one_node_by_hour_and_day(lab):
    for by in ("hour", "day"):
        metrics = lab.node("table").metrics(by=by)
        assert (metrics.visits.sum(), set(metrics.node)) == (4, {"table"})


def test_new_executions_come_into_a_frame(lab):
    with lab.watch(workflow="mixed") as watch:
        before = watch.frame()
        done = [lab.run("mixed.flow.yaml").execution_id for _ in range(2)]
        news = watch.look()

        assert (before.empty, list(news.execution_id)) == (True, done)
        assert watch.look().empty
        assert list(watch.frame().status) == ["succeeded", "succeeded"]


def test_an_iteration_gives_news_until_it_is_closed(lab):
    seen = []
    watch = lab.watch(every=0.01)

    def follow():
        for news in watch:
            seen.extend(news.status)
            if "succeeded" in seen:
                watch.close()

    thread = threading.Thread(target=follow)
    thread.start()
    lab.run("mixed.flow.yaml")
    thread.join(20)

    assert not thread.is_alive()
    assert seen[-1] == "succeeded"


def test_times_of_the_history_are_utc_in_any_zone(lab):
    asked = "select current_setting('TimeZone') as zone, now() as at"

    assert lab.rows(asked)[0]["zone"] == "UTC"
    assert str(lab.sql(asked)["at"].dt.tz) == "UTC"


def test_history_joins_with_a_frame_of_ones_own_on_a_connection(lab):
    mine = pd.DataFrame({"node": ["table"], "who": ["me"]})

    with lab.duckdb() as own:
        found = own.sql("select distinct who, node from steps join mine using (node)")
        rows = found.fetchall()

    assert rows == [("me", "table")]
    assert len(mine) == 1


def test_a_node_that_no_version_has_is_refused_and_one_that_never_ran_is_empty(lab):
    for asked in (lab.node("tabel").outputs, lambda: lab.node("tabel").rows("frame")):
        with pytest.raises(
            QueryError, match=r"no workflow that was run here has a node 'tabel'.*'table'"
        ):
            asked()
    with pytest.raises(QueryError, match="no node 'nope'"):
        lab.node("nope", workflow="mixed").metrics()
    with pytest.raises(QueryError, match=r"no workflow 'mixd' was run here.*'mixed'"):
        lab.node("table", workflow="mixd").outputs()

    assert lab.node("table").outputs(where="false").empty


def test_an_output_that_the_node_never_gave_is_refused(lab):
    with pytest.raises(QueryError, match=r"'table' gave no output 'fram'.*'frame'"):
        lab.node("table").rows("fram")


def test_metrics_by_another_length_of_time_are_refused(lab):
    for asked in (lab.node("table").metrics, lab.metrics, lab.node_metrics):
        with pytest.raises(QueryError, match="by 'week', only by: hour, day"):
            asked(by="week")
