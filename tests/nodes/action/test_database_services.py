"""Types, many rows, time limits, and databases that are not well."""

import asyncio
import datetime as dt
import decimal
import socket
import uuid

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs
from flowforge_lab.values import normalise
from tests.nodes.action.orders import NODE

pytestmark = pytest.mark.slow  # DuckDB is opened for each case


@pytest.mark.slow
def test_types_come_back_as_they_are(ask, orders, pg_told):
    sql = (
        "SELECT *, '10.0.0.1'::inet AS ip, '7d5d0f5e-0000-4000-8000-000000000000'::uuid AS u, "
        "date '2030-01-02' AS d, int4range(1, 5) AS r, '\\x00ff'::bytea AS b FROM orders WHERE id = 1"
    )

    row = ask(pg_told, {"op": "sql", "sql": sql}).rows[0]

    assert row["total"] == decimal.Decimal("10.50")
    assert row["at"] == dt.datetime(2030, 1, 1, 10, tzinfo=dt.UTC)
    assert (row["data"], row["tags"], row["ip"]) == ({"a": 1}, ["x", "y"], "10.0.0.1")
    assert (row["u"], row["r"]) == (uuid.UUID("7d5d0f5e-0000-4000-8000-000000000000"), "[1,5)")
    assert normalise(row)["b"] == b"\x00\xff"


@pytest.mark.slow
def test_fields_and_lists_are_written_as_json_and_arrays(ask, orders, pg_told):
    given = {"id": 5, "data": {"a": [1, {"b": None}]}, "tags": ["p", "q"]}

    got = ask(
        pg_told,
        {"op": "insert", "table": "orders", "rows": given, "returning": ["id", "data", "tags"]},
    )

    assert got.rows == [given]


@pytest.mark.slow
def test_many_rows_go_in_and_out(ask, orders, pg_told):
    many = [{"id": number, "word": f"w{number}"} for number in range(10, 25_010)]

    assert ask(pg_told, {"op": "insert", "table": "secrets", "rows": many}).count == 25_000
    got = ask(pg_told, {"op": "select", "table": "secrets"}, max_rows=30_000)
    assert got.count == 25_001


def test_more_rows_than_allowed_are_an_error(ask, fails, told):
    error = fails(told, {"op": "select", "table": "orders"}, max_rows=1)

    assert (error.type, error.is_transient) == ("sql.too_many_rows", False)
    assert ask(told, {"op": "select", "table": "orders"}, max_rows=2).count == 2


@pytest.mark.slow
def test_a_statement_that_takes_too_long_is_stopped_and_the_next_one_runs(
    run, lab_with, orders, pg_told
):
    attempt = lab_with(db=pg_told)
    slow = NODE.config.model_validate(
        {
            "connection": "db",
            "timeout": 0.3,
            "steps": [{"op": "sql", "sql": "SELECT pg_sleep(20)"}],
        }
    )
    quick = NODE.config.model_validate(
        {"connection": "db", "steps": [{"op": "select", "table": "orders"}]}
    )

    with pytest.raises(NodeError) as caught:
        run(NODE.run(slow, NoInputs(), attempt))

    assert (caught.value.type, caught.value.is_transient) == ("sql.timeout", True)
    assert run(NODE.run(quick, NoInputs(), attempt)).count == 2


def test_duckdb_is_interrupted_too(fails, duck):
    sql = "SELECT count(*) FROM range(100000000000) a"

    assert fails(duck, {"op": "sql", "sql": sql}, timeout=0.1).type == "sql.timeout"


@pytest.mark.slow
def test_a_cut_connection_is_replaced(run, lab_with, orders, pg_told):
    attempt = lab_with(db=pg_told)
    config = NODE.config.model_validate(
        {"connection": "db", "steps": [{"op": "select", "table": "orders"}]}
    )
    run(NODE.run(config, NoInputs(), attempt))

    orders.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'flowforge-lab'"
    )

    run(asyncio.sleep(0.1))
    assert run(NODE.run(config, NoInputs(), attempt)).count == 2


@pytest.mark.slow
def test_many_at_once_share_few_connections(run, lab_with, orders, pg_told):
    attempt = lab_with(db={**pg_told, "max_connections": 2})
    config = NODE.config.model_validate(
        {"connection": "db", "steps": [{"op": "select", "table": "orders"}]}
    )

    async def many():
        return await asyncio.gather(*(NODE.run(config, NoInputs(), attempt) for _ in range(20)))

    assert [got.count for got in run(many())] == [2] * 20
    used = orders.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'flowforge-lab'"
    ).fetchone()
    assert used[0] <= 2


