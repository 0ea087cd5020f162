"""The node over a real PostgreSQL and over DuckDB files."""

import asyncio
import datetime as dt
import decimal
import socket
import uuid

import duckdb
import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.values import Frame, normalise

pytestmark = pytest.mark.slow  # DuckDB is opened for each case
NODE = Registry().get("action.database_query")
ALL = ["select", "insert", "update", "delete"]
TABLE = """
CREATE TABLE orders (id int PRIMARY KEY, who text NOT NULL DEFAULT 'nobody', total numeric(9,2),
                     at timestamptz, data jsonb, tags text[]);
INSERT INTO orders VALUES (1, 'ada', 10.50, '2030-01-01T10:00Z', '{"a": 1}', '{x,y}'), (2, 'bob', NULL, NULL, NULL, NULL);
CREATE TABLE secrets (id int PRIMARY KEY, word text);
INSERT INTO secrets VALUES (1, 's3same');
"""
HOSTILE = [
    "orders; DROP TABLE orders; --",
    'orders" WHERE 1=1; DROP TABLE orders; --',
    "orders'--",
    "x) UNION SELECT word FROM secrets --",
    "%(id)s",
    "%s%%",
    "pg_catalog.pg_authid",
    "ord\u00e9rs",
]


@pytest.fixture
def ask(run, lab_with):
    """Run steps over a connection as described, and return what came of it."""

    def ask(told, *steps, **config):
        attempt = lab_with(db=told)
        fields = NODE.config.model_validate({"connection": "db", "steps": list(steps), **config})
        return run(NODE.run(fields, NoInputs(), attempt))

    return ask


@pytest.fixture
def fails(ask):
    def fails(*arguments, **config):
        with pytest.raises(NodeError) as caught:
            ask(*arguments, **config)
        return caught.value

    return fails


@pytest.fixture
def duck(tmp_path):
    with duckdb.connect(tmp_path / "lake.duckdb") as connection:
        connection.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, who text DEFAULT 'nobody', total decimal(9,2))"
        )
        connection.execute("INSERT INTO orders VALUES (1, 'ada', 10.5), (2, 'bob', NULL)")
        connection.execute("CREATE TABLE secrets AS SELECT 1 AS id, 's3same' AS word")
    return {"kind": "duckdb", "path": "lake.duckdb", "read_only": False, "statements": ALL}


@pytest.fixture
def orders(pg):
    pg.execute(TABLE)
    return pg


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.slow)])
def told(request):
    """The same tables in both databases."""
    if request.param == "duckdb":
        return request.getfixturevalue("duck")
    request.getfixturevalue("orders")
    return request.getfixturevalue("pg_told")


def rows(*ids):
    return [{"id": number, "who": f"w{number}"} for number in ids]


# -- forms, over both


def test_selects_by_conditions_in_order(ask, told):
    step = {
        "op": "select",
        "table": "orders",
        "columns": ["id", "who"],
        "where": [
            {"column": "id", "is": "in", "value": [1, 2, 3]},
            {"column": "total", "is": "not_empty"},
        ],
        "match": "any",
        "order_by": [{"column": "id", "descending": True}],
        "limit": 5,
    }

    assert ask(told, step).rows == [{"id": 2, "who": "bob"}, {"id": 1, "who": "ada"}]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"is": "equals", "value": "ada"}, [1]),
        ({"is": "not_equals", "value": "ada"}, [2]),
        ({"is": "greater", "value": "ada"}, [2]),
        ({"is": "at_most", "value": "ada"}, [1]),
        ({"is": "contains", "value": "d"}, [1]),
        ({"is": "contains", "value": "%"}, []),
        ({"is": "starts_with", "value": "_"}, []),
        ({"is": "ends_with", "value": "\\"}, []),
        ({"is": "not_contains", "value": "d"}, [2]),
        ({"is": "in", "value": []}, []),
        ({"is": "not_in", "value": ["ada"]}, [2]),
        ({"is": "equals", "value": None}, []),
        ({"is": "not_empty"}, [1, 2]),
        ({"is": "equals", "value": "' OR 1=1 --"}, []),
    ],
)
def test_compares_as_the_form_says(ask, duck, condition, ids):
    step = {"op": "select", "table": "orders", "where": [{"column": "who", **condition}]}

    assert [row["id"] for row in ask(duck, step).rows] == ids


