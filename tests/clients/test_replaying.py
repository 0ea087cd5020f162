"""Which cells run again before the one that failed is told from their text; nothing here is run."""

from types import SimpleNamespace

import pytest

from flowforge_lab.clients.notebooks.resuming import plan_resumption, replay

FAILS = "raise ValueError('boom')"


def resumption(*cells):
    return replay([*cells[:-1], FAILS, cells[-1]], len(cells) - 1)


@pytest.mark.parametrize(
    "cells",
    [
        ("a = b = []", "a.append(1)", "c = b"),
        ("from collections import defaultdict\ndd = defaultdict(list)", "dd['b']", "c = sorted(dd)"),
        ("hs = []\nfor k in range(3):\n    hs.append(lambda: k)", "k = 99", "c = [h() for h in hs]"),
        ("import matplotlib.pyplot as plt\nplt.plot([1])", "plt.title('T')", "c = plt.gca()"),
        ("import numpy as np\na = np.zeros(3)", "v = np.asarray(a)", "v[0] = 9", "c = a.tolist()"),
        ("import random\nrandom.seed(3)\nx = random.random()", "a = random.random()", "c = random.random()"),
        ("import numpy as np\nnp.random.seed(3)", "a = np.random.rand()", "c = np.random.rand()"),
        ("class A:\n    total = 0\nn = 0", "A.total = 5", "c = A.total"),
        ("import math\nn = math.pi + len([])\nmath.bar = 1", "math.foo = 5", "c = math.foo"),
        ("import math\nn = [1]", "m = math\nm.foo = 5", "c = math.foo"),
        ("import sys, io\nbuf = io.StringIO()", "sys.stdout = buf", "print('x')", "c = buf.getvalue()"),
        ("g = iter([1, 2, 3])", "a = next(g)", "c = list(g)"),
        ("x = 1\ng = (x for _ in range(3))", "x = 2", "c = list(g)"),
    ],
)  # fmt: skip
def test_what_may_have_left_something_runs_again_in_order_or_stands_in_the_way(cells):
    found = resumption(*cells)

    had_again = {*found.replayed, *found.setup}
    assert found.obstacles or had_again == set(range(len(cells) - 1))


@pytest.mark.parametrize(
    "cells",
    [
        ("registry = {}\ndef register(f):\n    registry[f.__name__] = f\n    return f",
         "@register\ndef one():\n    return 1", "c = list(registry)"),
        ("class A:\n    total = 0\n    def add(self, x):\n        A.total += x", "a = A()", "a.add(10)", "c = A.total"),
        ("log = []\nclass M:\n    def __enter__(s):\n        log.append(1)\n    def __exit__(s, *a):\n        pass",
         "with M():\n    pass", "c = log"),
        ("import logging\nlg = logging.getLogger('z')", "lg.setLevel(10)", "c = logging.getLogger('z').level"),
        ("import io\nbuf = io.StringIO()", "buf.write('a')", "c = buf.getvalue()"),
        ("import random, requests\nrandom.seed(1)", "requests.post('http://x', json=random.random())",
         "c = random.random()"),
        ("import os", "%env FOO=bar", "c = os.environ['FOO']"),
        ("import os\nif os.path.exists('x'):\n    os.chdir('x')\n    open('y', 'w').close()", "c = os.getcwd()"),
        ("import builtins, helper", "helper.install()", "c = builtins.hello"),
        ("class C:\n    n = 0\ndef send():\n    C.n = 1\n    open('x', 'w').close()", "send()", "c = C.n"),
    ],
)  # fmt: skip
def test_what_is_not_proven_and_may_be_missed_stands_in_the_way(cells):
    found = resumption(*cells)

    assert len(found.obstacles) >= 1


@pytest.mark.parametrize(
    "left_out",
    [
        "import requests\nrequests.post('http://x', json={'n': total, 'rows': rows})",
        "with open('log.txt', 'a') as file:\n    file.write(f'{rows}')",
        "df.to_csv('out.csv')",
        "%%bash\nls",
        "!ls",
        "df.describe()",
        "print(rows, total)\ndf.head()",
    ],
)
def test_what_only_acts_outside_or_looks_is_not_run_again(left_out):
    start = "import pandas as pd\ndf = pd.DataFrame({'x': [1]})\nrows = [1]\ntotal = len(rows)"

    found = resumption(start, left_out, "c = df.x.sum()")

    assert (found.replayed, found.obstacles) == ((0,), ())


def test_what_a_seed_is_made_of_runs_again_for_it():
    found = resumption("seed = 2", "import random\nrandom.seed(seed)", "d = random.random()")
    same_cell = resumption("x = 1", "import random\nn = 3\nrandom.seed(n)", "d = random.random()")

    assert (found.replayed, list(found.setup)) == ((0,), [1])
    assert same_cell.replayed == (1,)


def test_where_every_cell_may_run_again_what_may_be_missed_does():
    cells = ["import helper", "helper.install()", FAILS]

    assert replay(cells, 2, is_repeatable=True).replayed == (1,)


def run_before(*cells, completed):
    return SimpleNamespace(
        cells=cells, facts={}, source=cells.__getitem__, is_completed=lambda at: at < completed
    )


def held(*cells):
    return SimpleNamespace(
        code=range(len(cells)),
        language="python",
        kernel="python3",
        source=cells.__getitem__,
        cell=lambda at: SimpleNamespace(source=cells[at]),
    )


def test_a_cell_that_failed_and_is_gone_stands_in_the_way():
    earlier = run_before("a = 1", FAILS, "b = a", completed=1)

    gone = plan_resumption(held("a = 1"), earlier, outputs=(), is_repeatable=False)
    mended = plan_resumption(held("a = 1", "b = a"), earlier, outputs=(), is_repeatable=False)

    assert [one.partition(":")[0] for one in gone.obstacles] == [
        "the cell that failed, and each behind it, is no longer there"
    ]
    assert (mended.first, mended.obstacles) == (1, ())
