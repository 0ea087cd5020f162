"""The operations are tried in this process; the last tests go by way of the worker, as the node does."""

import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from flowforge_lab.clients.code.tables import apply_operations
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry
from flowforge_lab.values import Frame, normalise

FLIGHTS = pd.DataFrame(
    {"carrier": ["AA", "DL", "AA", None], "delay": [10.0, None, 30.0, 5.0], "miles": [1, 2, 3, 4]}
)


def after(*operations, table=FLIGHTS):
    config = Registry().get("data.frame").config.model_validate({"operations": list(operations)})
    plain = normalise([dict(operation) for operation in config.operations])
    return apply_operations(table, plain, 1_000)["rows"]


def fails(*operations):
    with pytest.raises(NodeError) as caught:
        after(*operations)
    return caught.value


def test_no_operation_gives_the_table_with_missing_values_as_none():
    assert after()[3] == {"carrier": None, "delay": 5.0, "miles": 4}
    assert after()[1]["delay"] is None


def test_selects_in_the_order_given():
    assert list(after({"op": "select", "columns": ["miles", "carrier"]})[0]) == [
        "miles",
        "carrier",
    ]


def test_filters_by_a_formula_with_parameters():
    where = {
        "op": "filter",
        "where": "miles > @least and carrier == @who",
        "parameters": {"least": 1, "who": "AA"},
    }

    assert [row["miles"] for row in after(where)] == [3]


def test_assigns_columns_that_see_earlier_ones():
    columns = {"double": "miles * @n", "more": "double + 1"}

    assert after({"op": "assign", "columns": columns, "parameters": {"n": 2}})[0]["more"] == 3


def test_groups_and_keeps_the_group_without_a_name():
    aggregates = [
        {"name": "n", "function": "size"},
        {"name": "mean", "column": "delay", "function": "mean"},
    ]

    assert after({"op": "group", "by": ["carrier"], "aggregates": aggregates}) == [
        {"carrier": "AA", "n": 2, "mean": 20.0},
        {"carrier": "DL", "n": 1, "mean": None},
        {"carrier": None, "n": 1, "mean": 5.0},
    ]


def test_groups_all_rows_into_one():
    aggregates = [
        {"name": "n", "function": "size"},
        {"name": "far", "column": "miles", "function": "max"},
    ]

    assert after({"op": "group", "aggregates": aggregates}) == [{"n": 4, "far": 4}]


def test_joins_rows_of_another_table():
    other = [{"code": "AA", "miles": 0, "name": "American"}]
    join = {"op": "join", "other": other, "on": ["carrier"], "other_on": ["code"], "how": "inner"}

    assert [(row["name"], row["miles_other"]) for row in after(join)] == [("American", 0)] * 2


def test_pivots_and_melts_back():
    pivot = {"op": "pivot", "rows": ["carrier"], "columns": "miles", "values": "delay"}
    melt = {"op": "melt", "keep": ["carrier"], "name_to": "miles", "value_to": "delay"}

    assert after(pivot)[0]["3"] == 30.0
    assert {"carrier": "AA", "miles": "3", "delay": 30.0} in after(pivot, melt)


def test_sorts_with_missing_values_last():
    rows = after({"op": "sort", "by": ["delay"], "descending": True})

    assert [row["delay"] for row in rows] == [30.0, 10.0, 5.0, None]


@pytest.mark.parametrize(("count", "rows"), [(0, 0), (2, 2), (99, 4)])
def test_keeps_the_first_rows(count, rows):
    assert len(after({"op": "head", "count": count})) == rows


def test_renames_columns_that_are_there():
    assert "km" in after({"op": "rename", "columns": {"miles": "km"}})[0]
    assert "operations[0] (rename)" in fails({"op": "rename", "columns": {"mlies": "km"}}).title
    twin = fails({"op": "rename", "columns": {"miles": "carrier"}})
    assert "two columns would be called 'carrier'" in twin.title


def test_drops_rows_that_are_equal():
    rows = after({"op": "drop_duplicates", "columns": ["carrier"], "keep": "last"})

    assert [row["miles"] for row in rows] == [2, 3, 4]


def test_fills_missing_values():
    assert after({"op": "fillna", "values": {"delay": 0}})[1]["delay"] == 0
    assert "no column 'dealy'" in fails({"op": "fillna", "values": {"dealy": 0}}).title


