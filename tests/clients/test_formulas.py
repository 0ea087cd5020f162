"""A formula over columns computes, and reaches nothing else, whoever wrote it."""

import pandas as pd
import pytest

from flowforge_lab.clients import parse_formula
from flowforge_lab.clients.code.evaluation import computed

TABLE = pd.DataFrame(
    {
        "a": [1, 2, 3],
        "b": [0.5, None, 2.5],
        "flight no": ["AA1", "DL2", None],
        "day": pd.to_datetime(["2024-01-05", "2024-06-30", "2025-12-31"]),
        "odd `name": [7, 8, 9],
        "größe": [4, 5, 6],
    }
)
PARAMETERS = {"least": 2, "names": ["AA1"], "text": "AA", "since": "2024-06-30"}


def values(formula):
    found = computed(TABLE, formula, PARAMETERS)
    return found.to_list() if isinstance(found, pd.Series) else found


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("a + 1", [2, 3, 4]),
        ("(a * 2 - 1) / 1 // 1 % 4", [1.0, 3.0, 1.0]),
        ("a ** 2", [1, 4, 9]),
        ("2 ** a", [2, 4, 8]),
        ("-a", [-1, -2, -3]),
        ("2 ** 10 + 0 * a", [1024, 1024, 1024]),
        ("a >= @least", [False, True, True]),
        ("1 < a <= 2", [False, True, False]),
        ("a > 1 & b < 3", [False, False, True]),
        ("(a == 1) | (a == 3)", [True, False, True]),
        ("not a > 1 or a == 3", [True, False, True]),
        ("~(a > 1)", [True, False, False]),
        ("a > 1\n  and a < 3\n", [False, True, False]),
        ("a in [1, 3]", [True, False, True]),
        ("a not in (1, 3)", [False, True, False]),
        ("a == [1, 3]", [True, False, True]),
        ("a != [1, 3]", [False, True, False]),
        ("a in [@least, 3]", [False, True, True]),
        ("`flight no` in @names", [True, False, False]),
        ("`flight no` == 'AA1'", [True, False, False]),
        ("`odd ``name` + größe", [11, 13, 15]),
        ("`flight no`.isna()", [False, False, True]),
        ("`flight no`.fillna('none').str.len()", [3, 3, 4]),
        ("`flight no`.str.startswith(@text).fillna(False)", [True, False, False]),
        ("`flight no`.str.contains('aa', case=False, na=False)", [True, False, False]),
        ("`flight no`.str.replace(r'\\d', 'x', regex=True).fillna('')", ["AAx", "DLx", ""]),
        ("`flight no`.str.slice(0, 2).str.lower().fillna('`@#')", ["aa", "dl", "`@#"]),
        ("day.dt.year", [2024, 2024, 2025]),
        ("day.dt.dayofweek + day.dt.quarter", [5, 8, 6]),
        ("day >= '2024-06-30'", [False, True, True]),
        ("day > @since", [False, False, True]),
        ("a.between(2, 3)", [False, True, True]),
        ("(a - 2).abs().clip(upper=0.5)", [0.5, 0.0, 0.5]),
        ("b.fillna(value=0).round()", [0.0, 0.0, 2.0]),
        ("sqrt(a * a) + floor(0.5)", [1.0, 2.0, 3.0]),
        ("@least + 1", 3),
    ],
)
def test_an_ordinary_formula_computes(formula, expected):
    assert values(formula) == expected


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("@pd.io.common.os.system('id')", "'.system'"),
        ("@pd.io", "'.io'"),
        ("a.to_csv('/tmp/x')", "'.to_csv' cannot stand in a formula"),
        ("a.values.tofile('/tmp/x')", "'.tofile'"),
        ("a.__class__", "'.__class__'"),
        ("a.str.__class__", "'.__class__'"),
        ("a.str._inferred_dtype", "'._inferred_dtype'"),
        ("a.str", "'.str'"),
        ("a.dt.tz_localize(None)", "'.tz_localize'"),
        ("a.str.cat(b)", "'.str.cat'"),
        ("a.str.replace.__call__('x', 'y')", "'.__call__'"),
        ("a.abs", "'.abs'"),
        ("a.fillna(0, inplace=True)", "the argument 'inplace'"),
        ("a.fillna(**@least)", "the argument '**'"),
        ("a.isin(*@names)", "'*'"),
        ("a.abs(1, 2)", "so many arguments"),
        ("eval('1')", "this call"),
        ("__import__('os')", "this call"),
        ("sqrt(a)(b)", "this call"),
        ("(lambda: a)()", "this call"),
        ("lambda: a", "a lambda"),
        ("[x for x in a]", "a comprehension"),
        ("{x for x in a}", "a comprehension"),
        ("(x for x in a)", "a comprehension"),
        ("f'{a}'", "an f-string"),
        ("(a := 1)", "':='"),
        ("a if a else b", "'if'"),
        ("a[0]", "'[...]'"),
        ("{'a': 1}", "Dict"),
        ("a is None", "'is'"),
        ("b'bytes'", "this type"),
        ("1j * a", "this type"),
        ("a << 9", "this operator"),
        ("a ^ 9", "this operator"),
        ("'x' * 10", "arithmetic with a text"),
        ("'%99d' % 1", "arithmetic with a text"),
        ("[1] * 10", "arithmetic with a list"),
        ("10 ** 10 ** 10", "this power"),
        ("(9 ** 99) ** 99", "this power"),
        ("9 ** 101", "this power"),
        ("9 ** -(-101)", "this power"),
        ("2 ** @least", "this power"),
        ("10 ** abs(10 ** 90)", "this power"),
        ("a > 1 # and more", "no comment at character 7"),
        ("a > @", "the name of a parameter after '@' at character 5"),
        ("a > `b", "a closing backtick at character 5"),
        ("a @b", "at character 3"),
        ("a = 1", "character"),
        ("a; b", "character"),
        ("", "character 1"),
        ("a\0", ""),
        ("\ud800", ""),
        ("(" * 100_000, "at most 10,000 characters"),
        ("(" * 9_000 + "a" + ")" * 900, ""),
        ("-" * 9_999 + "a", ""),
        ("not " * 2_000 + "a", ""),
        ("-" * 150 + "a", "at most 100 levels deep"),
        ("a" + ".b" * 4_900, ""),
        ("+".join("a" * 4_000), "deep"),
        ("9" * 9_000, ""),
    ],
)
def test_what_no_formula_may_hold_is_told(formula, told):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # `told` says which
        parse_formula(formula)

    assert told in str(caught.value)


