"""What a connection allows, over forms and written SQL: tables, columns, statements."""

import pytest

pytestmark = pytest.mark.slow  # DuckDB is opened for each case


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
@pytest.mark.parametrize(
    "call",
    [
        "pg_terminate_backend(pg_backend_pid())",
        "pg_catalog.PG_READ_FILE('/etc/passwd')",
        "lo_import('/etc/passwd')",
        "dblink('', 'select 1')",
        "set_config('a.b', 'c', false)",
        "count(*) FROM pg_ls_dir('/')",
    ],
)
def test_what_acts_on_the_server_is_refused_where_every_table_is_open(fails, pg_told, call):
    fault = fails(pg_told, {"op": "sql", "sql": f"SELECT {call}"})

    assert (fault.type, "acts on the server" in fault.detail) == ("sql.not_allowed", True)


@pytest.mark.slow
def test_what_tells_of_the_server_may_be_asked_and_the_rest_be_named(ask, pg_told):
    sql = "SELECT pg_typeof(1)::text AS type, pg_size_pretty(1024::bigint) AS size"
    named = {**pg_told, "functions": ["pg_backend_pid"]}

    assert ask(pg_told, {"op": "sql", "sql": sql}).rows == [
        {"type": "integer", "size": "1024 bytes"}
    ]
    assert ask(named, {"op": "sql", "sql": "SELECT pg_backend_pid() AS pid"}).rows[0]["pid"] > 0


@pytest.mark.slow
def test_a_step_of_sql_that_does_not_write_cannot(fails, orders, pg_told):
    orders.execute("CREATE SEQUENCE n")
    step = {"op": "sql", "sql": f"SELECT nextval('{orders.schema}.n')"}

    assert fails(pg_told, step).type == "sql.not_allowed"
