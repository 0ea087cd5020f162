"""The node over a real PostgreSQL and over DuckDB files."""

import pytest

from flowforge_lab.values import Frame
from tests.nodes.action.orders import rows

pytestmark = pytest.mark.slow  # DuckDB is opened for each case


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


ORDERS = {"op": "select", "table": "orders"}


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


@pytest.mark.parametrize("update", [None, ["who", "total"]])
def test_an_upsert_changes_only_what_a_row_has(ask, told, update):
    step = {
        "op": "upsert",
        "table": "orders",
        "rows": [
            {"id": 1, "total": 7},
            {"id": 2, "who": "bea"},
            {"id": 9},
            {"id": 1, "who": "al"},
        ],
        "key": ["id"],
        "returning": ["id", "who"],
    }
    before = {row["id"]: row for row in ask(told, ORDERS).rows}
    got = ask(told, step if update is None else {**step, "update": update})
    after = {row["id"]: row for row in ask(told, ORDERS).rows}

    assert got.count == 4
    assert after[1] == {**before[1], "total": 7, "who": "al"}
    assert after[2] == {**before[2], "who": "bea"}
    assert after[9]["who"] == "nobody"


def test_columns_of_one_name_are_refused(fails, told):
    error = fails(told, {"op": "sql", "sql": "SELECT 1 AS a, 2 AS b, 3 AS a"})

    assert (error.type, error.is_transient) == ("sql.invalid", False)
    assert "'a': give each a name of its own with AS" in error.detail


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
