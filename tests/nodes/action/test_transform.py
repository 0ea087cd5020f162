import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError

CUSTOMER = {"name": "Ada", "tel": "1", "age": 36}


def test_keeps_drops_renames_and_sets_in_this_order(visit):
    config = {
        "pick": ["name", "tel"],
        "drop": ["name"],
        "rename": {"tel": "phone"},
        "set": {"n": 1},
    }

    assert visit("action.transform", config, CUSTOMER).value == {"phone": "1", "n": 1}


def test_changes_every_item_of_a_list(visit):
    got = visit("action.transform", {"pick": ["age"]}, [CUSTOMER, CUSTOMER])

    assert got.value == [{"age": 36}, {"age": 36}]


def test_one_value_may_replace_everything(visit):
    assert visit("action.transform", {"value": [1, 2]}, CUSTOMER).value == [1, 2]


def test_a_source_replaces_what_came_in(visit):
    config = {"source": {"a": 1}, "set": {"b": 2}}

    assert visit("action.transform", config, CUSTOMER).value == {"a": 1, "b": 2}


def test_nothing_that_came_in_counts_as_no_fields(visit):
    assert visit("action.transform", {"set": {"a": 1}}, None).value == {"a": 1}


def test_the_value_that_came_in_is_not_changed(visit):
    arrived = dict(CUSTOMER)
    visit("action.transform", {"set": {"name": "Bob"}}, arrived)

    assert arrived == CUSTOMER


def test_a_field_that_is_not_there_cannot_be_picked(visit):
    with pytest.raises(NodeError, match="it has: name, tel, age"):
        visit("action.transform", {"pick": ["phone"]}, CUSTOMER)


def test_a_text_has_no_fields(visit):
    with pytest.raises(NodeError, match="found str"):
        visit("action.transform", {"drop": ["x"]}, "a text")


def test_a_value_stands_alone(visit):
    with pytest.raises(ValidationError, match="stands alone"):
        visit("action.transform", {"value": 1, "drop": ["x"]}, CUSTOMER)


# -- steps over lists of records

ORDERS = [
    {"id": 1, "who": "ada", "total": 10.0, "tags": "a, b", "at": "2030-01-31T10:00:00"},
    {"id": 2, "who": "bob", "total": None, "tags": "", "at": "2030-02-01T10:00:00"},
    {"id": 3, "who": "ada", "total": 30.0, "tags": "c", "at": "2030-02-02T10:00:00"},
]


@pytest.fixture
def after(visit):
    def after(*steps, records=ORDERS):
        return visit("action.transform", {"steps": list(steps)}, records).value

    return after


def ids(records):
    return [record["id"] for record in records]


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"field": "who", "value": "ada"}, [1, 3]),
        ({"field": "who", "is": "not_equals", "value": "ada"}, [2]),
        ({"field": "total", "is": "greater", "value": 10}, [3]),
        ({"field": "total", "is": "at_least", "value": 10}, [1, 3]),
        ({"field": "total", "is": "less", "value": 30}, [1]),
        ({"field": "total", "is": "at_most", "value": 30}, [1, 3]),
        ({"field": "id", "is": "in", "value": [2, 3]}, [2, 3]),
        ({"field": "id", "is": "not_in", "value": [2, 3]}, [1]),
        ({"field": "tags", "is": "contains", "value": "b"}, [1]),
        ({"field": "tags", "is": "not_contains", "value": "b"}, [2, 3]),
        ({"field": "who", "is": "starts_with", "value": "a"}, [1, 3]),
        ({"field": "at", "is": "ends_with", "value": "00"}, [1, 2, 3]),
        ({"field": "tags", "is": "empty"}, [2]),
        ({"field": "gone", "is": "not_empty"}, []),
    ],
)
def test_filters_by_a_condition_on_a_field(after, condition, left):
    assert ids(after({"op": "filter", "conditions": [condition]})) == left


def test_filters_by_any_of_several_conditions(after):
    conditions = [{"field": "id", "value": 2}, {"field": "total", "is": "greater", "value": 20}]

    assert ids(after({"op": "filter", "conditions": conditions, "match": "any"})) == [2, 3]
    assert ids(after({"op": "filter", "conditions": conditions})) == []


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        ("total > @n", [3]),
        ("total * 2 >= 20 and who == 'ada'", [1, 3]),
        ("not total > 10", [1, 2]),
        ("1 < id < 3", [2]),
        ("who in ['bob']", [2]),
        ("who.str.upper() == 'ADA'", [1, 3]),
        ("who.str.contains('D', case=False)", [1, 3]),
        ("total.isna()", [2]),
        ("total.fillna(0) < 5", [2]),
        ("at.dt.month == 2 and at.dt.dayofweek == 5", [3]),
        ("total.between(10, 30, inclusive='neither')", []),
        ("id.isin([1, 2]) & -id < -1", [2]),
        ("sqrt(total - 5) > 0 or log(id - 1) == 0", [1, 2, 3]),
    ],
)
def test_filters_by_a_formula_where_null_is_never_more_or_less(after, formula, left):
    step = {"op": "filter", "where": formula, "parameters": {"n": 10}}

    assert ids(after(step)) == left