def test_the_place_is_that_of_the_formula_as_written():
    with pytest.raises(ValueError, match=r"'größe.sum\(\)' at character 15;"):
        parse_formula("`flight no` > größe.sum()")


@pytest.mark.parametrize("name", ["pd", "parameters", "frame", "self", "__builtins__", "_name0"])
@pytest.mark.parametrize("sign", ["", "@"])
def test_only_columns_and_given_parameters_have_a_name(name, sign):
    with pytest.raises(ValueError, match=f"no (column|parameter) {sign}{name}"):
        computed(TABLE, f"a > {sign}{name}", PARAMETERS)


@pytest.mark.parametrize("formula", ["@text * 9", "@text % 9", "@text.str.len()", "@text.abs()"])
def test_a_text_is_no_number_and_no_column(formula):
    with pytest.raises(TypeError, match=r"cannot calculate|expected a column"):
        computed(TABLE, formula, PARAMETERS)


def test_numbers_of_any_size_in_a_column_make_no_endless_power():
    table = pd.DataFrame({"a": [10**30]}, dtype=object)

    assert computed(table, "10 ** a", {}).to_list() == [float("inf")]


def test_a_column_named_like_a_placeholder_is_itself():
    table = pd.DataFrame({"_name0": [1], "x y": [2]})

    assert computed(table, "`x y` * 10 + _name0", {}).to_list() == [21]
