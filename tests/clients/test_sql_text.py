"""SQL is understood before it runs: what is wrong with it, and which values it asks for."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from flowforge_lab.clients import parameters_told, sql_parameters


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT 1", set()),
        ("SELECT $a; SELECT $b + $a", {"a", "b"}),
        ("SELECT '$a', $$ $b $$ -- $c", set()),
        ("CREATE TABLE t AS SELECT $a AS a; PIVOT t ON a", {"a"}),
    ],
)
def test_the_values_that_sql_asks_for_are_known(text, names):
    assert sql_parameters(text) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("selec 1", 'line 1, character 1: syntax error at or near "selec"'),
        ("select 1\n, from\nwhere x", "line 3, character 1: "),
        ("select\n  ä ä ä from ö ö ö", "line 2, character 7: "),
        (f"select '{'a' * 300}' fro m m m", "line 1, character 315: "),
        ("select 'abc", "line 1, character 8: unterminated"),
        ("", "there is no statement"),
        ("-- nothing", "there is no statement"),
    ],
)
def test_sql_that_cannot_be_read_is_told_with_line_and_character(text, said):
    with pytest.raises(ValueError, match=r"statement|line") as caught:
        sql_parameters(text)

    assert str(caught.value).startswith(said)


def test_many_threads_may_ask_at_once():
    texts = [f"SELECT $a{number}" for number in range(400)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(sql_parameters, texts))

    assert found == [{f"a{number}"} for number in range(400)]


def test_values_that_are_missing_and_values_too_many_are_told_together():
    assert parameters_told({"a", "b"}, {"a", "c"}) == (
        "no value for $b; a value is given for $c, which the SQL does not ask for"
    )
    assert parameters_told({"a"}, {"a"}) == ""


@pytest.mark.slow
def test_nothing_is_left_behind_at_the_end_of_the_program():
    code = "from flowforge_lab.clients import sql_parameters; sql_parameters('SELECT 1')"

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert ended.stderr == ""
