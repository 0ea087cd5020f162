import duckdb
import pandas as pd
import pytest
from pydantic import ValidationError

from flowforge_lab.clients import Clients
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry
from flowforge_lab.testing import a_real_attempt
from flowforge_lab.values import Frame


def test_asks_frames_and_files_with_parameters(visit, attempt):
    (attempt.folder / "names.csv").write_text("k,name\n1,Ada\n2,Bob\n")
    config = {
        "sql": "SELECT name, v FROM vals JOIN names USING (k) WHERE v > $least",
        "frames": {"vals": Frame.of(pd.DataFrame({"k": [1, 2], "v": [10, 20]}))},
        "files": {"names": "names.csv"},
        "parameters": {"least": 15},
    }

    got = visit("sql.query", config)

    assert (got.rows, got.row_count, got.columns) == ([{"name": "Bob", "v": 20}], 1, ["name", "v"])


def test_many_rows_come_only_as_a_frame(visit):
    got = visit("sql.query", {"sql": "FROM range(11)", "max_inline_rows": 10})

    assert (got.rows, got.frame.row_count) == (None, 11)


@pytest.mark.parametrize("path", ["../x.csv", "/etc/passwd.csv", "no.csv"])
def test_files_stay_inside_the_folder(visit, path):
    with pytest.raises(NodeError) as caught:
        visit("sql.query", {"sql": "FROM t", "files": {"t": path}})

    assert caught.value.type in {"file.outside", "file.not_found"}


def test_a_value_that_is_no_table_is_told(visit):
    with pytest.raises(NodeError, match="found int"):
        visit("sql.query", {"sql": "FROM t", "frames": {"t": 7}})


def test_writes_to_a_connection_only_when_both_sides_mean_it(run, tmp_path):
    duckdb.connect(tmp_path / "lake.duckdb").close()
    lake = {"kind": "duckdb", "path": "lake.duckdb", "read_only": False}
    clients = Clients(connections={"lake": lake}, folder=tmp_path)
    attempt, node = a_real_attempt(tmp_path, clients=clients), Registry().get("sql.query")
    config = {"sql": "CREATE TABLE t AS SELECT 1 AS a; FROM t", "connection": "lake"}

    with pytest.raises(NodeError, match="read-only"):
        run(node.run(node.config.model_validate(config), node.inputs(), attempt))
    got = run(
        node.run(node.config.model_validate({**config, "write": True}), node.inputs(), attempt)
    )

    assert got.rows == [{"a": 1}]
    run(clients.close())


def test_writing_without_a_connection_is_told(visit):
    with pytest.raises(ValidationError, match="no connection"):
        visit("sql.query", {"sql": "SELECT 1", "write": True})


@pytest.mark.parametrize(("config", "effects"), [({}, "reads"), ({"write": True}, "writes")])
def test_only_writing_counts_as_writing(config, effects):
    assert Registry().get("sql.query").effects_with(config) == effects