def test_inserts_updates_upserts_and_deletes_in_one_transaction(ask, told):
    steps = [
        {
            "op": "insert",
            "table": "orders",
            "rows": [{"id": 3, "who": "eve"}, {"id": 4}],
            "returning": ["id", "who"],
        },
        {"op": "upsert", "table": "orders", "rows": rows(1, 5), "key": ["id"], "update": ["who"]},
        {
            "op": "update",
            "table": "orders",
            "values": {"total": 1},
            "where": [{"column": "id", "value": 2}],
        },
        {
            "op": "delete",
            "table": "orders",
            "where": [{"column": "id", "value": 3}],
            "returning": ["id"],
        },
    ]

    got = ask(told, *steps)

    assert got.counts == [2, 2, 1, 1]
    assert got.results[0] == [{"id": 3, "who": "eve"}, {"id": 4, "who": "nobody"}]
    assert got.rows == [{"id": 3}]
    everybody = ask(told, {"op": "select", "table": "orders", "order_by": [{"column": "id"}]}).rows
    assert [row["who"] for row in everybody] == ["w1", "bob", "nobody", "w5"]


def test_an_upsert_of_keys_alone_leaves_what_is_there(ask, told):
    step = {"op": "upsert", "table": "orders", "rows": [{"id": 1}], "key": ["id"]}

    assert ask(told, step).count == 0


def test_a_failing_step_takes_the_others_back(ask, fails, told):
    steps = [
        {"op": "insert", "table": "orders", "rows": rows(7)},
        {"op": "insert", "table": "orders", "rows": rows(1)},
    ]

    assert fails(told, *steps).type == "sql.constraint"
    assert len(ask(told, {"op": "select", "table": "orders"}).rows) == 2


def test_without_a_transaction_each_step_stands_alone(ask, fails, told):
    steps = [
        {"op": "insert", "table": "orders", "rows": rows(7)},
        {"op": "insert", "table": "orders", "rows": rows(1)},
    ]

    assert not fails(told, *steps, transaction=False).is_transient
    assert len(ask(told, {"op": "select", "table": "orders"}).rows) == 3


def test_rows_come_from_frames_and_go_into_frames(ask, told):
    import pandas as pd

    given = Frame.of(pd.DataFrame({"id": [8, 9], "who": ["x", None]}))
    kept = ask(told, {"op": "insert", "table": "secrets", "rows": [{"id": 8, "word": "w"}]})

    frame = ask(
        told, {"op": "select", "table": "secrets", "order_by": [{"column": "id"}]}, result="frame"
    ).frame

    assert kept.count == 1
    assert frame.to_pandas().to_dict("list") == {"id": [1, 8], "word": ["s3same", "w"]}
    assert (
        ask(
            told,
            {
                "op": "upsert",
                "table": "secrets",
                "rows": {"frame": Frame.of(given.to_pandas().rename(columns={"who": "word"}))},
                "key": ["id"],
            }
            if told["kind"] == "postgresql"
            else {
                "op": "insert",
                "table": "secrets",
                "rows": given.to_pandas().rename(columns={"who": "word"}).to_dict("records"),
            },
        ).count
        == 2
    )


def test_an_empty_answer_is_a_frame_with_its_columns(ask, told):
    step = {"op": "select", "table": "orders", "columns": ["id"], "limit": 0}

    assert list(ask(told, step, result="frame").frame.columns) == ["id"]


def test_nothing_to_insert_changes_nothing(ask, told):
    assert ask(told, {"op": "insert", "table": "orders", "rows": []}).count == 0


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["table", "column", "order", "where", "set", "returning"])
def test_hostile_names_name_nothing(ask, fails, told, name, place):
    steps = {
        "table": {"op": "select", "table": name},
        "column": {"op": "select", "table": "orders", "columns": [name]},
        "order": {"op": "select", "table": "orders", "order_by": [{"column": name}]},
        "where": {"op": "select", "table": "orders", "where": [{"column": name, "value": 1}]},
        "set": {"op": "update", "table": "orders", "values": {name: 1}, "everything": True},
        "returning": {"op": "insert", "table": "orders", "rows": rows(3), "returning": [name]},
    }

    error = fails({**told, "tables": ["orders", "main.*", "s*.*"]}, steps[place])

    assert error.type in {"sql.invalid", "sql.not_allowed"}
    assert len(ask(told, {"op": "select", "table": "orders"}).rows) == 2