def test_changes_types():
    rows = after(
        {"op": "select", "columns": ["miles"]}, {"op": "astype", "columns": {"miles": "string"}}
    )

    assert rows[0] == {"miles": "1"}
    assert "operations[0] (astype)" in fails({"op": "astype", "columns": {"delay": "int64"}}).title


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "select", "columns": ["nope"]},
        {"op": "filter", "where": "nope > 1"},
        {"op": "filter", "where": "miles + 1"},
        {"op": "filter", "where": "carrier.dt.year > 1"},
        {"op": "sort", "by": ["nope"]},
        {"op": "group", "by": ["nope"], "aggregates": [{"name": "n", "function": "size"}]},
    ],
)
def test_an_operation_that_does_not_fit_is_told_with_the_columns(operation):
    error = fails({"op": "head", "count": 3}, operation)

    assert error.title.startswith(f"operations[1] ({operation['op']})")
    assert "carrier, delay, miles" in error.detail


def test_an_empty_table_goes_through():
    assert after({"op": "filter", "where": "miles > 99"}, {"op": "sort", "by": ["miles"]}) == []


def test_each_operation_has_a_form_of_its_own():
    schema = TypeAdapter(Registry().get("data.frame").config).json_schema()

    assert len(schema["properties"]["operations"]["items"]["oneOf"]) == 17


def test_an_unknown_operation_is_told_with_those_there_are():
    with pytest.raises(ValidationError, match="select"):
        after({"op": "explode"})


@pytest.mark.slow
@pytest.mark.parametrize(
    "arrived",
    [
        {"frame": Frame.of(FLIGHTS), "row_count": 4},
        {"rows": FLIGHTS.to_dict("records")},
        Frame.of(FLIGHTS),
        FLIGHTS.to_dict("records"),
    ],
    ids=["output with a frame", "output with rows", "frame", "rows"],
)
def test_takes_the_table_that_came_in(visit, arrived):
    got = visit("data.frame", {"operations": [{"op": "select", "columns": ["miles"]}]}, arrived)

    assert (got.row_count, got.columns, got.rows[0]) == (4, ["miles"], {"miles": 1})
    assert got.frame.to_pandas().miles.to_list() == [1, 2, 3, 4]


@pytest.mark.slow
def test_an_error_of_the_worker_arrives_whole(visit):
    with pytest.raises(NodeError) as caught:
        visit(
            "data.frame", {"frame": [{"a": 1}], "operations": [{"op": "select", "columns": ["b"]}]}
        )

    assert caught.value.type == "frame.operation"
    assert caught.value.detail == "the table has: a"


@pytest.mark.parametrize("arrived", [None, "text", {"value": 1}, 7])
def test_a_value_that_is_no_table_is_told(visit, arrived):
    with pytest.raises(NodeError, match="no table to work on"):
        visit("data.frame", {}, arrived)


# -- time series, other tables, parts of texts

SALES = pd.DataFrame(
    {
        "at": ["2030-01-01T10:00", "2030-01-01T22:00", "2030-01-03T01:00"],
        "shop": ["a", "b", "a"],
        "sum": [1.0, 2.0, 4.0],
    }
)
DAILY = {
    "op": "resample",
    "on": "at",
    "every": "1D",
    "aggregates": [
        {"name": "sum", "column": "sum", "function": "sum"},
        {"name": "n", "function": "size"},
    ],
}


def test_resamples_to_stretches_of_time_with_the_gaps():
    assert [(row["sum"], row["n"]) for row in after(DAILY, table=SALES)] == [
        (3, 2),
        (0, 0),
        (4, 1),
    ]


def test_resamples_each_group_and_fills_gaps():
    means = [{"name": "mean", "column": "sum", "function": "mean"}]
    step = {**DAILY, "aggregates": means, "by": ["shop"], "fill": "previous"}

    got = [(row["shop"], row["mean"]) for row in after(step, table=SALES)]

    assert got == [("a", 1.0), ("a", 1.0), ("a", 4.0), ("b", 2.0)]
    assert after({**step, "by": [], "fill": "zero"}, table=SALES)[1]["mean"] == 0


def test_what_is_no_time_cannot_be_resampled():
    with pytest.raises(NodeError, match=r"operations\[0\] \(resample\)"):
        after({**DAILY, "on": "shop"}, table=SALES)


def test_appends_drops_and_splits():
    steps = [
        {"op": "append", "other": [{"carrier": "ZZ, YY", "miles": 9}]},
        {"op": "drop", "columns": ["delay"]},
        {"op": "split", "column": "carrier"},
    ]

    rows = after(*steps)

    assert rows[-2:] == [{"carrier": "ZZ", "miles": 9}, {"carrier": "YY", "miles": 9}]
    assert rows[3]["carrier"] is None


def test_splits_into_columns():
    step = {"op": "split", "column": "at", "separator": "T", "into": ["day", "time", "none"]}

    assert after(step, table=SALES)[0]["time"] == "10:00"
    assert after(step, table=SALES)[0]["none"] is None


@pytest.mark.parametrize("every", ["1000000D", "D; import os"])
def test_what_is_no_length_is_refused(every):
    with pytest.raises(ValidationError):
        Registry().get("data.frame").config.model_validate(
            {"operations": [{**DAILY, "every": every}]}
        )
