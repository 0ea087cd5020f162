"""Whatever stands in a config, it is judged: nothing is thrown, and nothing takes long."""

from pathlib import Path
from time import perf_counter

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Settings, Workflow

REGISTRY = Registry()
ODD = (
    None,
    True,
    -1,
    1e308,
    "",
    "x",
    "\0",
    "{{",
    "{{ }}",
    "{{ inputs. }}",
    "{{ a['b }}",
    "{{ nodes }}",
    "{{ vars }}",
    "{{ vars.project }}",
    "{{ secrets }}",
    [],
    [None],
    [[1], {"a": [1]}],
    {},
    {"": None},
    {"type": []},
    {"type": {"a": 1}, "op": [1]},
    [{"op": "filter", "where": {"a": [1]}, "name": ["x"]}],
    "x" * 20_000,
)


PURE = Settings(durability="execution")


@pytest.mark.slow
@pytest.mark.parametrize("kind", REGISTRY.kinds())
def test_no_value_of_any_field_breaks_the_judgement(kind):
    known = Surroundings(frozenset(), frozenset(), Path(__file__).parent)
    start = Workflow(settings=PURE).with_node("start", "trigger.manual", next="x")
    for field in REGISTRY.get(kind).config.model_fields:
        for odd in ODD:
            for config in ({field: odd}, {field: [odd, {"x": odd, "type": odd}]}):
                flow = start.with_node("x", kind, config=config, continue_with=odd)

                assert isinstance(validate(flow, REGISTRY, known), list)


@pytest.mark.slow
def test_many_values_are_judged_at_once():
    names = [f"f{number}" for number in range(10_000)]
    config = {"source": "[]", "steps": [{"op": "pick", "fields": names}]}
    start = Workflow().with_node("start", "trigger.manual", next="x")
    begun = perf_counter()

    found = validate(start.with_node("x", "action.transform", config=config), REGISTRY)

    assert [one for one in found if one.severity == "error"] == []
    assert perf_counter() - begun < 2