@pytest.mark.parametrize("name", ["a\x00b", "x" * 64])
def test_what_cannot_be_a_name_is_refused(fails, duck, name):
    assert fails(duck, {"op": "select", "table": name}).type == "sql.invalid"


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE orders; --", "%s %(p0)s %", "\\'", "$p0", "\u0000x", "💥" * 100]
)
def test_hostile_values_are_values(ask, fails, told, value):
    insert = {
        "op": "insert",
        "table": "orders",
        "rows": [{"id": 3, "who": value}],
        "returning": ["who"],
    }

    if "\x00" in value and told["kind"] == "postgresql":
        assert fails(told, insert).type == "sql.invalid"
        return
    assert ask(told, insert).rows == [{"who": value}]


# -- the white list


@pytest.mark.parametrize(
    ("step", "list_"),
    [
        ({"op": "delete", "table": "orders", "everything": True}, {"statements": ["select"]}),
        ({"op": "select", "table": "secrets"}, {"tables": ["orders"]}),
        ({"op": "select", "table": "information_schema.tables"}, {"tables": ["orders"]}),
        (
            {"op": "select", "table": "orders", "columns": ["total"]},
            {"columns": {"orders": ["id", "who"]}},
        ),
        (
            {"op": "select", "table": "orders", "where": [{"column": "total", "value": 1}]},
            {"columns": {"orders": ["id"]}},
        ),
        (
            {"op": "update", "table": "orders", "values": {"total": 1}, "everything": True},
            {"columns": {"orders": ["id"]}},
        ),
        (
            {"op": "insert", "table": "orders", "rows": [{"total": 1}]},
            {"columns": {"orders": ["id"]}},
        ),
        (
            {"op": "insert", "table": "orders", "rows": [{"id": 9}], "returning": ["id"]},
            {"statements": ["insert"]},
        ),
        (
            {"op": "upsert", "table": "orders", "rows": [{"id": 1}], "key": ["id"]},
            {"statements": ["insert"]},
        ),
    ],
)
def test_forms_keep_to_the_white_list(fails, duck, step, list_):
    assert fails({**duck, **list_}, step).type == "sql.not_allowed"


