import asyncio
import time
from datetime import date
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from flowforge_lab.clients import SqlQuery
from flowforge_lab.errors import NodeError
from flowforge_lab.values import Frame

ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000) b"


@pytest.fixture
def ask(run, clients):
    return lambda sql, **facts: run(clients.sql.query(SqlQuery(sql=sql, **facts)))


@pytest.fixture
def lake(tmp_path):
    path = tmp_path / "lake.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    return path


def fails(ask, sql, **facts):
    with pytest.raises(NodeError) as caught:
        ask(sql, **facts)
    return caught.value


def test_values_are_bound_by_name(ask):
    evil = "1'; DROP TABLE x; --"

    got = ask(
        "SELECT $v AS v, $d AS d, $n AS n",
        parameters={"v": evil, "d": date(2030, 1, 1), "n": None},
    )

    assert got.rows() == [{"v": evil, "d": date(2030, 1, 1), "n": None}]


def test_a_parameter_without_a_value_is_named(ask):
    assert "$month" in fails(ask, "SELECT $month", parameters={}).detail


def test_a_value_without_a_parameter_is_named(ask):
    assert "$mnth" in fails(ask, "SELECT 1", parameters={"mnth": 1}).detail


def test_asks_frames_rows_and_files_together(ask, tmp_path):
    (tmp_path / "c.csv").write_text("k,c\n1,x\n")
    tables = {
        "a": Frame.of(pd.DataFrame({"k": [1, 2], "a": ["p", None]})),
        "b": [{"k": 1, "b": 2.5}],
        "c file": tmp_path / "c.csv",
    }

    got = ask('FROM a JOIN b USING (k) JOIN "c file" USING (k)', tables=tables)

    assert got.rows() == [{"k": 1, "a": "p", "b": 2.5, "c": "x"}]


@pytest.mark.parametrize("name", ["t.parquet", "t.json", "t.csv"])
def test_reads_each_kind_of_file(ask, tmp_path, name):
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS a) TO '{tmp_path / name}'")

    assert ask("FROM t", tables={"t": tmp_path / name}).rows() == [{"a": 1}]


def test_a_file_that_is_no_table_is_told(ask, tmp_path):
    assert "known are: .csv" in fails(ask, "FROM t", tables={"t": tmp_path / "t.docx"}).detail


def test_rows_that_make_no_table_are_told(ask):
    assert "cannot be read as a table" in fails(ask, "FROM t", tables={"t": [1, 2]}).detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "sql",
    [
        "FROM '/etc/passwd'",
        "FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '/tmp/flowforge-leak.csv'",
        "ATTACH '/tmp/flowforge-leak.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '1TB'",
    ],
)
def test_nothing_else_on_disk_can_be_reached(ask, sql):
    assert fails(ask, sql).type in {"sql.invalid", "sql.failed"}


def test_the_line_that_is_wrong_is_shown(ask):
    error = fails(ask, "SELECT 1;\nSELEC 2")

    assert (error.type, error.is_transient) == ("sql.invalid", False)
    assert "SELEC 2" in error.detail


@pytest.mark.parametrize("sql", ["", " -- nothing", ";"])
def test_no_statement_at_all_is_told(ask, sql):
    assert fails(ask, sql).type == "sql.invalid"


def test_the_last_of_several_statements_gives_the_result(ask):
    assert ask("CREATE TABLE t AS SELECT 7 AS a; SELECT a + 1 AS b FROM t").rows() == [{"b": 8}]


def test_more_rows_than_allowed_are_an_error_and_not_cut(ask):
    assert fails(ask, "FROM range(11)", max_rows=10).type == "sql.too_many_rows"
    assert ask("FROM range(10)", max_rows=10).frame.row_count == 10


def test_sums_are_whole_numbers_and_decimals_exact_in_rows(ask):
    got = ask("SELECT sum(i) AS s, 1.10 AS d FROM range(3) t(i)")

    assert got.rows() == [{"s": 3, "d": Decimal("1.10")}]
    assert got.frame.columns == {"s": "int64", "d": "float64"}


def test_columns_with_one_name_are_told_apart(ask):
    assert list(ask("SELECT 1 AS a, 2 AS a").frame.columns) == ["a", "a_1"]


def test_a_result_without_rows_keeps_its_columns(ask):
    got = ask("SELECT 1 AS a WHERE false")

    assert (got.frame.row_count, list(got.frame.columns), got.rows()) == (0, ["a"], [])


def test_a_query_that_never_ends_is_interrupted(ask):
    started = time.perf_counter()
    error = fails(ask, ENDLESS, seconds=0.2)

    assert error.type == "sql.timeout"
    assert time.perf_counter() - started < 2.0


def test_a_query_that_is_cancelled_stops(run, clients):
    async def cancelled():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await clients.sql.query(SqlQuery(sql=ENDLESS))

    started = time.perf_counter()
    run(cancelled())

    assert time.perf_counter() - started < 2.0


@pytest.mark.slow
def test_a_query_that_takes_all_memory_is_stopped(ask):
    sql = "SELECT r, random() AS q FROM range(50000000) t(r) ORDER BY q"

    assert fails(ask, sql, max_memory_bytes=50_000_000).type == "sql.memory"


def test_a_database_is_only_read_unless_writing_is_meant(ask, lake):
    assert fails(ask, "INSERT INTO t VALUES (2)", database=lake).type == "sql.invalid"

    got = ask("INSERT INTO t VALUES (2); FROM t", database=lake, is_read_only=False)

    assert got.rows() == [{"a": 1}, {"a": 2}]


def test_two_queries_read_one_database_at_once(run, clients, lake):
    async def both():
        query = SqlQuery(sql="FROM t", database=lake)
        return await asyncio.gather(*(clients.sql.query(query) for _ in range(4)))

    assert [got.rows() for got in run(both())] == [[{"a": 1}]] * 4


def test_a_database_that_is_not_there_is_told(ask, tmp_path):
    error = fails(ask, "SELECT 1", database=tmp_path / "no.duckdb")

    assert "does not exist" in error.detail
    assert not (tmp_path / "no.duckdb").exists()


def test_a_file_that_is_no_database_is_told(ask, tmp_path):
    (tmp_path / "x.duckdb").write_text("not a database" * 1000)

    assert fails(ask, "SELECT 1", database=tmp_path / "x.duckdb").type == "sql.failed"
