"""The quick way and the sandbox give the same answers, or both fail."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import NEEDS_SANDBOX, Evaluator, Expression, Field, Slot
from flowforge_lab.expressions.compiled import Compiled, compile_value

SCOPE = {
    "input": {"i": -3, "f": 2.5, "s": "héllo", "b": True, "n": None, "e": ""},
    "nodes": {"a": {"rows": [{"x": 1}, {"x": 0.5}, {}], "empty": [], "d": {"k": [1, 2]}}},
}
LEAVES = st.sampled_from(
    [
        *("0", "1", "-2", "7", "2.5", "-0.0", "1e308", "10**0", "'a'", "'héllo'", "''", "None"),
        *("True", "False", "[]", "[1, 'a']", "{'k': 1}", "input.i", "input.f", "input.s"),
        *("input.b", "input.n", "input.e", "input", "nodes.a.rows", "nodes.a.rows[0].x"),
        *("nodes.a.rows[-1].x", "nodes.a.empty[0]", "nodes.a.d.k", "nodes.nope.x", "nodes.a.d"),
    ]
)
BINARY = st.sampled_from(
    [
        *("+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or"),
        *("in", "not in"),
    ]
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, BINARY, inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
        st.tuples(inner, inner, inner).map(lambda one: f"({one[0]} < {one[1]} <= {one[2]})"),
        st.tuples(inner, inner, inner).map(lambda one: f"({one[0]} if {one[1]} else {one[2]})"),
        st.tuples(inner, inner).map(lambda one: f"default({one[0]}, {one[1]})"),
        st.tuples(inner, inner).map(lambda one: f"({one[0]})[{one[1]}]"),
        st.sampled_from(
            ["not {}", "-({})", "len({})", "({}) is None", "({}).x", "[{}, 1]"]
        ).flatmap(lambda shape: inner.map(lambda one: f"({shape.format(one)})")),
    )


EXPRESSIONS = st.recursive(LEAVES, combined, max_leaves=6)


def without_quick_way(text: str) -> Compiled:
    """Compile `text` so that only the sandbox can answer."""
    compiled = compile_value("{{ " + text + " }}")
    [field] = compiled.fields
    full = field.slot.expression
    slow = Expression(full.source, full.names, full.references, full.is_path, None, full.inputs)
    slots = (Field(field.path, field.source, Slot(slow, field.slot.start)),)
    return msgspec.structs.replace(compiled, fields=slots)


def outcome(ask: Any) -> Any:
    try:
        return ask()
    except ExpressionError:
        return "failed"


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.slow
@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=EXPRESSIONS)
def test_the_quick_way_and_the_sandbox_agree(runner, evaluator: Evaluator, text: str):
    compiled = compile_value("{{ " + text + " }}")
    quick = outcome(lambda: evaluator.try_render(compiled, SCOPE))
    if quick is NEEDS_SANDBOX:
        return

    slow = outcome(lambda: runner.run(evaluator.render(without_quick_way(text), SCOPE)))

    assert alike(quick, slow), (text, quick, slow)