def test_a_select_of_all_gives_the_columns_of_the_list(ask, told):
    listed = {**told, "columns": {"orders": ["id", "who"]}}

    assert list(ask(listed, {"op": "select", "table": "orders"}).rows[0]) == ["id", "who"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT word FROM secrets",
        "SELECT id, (SELECT word FROM secrets LIMIT 1) FROM orders",
        "WITH orders AS (SELECT * FROM secrets) SELECT * FROM orders",
        "WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets",
        "WITH x AS (SELECT 1), secrets AS (SELECT 2 FROM secrets) SELECT * FROM x",
        'SELECT * FROM "secrets"',
        "SELECT * FROM orders UNION SELECT 1, word, 1 FROM secrets",
        "SELECT * FROM orders o JOIN LATERAL (SELECT word FROM secrets) s ON true",
        "TABLE secrets",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT query_to_xml('select * from secrets', true, true, '')",
        "SELECT * FROM query_to_xml('select * from secrets', true, true, '')",
        "SELECT pg_catalog.set_config('a.b', 'c', false)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_sleep(100)",
        "SELECT * INTO copied FROM orders",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY orders TO '/tmp/x'",
        "COPY orders TO PROGRAM 'id'",
        "DO $$ BEGIN DELETE FROM orders; END $$",
        "CREATE TABLE x (a int)",
        "DROP TABLE orders",
        "TRUNCATE orders",
        "ATTACH '/tmp/x.db'",
        "PRAGMA database_list",
        "SET ROLE postgres",
        "EXPLAIN ANALYZE DELETE FROM orders",
        "CALL something()",
        "GRANT ALL ON orders TO public",
        "SELECT 1; DELETE FROM orders",
        "",
        "-- nothing",
        "SELEC * FORM orders",
        "SELECT ((((((((((((((((((((((((((((((((((((((((((((((((((1",
    ],
)
@pytest.mark.parametrize("kind", ["duckdb", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_written_sql_reaches_nothing_but_what_is_on_the_list(request, fails, sql, kind):
    told = request.getfixturevalue("duck" if kind == "duckdb" else "pg_told")
    if kind == "postgresql":
        request.getfixturevalue("orders")

    error = fails({**told, "tables": ["orders"]}, {"op": "sql", "sql": sql or " ", "write": True})

    assert error.type in {"sql.not_allowed", "sql.invalid"}
    assert "s3same" not in str(error)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
        "INSERT INTO orders (id) VALUES (9)",
        "INSERT INTO orders (id) SELECT 9",
        "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET who = 'x'",
        "UPDATE orders SET who = 'x'",
        "MERGE INTO orders USING orders o ON true WHEN MATCHED THEN DELETE",
        "SELECT * FROM orders FOR UPDATE",
    ],
)
def test_sql_writes_only_where_the_connection_allows_it(ask, fails, duck, sql):
    reading = {**duck, "statements": ["select"]}

    assert fails(reading, {"op": "sql", "sql": sql, "write": True}).type in {
        "sql.not_allowed",
        "sql.invalid",
    }
    assert len(ask(duck, {"op": "select", "table": "orders"}).rows) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders",
        "SELECT o.* FROM orders o",
        "SELECT o FROM orders o",
        "SELECT orders FROM orders",
        "SELECT row_to_json(o) FROM orders o",
        "SELECT to_jsonb(orders) FROM orders",
        "SELECT total FROM orders",
        "SELECT o.total FROM orders o",
        "SELECT id FROM orders WHERE total > 1",
        "SELECT id FROM orders ORDER BY total",
        "SELECT a FROM orders AS o(i, b, a)",
        "SELECT (o).total FROM orders o",
        "SELECT id FROM (SELECT total AS id FROM orders) x",
        "WITH x AS (SELECT total AS id FROM orders) SELECT id FROM x",
        "SELECT id FROM orders NATURAL JOIN (SELECT 10.5 AS total) x",
        "SELECT id FROM orders JOIN (SELECT 10.5 AS total) x USING (total)",
        "INSERT INTO orders VALUES (9, 'x', 1)",
        "INSERT INTO orders (id, total) VALUES (9, 1)",
        "UPDATE orders SET total = 0",
        "UPDATE orders SET who = total",
        "DELETE FROM orders RETURNING *",
        "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET who = orders.total",
        "TABLE orders",
    ],
)
def test_sql_reaches_only_listed_columns(fails, duck, sql):
    listed = {**duck, "columns": {"orders": ["id", "who"]}}

    assert fails(listed, {"op": "sql", "sql": sql, "write": True}).type in {
        "sql.not_allowed",
        "sql.invalid",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, who FROM orders WHERE who = 'ada'",
        "SELECT o.id, upper(o.who) AS who FROM orders o WHERE o.id = 1",
        "WITH x AS (SELECT id, who FROM orders) SELECT x.id, x.who FROM x WHERE x.who LIKE 'a%'",
        "SELECT id, count(*) AS who FROM orders GROUP BY id HAVING id = 1",
        "SELECT id, 'it''s 100%' AS who FROM orders WHERE id % 2 = 1 -- why",
        "SELECT id, who FROM (SELECT id, who FROM orders) s WHERE id IN (SELECT 1)",
    ],
)
def test_ordinary_sql_over_listed_columns_runs(ask, told, sql):
    listed = {**told, "tables": ["orders"], "columns": {"orders": ["id", "who"]}}

    assert [row["id"] for row in ask(listed, {"op": "sql", "sql": sql}).rows] == [1]


def test_sql_takes_values_by_name(ask, told):
    sql = "SELECT id FROM orders WHERE who = $who AND id < $most AND '50%' LIKE '5%'"
    step = {"op": "sql", "sql": sql, "parameters": {"who": "ada", "most": 5}}

    assert ask(told, step).rows == [{"id": 1}]


@pytest.mark.parametrize("parameters", [{}, {"who": 1, "more": 2}])
def test_values_and_names_must_fit(fails, duck, parameters):
    step = {"op": "sql", "sql": "SELECT $who", "parameters": parameters}

    assert "who" in fails(duck, step).detail or "more" in fails(duck, step).detail


def test_numbered_values_are_refused(fails, duck):
    assert "write $name" in fails(duck, {"op": "sql", "sql": "SELECT $1"}).detail


@pytest.mark.slow
def test_a_step_of_sql_that_does_not_write_cannot(fails, orders, pg_told):
    orders.execute("CREATE SEQUENCE n")
    step = {"op": "sql", "sql": f"SELECT nextval('{orders.schema}.n')"}

    assert fails(pg_told, step).type == "sql.not_allowed"


# -- what PostgreSQL knows besides


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


# -- services that are not well


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


# -- the connection itself


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