def down():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.slow
def test_a_database_that_is_down_is_told_at_once(fails):
    told = {"kind": "postgresql", "host": "127.0.0.1", "port": down(), "database": "x"}

    error = fails(told, {"op": "select", "table": "orders"})

    assert (error.type, error.is_transient) == ("sql.connect", True)


@pytest.mark.slow
def test_a_wrong_database_is_no_reason_to_try_again(fails, pg_told):
    assert not fails(
        {**pg_told, "database": "gone"}, {"op": "select", "table": "orders"}
    ).is_transient


@pytest.fixture
def stranger(run):
    """Something else than a database at an address: it says some words, or nothing at all."""
    writers, servers = [], []

    def stranger(words):
        async def converse(reader, writer):
            writers.append(writer)
            if words is None:
                await reader.read()
                return
            writer.write(words)
            writer.close()

        servers.append(run(asyncio.start_server(converse, "127.0.0.1", 0)))
        port = servers[0].sockets[0].getsockname()[1]
        return {"kind": "postgresql", "host": "127.0.0.1", "port": port, "database": "x"}

    yield stranger
    for one in (*servers, *(writer.transport for writer in writers)):
        one.close()
    run(asyncio.sleep(0.02))


@pytest.mark.slow
@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"E\x00\x00\xff\xff"])
def test_something_else_at_the_address_is_told(fails, stranger, words):
    error = fails(stranger(words), {"op": "select", "table": "orders"}, timeout=5)

    assert error.type in {"sql.connect", "sql.timeout"}


@pytest.mark.slow
def test_a_silent_database_is_given_up(fails, stranger):
    error = fails(stranger(None), {"op": "select", "table": "orders"}, timeout=0.5)

    assert error.type == "sql.timeout"


def test_a_duckdb_file_that_is_not_there_is_told(fails, tmp_path):
    told = {"kind": "duckdb", "path": "gone.duckdb", "read_only": False}

    assert fails(told, {"op": "select", "table": "a"}).type == "sql.connect"


def test_a_connection_that_is_only_read_is_not_written_to(fails, duck):
    step = {"op": "delete", "table": "orders", "everything": True}

    assert fails({**duck, "read_only": True}, step).type == "sql.read_only"


def test_an_http_connection_is_no_database(fails):
    told = {"kind": "http", "base_url": "http://x"}

    assert fails(told, {"op": "select", "table": "a"}).type == "connection.kind"


@pytest.mark.parametrize("value", ["text", 5, [1], None])
def test_what_is_no_rows_cannot_be_inserted(fails, duck, value):
    assert (
        fails(duck, {"op": "insert", "table": "orders", "rows": value}).type == "sql.not_a_table"
    )


@pytest.mark.parametrize(
    "step",
    [
        {"op": "delete", "table": "orders"},
        {"op": "update", "table": "orders", "values": {"a": 1}},
        {"op": "update", "table": "orders", "values": {}, "everything": True},
        {"op": "upsert", "table": "orders", "rows": [], "key": []},
        {"op": "drop", "table": "orders"},
    ],
)
def test_what_nobody_can_mean_is_refused(step):
    with pytest.raises(ValidationError):
        NODE.config.model_validate({"connection": "db", "steps": [step]})


@pytest.mark.parametrize(
    ("step", "effects"),
    [
        ({"op": "select", "table": "a"}, "reads"),
        ({"op": "sql", "sql": "SELECT 1"}, "reads"),
        ({"op": "sql", "sql": "SELECT 1", "write": True}, "writes"),
        ({"op": "delete", "table": "a"}, "writes"),
        ("{{ input }}", "writes"),
    ],
)
def test_only_reading_counts_as_reading(step, effects):
    assert NODE.effects_with({"steps": [step]}) == effects


@pytest.mark.slow
def test_a_connection_can_be_tried(run, lab_with, pg_told):
    attempt = lab_with(db=pg_told, gone={**pg_told, "database": "gone"})

    assert run(attempt.clients.connections.test("db")).message.startswith("PostgreSQL ")
    assert not run(attempt.clients.connections.test("gone")).is_ok


@pytest.mark.slow
def test_the_password_is_a_secret(run, lab_with, orders, pg_told):
    attempt = lab_with({"pw": "hidden"}, db={**pg_told, "password": "{{ secrets.pw }}"})
    config = NODE.config.model_validate(
        {"connection": "db", "steps": [{"op": "select", "table": "orders"}]}
    )

    assert run(NODE.run(config, NoInputs(), attempt)).count == 2
    assert "hidden" not in repr(attempt.clients.databases._pools)
