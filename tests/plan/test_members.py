"""Names behind a dot: what cannot exist is told before a run, and what can is never told."""

import asyncio
import builtins
import collections
import functools
import io
import itertools
import json
import keyword
import operator
import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic_monty import AsyncMonty

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import MEMBERS, Evaluator, compile_value
from tests.plan.judging import problems

WORKFLOW = """
inputs:
  m: {{type: integer, default: 1}}
  x: {{type: number, default: 1.5}}
  b: {{type: boolean, default: true}}
  s: {{type: string, default: a}}
  o: {{type: object}}
  l: {{type: array}}
  d: {{type: datetime}}
  any: {{type: any}}
nodes:
  start: {{kind: trigger.manual, next: work}}
  work: {{kind: action.transform, config: {{value: {0}}}}}
"""
SCOPE = {
    "now": datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
    "inputs": {
        "m": 1,
        "x": 1.5,
        "b": True,
        "s": "a1",
        "any": "a",
        "l": ["a", 1],
        "o": {"foo": "a", "upper": 1},
    },
}


def judged(expression: str) -> list[tuple[str, str]]:
    found = problems(WORKFLOW.format(json.dumps(expression)))
    assert {one.field for one in found} <= {"config.value"}
    return [(one.message, one.hint) for one in found]


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("inputs.m.foo", "input 'm' is of type integer and has no 'foo' at character 10", ""),
        ("1 + inputs.x['a']", "input 'x' is of type number and has no 'a' at character 14", ""),
        ("inputs.b[0]", "input 'b' is of type boolean and has no 0 at character 10", ""),
        ("inputs.m.foo.bar", "input 'm' is of type integer and has no 'foo' at character 10", ""),
        ("inputs.s.foo", "input 's' is of type string and has no 'foo' at character 10", ""),
        (
            "inputs.s.upper",
            "input 's' is of type string and has no 'upper' at character 10",
            "call it: upper()",
        ),
        ("inputs.s.uper()", "text has no 'uper' at character 10", "did you mean 'upper'?"),
        ("inputs.s[0].uper()", "text has no 'uper' at character 13", "did you mean 'upper'?"),
        ("inputs.m.foo()", "a number has no 'foo' at character 10", ""),
        ("now().foo", "a time has no 'foo' at character 7", ""),
        ("now().yaer > 1", "a time has no 'yaer' at character 7", "did you mean 'year'?"),
        ("math.sqroot(1)", "math has no 'sqroot' at character 6", "did you mean 'sqrt'?"),
        ("[math.ppi]", "math has no 'ppi' at character 7", "did you mean 'pi'?"),
        (
            "datetime.datetime(2026, 1, 1)",
            "datetime has no 'datetime' at character 10",
            "did you mean 'time'?",
        ),
        ("'a'.uper()", "text has no 'uper' at character 5", "did you mean 'upper'?"),
        (
            "inputs.any.f.nosuchmethod()",
            "nothing has a method 'nosuchmethod' at character 14",
            "",
        ),
        ("[r.uper() for r in inputs.l]", "nothing has a method 'uper' at character 4", "did you mean 'upper'?"),
        ("f'{now().yaer}'", "a time has no 'yaer' at character 1", "did you mean 'year'?"),
        ("{{ math.ppi }}", "math has no 'ppi' at character 9", "did you mean 'pi'?"),
        ("default(1, math.ppi)", "math has no 'ppi' at character 17", "did you mean 'pi'?"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_exist_is_told_with_its_character(expression, message, hint):
    assert judged(expression) == [(message, hint)]


@pytest.mark.parametrize(
    "expression",
    [
        *("inputs.m", "inputs.s[0]", "inputs.s[-1][0]", "inputs.s.upper().lower()"),
        *("inputs.m.bit_length()", "inputs.d.year", "inputs.d.date().isoformat()"),
        *("inputs.o.foo.bar", "inputs.o.upper", "inputs.any.foo", "inputs.l[0].foo"),
        *("inputs.o.items()", "inputs.o.get('a')", "inputs.l.count(1)", "inputs.s[1:].upper()"),
        *("now().year", "now().date().isoformat()", "now().strftime('%Y')", "math.pi"),
        *("math.sqrt(4)", "math.sumprod([1], [2])", "json.dumps(inputs.o)", "date.today()"),
        *("re.sub('a', 'b', inputs.s)", "re.match('a', 'b').group(0)", "timezone.utc"),
        *("default(inputs.m.foo, 1)", "default(math.ppi, 1)", "default(now().foo, 1)"),
        *("default('a'.nosuch(), 1)", "default([r.nosuch() for r in inputs.l], 1)"),
        *("[math.foo for math in inputs.l]", "sorted(inputs.l, key=lambda now: now.foo)"),
        *("{'foo': 1}.foo", "(inputs.o if inputs.b else inputs.m).foo", "f'{inputs.s:>5}'"),
    ],
)
def test_a_name_that_may_exist_is_never_told(expression):
    assert judged(expression) == []


NAMES = sorted(MEMBERS[""] | {"foo", "nosuch", "uper"})
OWNERS = [
    *("math", "re", "json", "datetime", "date", "timezone", "timedelta", "now()", "'a1'", "f'a'"),
    *("(5)", "1.5", "True", "b'a'", "inputs.m", "inputs.x", "inputs.b", "inputs.s", "inputs.o"),
    *("inputs.l", "inputs.any", "inputs.s[0]", "{'foo': 1}", "{1, 2}", "now().date()"),
    *("(1, 2)", "re.match('a', 'a')", "timedelta(days=1)", "[math][0]"),
]
CALLS = ["", "", "()", "()", "('a')", "(1)", "(4.0)", "('a', 'b')", "([1, 2])", "('a', 'b', 'c')"]
SHAPES = ["{0}", "[{0}]", "default({0}, 1)", "str({0})", "[x for x in [{0}]]", "f'{{{0}}}'"]


@pytest.mark.slow
@settings(
    max_examples=1500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    owner=st.sampled_from(OWNERS),
    name=st.sampled_from(NAMES),
    call=st.sampled_from(CALLS),
    shape=st.sampled_from(SHAPES),
)
def test_what_an_expression_can_do_is_never_told(runner, evaluator, owner, name, call, shape):
    expression = shape.format(f"{owner}.{name}{call}")
    compiled = compile_value("{{ " + expression + " }}")
    assume(not compiled.problems)
    try:
        runner.run(evaluator.render(compiled, SCOPE))
    except ExpressionError:
        return

    assert judged(expression) == []


@pytest.fixture(scope="module")
def runner():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def evaluator(runner):
    evaluator = Evaluator()
    yield evaluator
    runner.run(evaluator.close())


SAMPLES = [
    *((name, name) for name in ("math", "json", "re", "datetime", "date", "time", "timedelta")),
    *(("timezone", "timezone"), ("text", "'a'"), ("bytes", "b'a'"), ("a number", "5")),
    *(("a number", "1.5"), ("True or False", "True"), ("None", "None"), ("a time", "datetime.now()")),
    *(("", sample) for sample in ("[]", "{}", "{1}", "(1,)", "frozenset()", "range(3)", "str", "dict")),
    *(("", sample) for sample in ("re.match('a', 'a')", "re.compile('a')", "timezone.utc", "len")),
    *(("", sample) for sample in ("date(2026, 1, 1)", "time(1)", "timedelta(1)", "(x for x in [])")),
]  # fmt: skip
CANDIDATES = sorted(
    {
        name
        for one in (
            *vars(builtins).values(),
            collections,
            itertools,
            functools,
            io,
            operator,
            string,
        )
        for name in dir(one)
        if not name.startswith("_") and not keyword.iskeyword(name)
    }
    | set(NAMES)
)
HEAD = "import json, math, re\nfrom datetime import date, datetime, time, timedelta, timezone\n"


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "sample"), SAMPLES)
def test_every_name_that_the_sandbox_knows_is_known(owner, sample):
    found = asyncio.run(_run(_names_of(sample)))

    assert set(found) <= MEMBERS[owner]


def _names_of(sample: str) -> str:
    """Return code that gives the names that `sample` has in the sandbox, called or not."""
    known = "    pass\nexcept Exception:\n"
    tries = (
        f"try:\n    o.{name}()\n    found.append('{name}')\nexcept AttributeError:\n{known}    found.append('{name}')\n"
        for name in CANDIDATES
    )
    return f"{HEAD}o = {sample}\nfound = []\n{''.join(tries)}found"


async def _run(code: str) -> Any:
    async with AsyncMonty(max_processes=1) as pool, pool.checkout() as session:
        return await session.feed_run(code, inputs={})
