"""Which cells may run twice is told from their text; nothing here is run."""

import pytest

from flowforge_lab.clients.notebooks.purity import examine

IMPORTS = "import json, math, os, random, time\nimport numpy as np\nimport pandas as pd\nimport requests\nfrom pathlib import Path\nfrom dataclasses import dataclass"
TABLE = "df = pd.DataFrame({'x': [1, 2], 'y': [3, 4]})\nrows = [1, 2]\nname = 'a'"


def last(*cells):
    return examine([IMPORTS, TABLE, *cells])[-1]


@pytest.mark.parametrize(
    "cell",
    [
        "total = sum(rows) + math.sqrt(4)",
        "df['z'] = df.x * 2\nbest = df.groupby('x').y.sum().reset_index()",
        "label = f'{name.upper()}: {len(df):,}'",
        "seen = {row: i for i, row in enumerate(rows) if row}",
        "for i in range(3):\n    rows.append(i)",
        "def double(v):\n    return v * 2\ntwice = [double(v) for v in rows]",
        "worst = df.x.apply(lambda v: v + 1).max()",
        "text = df.to_csv()\nplain = json.dumps({'a': rows})",
        "found = df.query('x > 1')",
        "place = Path('out') / name",
        "@dataclass\nclass Point:\n    x: int\npoint = Point(1)",
        "try:\n    value = rows[0]\nexcept IndexError:\n    value = None",
        "%%time\ntotal = sum(rows)",
        "print(rows)\ndisplay(df)",
        "with open('in.txt') as file:\n    lines = file.readlines()",
        "frame = pd.read_csv('in.csv')",
        "drawn = np.random.default_rng(1).normal()",
    ],
)
def test_a_cell_that_only_calculates_or_reads_is_proven(cell):
    assert last(cell).reason == ""


@pytest.mark.parametrize(
    "cell",
    [
        "answer = requests.get('http://x')",
        "df.to_csv('out.csv')",
        "open('out.txt', 'w').write('x')",
        "open('out.txt', mode=name)",
        "Path('out.txt').write_text('x')",
        "os.remove('x')",
        "df.to_sql('t', connection)",
        "!rm x",
        "%run other.py",
        "%%bash\nrm x",
        "%%sql result <<\nselect 1",
        "def send(v):\n    requests.post(v)\n[send(v) for v in rows]",
        "list(map(unknown, rows))",
        "found = df.query('@send(x)')",
        "df.x.apply(helper)",
        "exec(name)",
        "value = await thing()",
        "class Client:\n    def __init__(self):\n        pass\nclient = Client()",
        "pd.read_sql('drop table t', engine)",
        "if rows:\n    requests.delete('http://x')",
        "broken = (",
    ],
)
def test_a_cell_that_may_do_more_is_not_and_the_reason_is_told(cell):
    assert last(cell).reason.startswith("it ")


def test_what_a_function_changes_outside_of_itself_is_changed_where_it_is_called():
    facts = last("def reset():\n    global rows\n    rows = requests.get('x')", "reset()")

    assert "rows" in facts.sets
    assert "requests.get()" in facts.reason


def test_a_change_through_another_name_is_one_of_both():
    assert {"same", "rows"} <= last("same = rows", "unknown(same)").sets


def test_what_is_only_counted_or_copied_does_not_change():
    cell = "requests.post('http://x', json={'n': len(df), 'rows': df.to_dict(), 'name': name})"

    assert last(cell).sets == frozenset()


def test_a_question_in_sql_needs_the_tables_that_it_names():
    asks = last("import duckdb", "top = duckdb.sql('SELECT x FROM df WHERE y > 1').df()")
    writes = last("import duckdb", "duckdb.sql(\"COPY df TO 'out.csv'\")")
    built = last("import duckdb", "duckdb.sql('SELECT * FROM ' + name)")

    assert (asks.reason, asks.sets, "df" in asks.needs) == ("", {"top"}, True)
    assert "duckdb.sql()" in writes.reason
    assert "duckdb.sql()" in built.reason


def test_what_may_set_anything_says_so():
    assert "*" in last("exec(name)").sets
    assert "*" in last("%%sql result <<\nselect 1").sets
    assert last("%%bash\nls").sets == frozenset()


def test_imports_definitions_and_settings_are_apart_from_what_is_not_proven():
    facts = last("import csv\nnp.random.seed(1)\ndef f(a):\n    return a\nr = requests.get('x')")

    assert facts.setup.splitlines() == [
        "import csv",
        "np.random.seed(1)",
        "def f(a):",
        "    return a",
    ]
    assert (facts.sets, "requests.get()" in facts.reason) == ({"r"}, True)


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("frame = pd.read_parquet('a')", "files"),
        ("at = time.time()", "clock"),
        ("value = random.random()", "random"),
    ],
)
def test_what_may_be_different_the_next_time_is_told(cell, note):
    assert note in last(cell).notes[0]


def test_a_name_of_the_notebook_hides_what_is_always_there():
    assert last("len = unknown_library.measure", "n = len(rows)").reason != ""


def test_text_that_nests_without_end_is_no_crash():
    assert last("x = " + "(" * 5000).reason != ""


def test_what_a_cell_binds_itself_is_not_needed_from_before():
    facts = last(
        "rows = [1]\ntotal = sum(rows)\nif total:\n    name = 'x'\nelse:\n    name = name * 2"
    )

    assert facts.needs == {"name"}


def test_a_function_written_as_a_lambda_is_set_up_again():
    facts = last("twice = lambda v: v * 2\nx = twice(rows)")

    assert facts.setup == "twice = lambda v: v * 2"
    assert facts.needs == {"rows"}


def test_what_is_waited_for_is_needed():
    assert "rows" in last("value = await thing(rows)").needs


@pytest.mark.parametrize(
    ("cell", "changed"),
    [
        (
            "def f(v):\n    out = []\n    for one in v:\n        out.append(one)\n    return out\nx = f(rows)",
            set(),
        ),
        ("def f(v):\n    v.sort()\nf(rows)", {"rows"}),
        ("rows.sort()", {"rows"}),
        ("rows = set(rows)\nrows.add(1)", {"rows"}),
        ("def f(v):\n    v.add(1)\nf(rows)", {"rows"}),
        ("import heapq\nheapq.heapify(rows)", {"rows"}),
        ("import random\nrandom.shuffle(rows)", {"rows"}),
        ("import numpy as np\nnp.add(rows, 1, out=rows)", {"rows"}),
        ("big = df[df.x > 1]\nbig['z'] = 1", {"big"}),
        ("one = df.loc[0, 'x']\none.append(1)", {"df", "one"}),
    ],
)
def test_what_a_cell_changes_is_told(cell, changed):
    assert {name for name in last(cell).sets if name in {"rows", "df", "one", "big"}} == changed
