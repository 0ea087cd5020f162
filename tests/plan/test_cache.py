"""Compiled plans in memory: how long they stay, and how much they weigh."""

import tracemalloc

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.plan import PlanCache, compile_workflow
from flowforge_lab.spec import Document

FLOW = "id: w%d\nnodes:\n  start: {kind: trigger.manual, next: n0}\n"
HOUR = 3600.0
REGISTRY = Registry()


class Clock:
    """A clock that a test moves."""

    time = 0.0

    def monotonic(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def plan(number=0, nodes=1):
    lines = [
        f"  n{i}: {{kind: action.transform, config: {{value: nodes.start.inputs}}, next: n{i + 1}}}\n"
        for i in range(nodes)
    ]
    text = FLOW % number + "".join(lines) + f"  n{nodes}: {{kind: flow.end}}\n"
    return compile_workflow(Document.parse(text).workflow, REGISTRY)


def never():
    raise AssertionError


@pytest.mark.parametrize(("is_active", "hours"), [(True, 1), (False, 24)])
def test_a_plan_stays_its_time_after_it_was_compiled(clock, is_active, hours):
    cache, one = PlanCache(clock=clock), plan()
    cache.get("a", lambda: one, is_active=is_active)

    clock.time = hours * HOUR - 1
    assert cache.get("a", never) is one
    clock.time = hours * HOUR
    assert (cache.find("a"), len(cache)) == (None, 0)


def test_an_update_drops_the_other_plans_of_its_workflow_only(clock):
    cache = PlanCache(clock=clock)
    one, other = plan(1), plan(2)
    for digest, found in (("old", one), ("new", one), ("other", other)):
        cache.get(digest, lambda found=found: found)

    cache.drop("w1", but="new")
    assert [cache.find(digest) is not None for digest in ("old", "new", "other")] == [
        False,
        True,
        True,
    ]
    cache.drop("w1")
    assert len(cache) == 1


def test_what_cannot_be_compiled_is_not_kept(clock):
    cache = PlanCache(clock=clock)

    with pytest.raises(AssertionError):
        cache.get("a", never)
    assert len(cache) == 0


@pytest.mark.slow
def test_512_plans_of_eight_nodes_weigh_less_than_50_megabytes():
    cache = PlanCache()
    plan(0, nodes=6)
    tracemalloc.start()
    try:
        for number in range(128):
            cache.get(str(number), lambda number=number: plan(number, nodes=6))
        weight = tracemalloc.get_traced_memory()[0] * 4
    finally:
        tracemalloc.stop()

    print(f"512 plans: {weight / 1e6:.1f} MB")
    assert len(cache) == 128
    assert weight < 50e6