def test_maps_fields_by_formulas_that_see_earlier_ones(after):
    step = {"op": "map", "fields": {"net": "total / 2", "twice": "net + net"}}

    assert [row["twice"] for row in after(step)] == [10.0, None, 30.0]
    assert after({**step, "keep": False})[0] == {"net": 5.0, "twice": 10.0}


@pytest.mark.parametrize(
    "formula", ["who * 1000000000", "who % id", "who - 1", "tags + 1", "-who"]
)
def test_texts_are_not_calculated_with(after, formula):
    with pytest.raises(NodeError, match=r"steps\[0\] \(map\).*cannot calculate with str"):
        after({"op": "map", "fields": {"x": formula}})


@pytest.mark.parametrize("formula", ["1 / 0", "id ** 1000000", "log(0 - id)", "exp(id * 10000)"])
def test_what_has_no_value_is_null(after, formula):
    assert after({"op": "map", "fields": {"x": formula}})[1]["x"] is None


def test_sorts_by_several_fields_with_null_last(after):
    by = [{"field": "total", "descending": True}, {"field": "id"}]

    assert ids(after({"op": "sort", "by": by})) == [3, 1, 2]
    assert ids(after({"op": "sort", "by": [{"field": "who"}, by[0]]})) == [3, 1, 2]


def test_what_cannot_be_compared_cannot_be_sorted(after):
    with pytest.raises(NodeError, match="the first record has: a") as caught:
        after({"op": "sort", "by": [{"field": "a"}]}, records=[{"a": 1}, {"a": "x"}])

    assert caught.value.type == "transform.step"


@pytest.mark.parametrize(("keep", "left"), [("first", [1, 2]), ("last", [2, 3])])
def test_keeps_the_first_or_last_of_equal_records(after, keep, left):
    assert ids(after({"op": "deduplicate", "by": ["who"], "keep": keep})) == left


def test_whole_records_with_lists_in_them_can_be_equal(after):
    records = [{"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, {"a": 1}]

    assert after({"op": "deduplicate"}, records=records) == [records[0], records[2]]


def test_aggregates_by_groups_in_order_of_appearance(after):
    functions = ("size", "count", "sum", "mean", "min", "max", "first", "list", "nunique")
    totals = [{"name": name, "field": "total", "function": name} for name in functions]

    assert after({"op": "aggregate", "by": ["who"], "aggregates": totals}) == [
        {"who": "ada", "size": 2, "count": 2, "sum": 40.0, "mean": 20.0, "min": 10.0, "max": 30.0}
        | {"first": 10.0, "list": [10.0, 30.0], "nunique": 2},
        {"who": "bob", "size": 1, "count": 0, "sum": 0, "mean": None, "min": None, "max": None}
        | {"first": None, "list": [], "nunique": 0},
    ]


def test_aggregates_nothing_into_one_record(after):
    totals = [{"name": "n", "function": "size"}, {"name": "all", "field": "a", "function": "join"}]

    assert after({"op": "aggregate", "aggregates": totals}, records=[]) == [{"n": 0, "all": ""}]


def test_splits_a_text_into_rows_a_list_or_fields(after):
    split = {"op": "split", "field": "tags"}
    fields = {**split, "into": "fields", "names": ["one", "two"]}

    assert [row["tags"] for row in after(split)] == ["a", "b", "", "c"]
    assert after({**split, "into": "list"})[0]["tags"] == ["a", "b"]
    assert [after(fields)[0][name] for name in ("one", "two")] == ["a", "b"]
    assert after(fields)[2]["two"] is None


def test_merges_another_list_by_key(after):
    people = [{"name": "ada", "id": 7}, {"name": "eve", "id": 9}]
    merge = {"op": "merge", "other": people, "on": ["who"], "other_on": ["name"]}

    assert [row.get("id_other") for row in after(merge)] == [7, None, 7]
    assert ids(after({**merge, "how": "inner"})) == [1, 3]
    assert ids(after({**merge, "how": "outer"})) == [1, 2, 3, 9]


@pytest.mark.slow
def test_a_key_that_is_none_is_refused_before_it_fills_the_memory(after):
    many = [{"k": 1, "n": n} for n in range(3_000)]

    with pytest.raises(NodeError, match=r"is .* a key"):
        after({"op": "merge", "other": many, "on": ["k"]}, records=many)


def test_appends_picks_sets_renames_drops_and_limits(after):
    steps = [
        {"op": "append", "other": [{"id": 4}]},
        {"op": "pick", "fields": ["id", "who"]},
        {"op": "rename", "fields": {"who": "name"}},
        {"op": "set", "fields": {"x": 1}},
        {"op": "drop", "fields": ["name"]},
        {"op": "limit", "count": 2, "skip": 2},
    ]

    assert after(*steps) == [{"id": 3, "x": 1}, {"id": 4, "x": 1}]


def test_dotted_names_reach_into_fields(after):
    records = [{"a": {"b": 2}}, {"a.b": 1}, {"a": None}]

    assert after({"op": "pick", "fields": ["a.b"]}, records=records) == [
        {"a.b": 2},
        {"a.b": 1},
        {"a.b": None},
    ]


def test_a_misspelt_field_is_told(after):
    with pytest.raises(NodeError, match="no record has a field 'wo'"):
        after({"op": "pick", "fields": ["wo"]})


@pytest.mark.parametrize(
    "step",
    [
        {"op": "sort", "by": [{"field": "wo"}]},
        {"op": "deduplicate", "by": ["wo"]},
        {"op": "aggregate", "by": ["wo"], "aggregates": [{"name": "n", "function": "size"}]},
        {"op": "aggregate", "aggregates": [{"name": "n", "function": "sum", "field": "wo"}]},
        {"op": "merge", "on": ["wo"], "other": [{"wo": 1}]},
        {"op": "merge", "on": ["id"], "other_on": ["wo"], "other": [{"id": 1}]},
    ],
)
def test_a_step_by_a_field_that_no_record_has_is_told(after, step):
    with pytest.raises(NodeError, match="no record has a field 'wo'"):
        after(step)


@pytest.mark.parametrize(
    "step",
    [
        {"op": "sort", "by": [{"field": "wo"}]},
        {"op": "aggregate", "aggregates": [{"name": "n", "function": "sum", "field": "wo"}]},
        {"op": "merge", "on": ["wo"], "other": []},
    ],
)
def test_where_there_are_no_records_no_field_is_missed(after, step):
    assert after(step, records=[]) in ([], [{"n": 0}])


def test_two_fields_cannot_have_one_name(after):
    records = [{"a": 1}, {"b": "x", "a": 3}]
    with pytest.raises(NodeError, match="two fields of a record would be called 'b'"):
        after({"op": "rename", "fields": {"a": "b"}}, records=records)
    swapped = after({"op": "rename", "fields": {"a": "b", "b": "a"}}, records=records[1:])

    assert swapped == [{"a": "x", "b": 3}]


def test_what_came_in_stays_as_it_was(after):
    before = [dict(order) for order in ORDERS]
    after({"op": "map", "fields": {"id": "0"}}, {"op": "set", "fields": {"who": 1}})

    assert before == ORDERS


def test_steps_take_the_rows_of_a_nodes_output(visit):
    config = {"steps": [{"op": "limit", "count": 1}]}

    assert ids(visit("action.transform", config, {"rows": ORDERS, "n": 3}).value) == [1]


@pytest.mark.parametrize("arrives", ["text", 5, [1, 2]])
def test_steps_need_records(visit, arrives):
    with pytest.raises(NodeError) as caught:
        visit("action.transform", {"steps": [{"op": "limit", "count": 1}]}, arrives)

    assert caught.value.type == "transform.not_fields"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"op": "filter", "where": "__import__('os')"}, "cannot stand in a formula"),
        ({"op": "filter", "where": "a > @b"}, "no value for @b"),
        ({"op": "merge", "other": [], "on": ["a"], "other_on": ["b", "c"]}, "a name for each"),
        ({"op": "explode"}, "does not match any of the expected tags"),
    ],
)
def test_a_step_is_judged_before_it_runs(visit, step, told):
    with pytest.raises(ValidationError, match=told):
        visit("action.transform", {"steps": [step]}, [])


@pytest.mark.parametrize(
    "step",
    [
        {"op": "filter", "conditions": [{"field": "id", "is": "in", "value": 5}]},
        {"op": "filter", "where": "who.str.replace('(a+)+b', '', regex=True) == ''"},
        {"op": "filter", "where": "id.isin([total])"},
        {"op": "filter", "where": "'a' in id"},
        {"op": "merge", "other": "text", "on": ["id"]},
        {"op": "append", "other": [1]},
    ],
)
def test_a_step_that_does_not_fit_names_itself(after, step):
    with pytest.raises(NodeError, match=r"steps\[0\]"):
        after(step)


def test_many_records_are_worked_through_beside_the_loop(visit):
    many = [{"n": n} for n in range(5_000)]
    config = {"steps": [{"op": "filter", "where": "n >= 4998"}]}

    assert visit("action.transform", config, many).value == [{"n": 4998}, {"n": 4999}]
