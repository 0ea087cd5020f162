"""Whatever a node is told to do, it does it or fails with an error that the documentation names."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from flowforge_lab.engine.failures import describe
from flowforge_lab.errors import ERROR_TYPES, FlowForgeError
from flowforge_lab.nodes import Emit, Iterate, Park, Registry
from flowforge_lab.reference import can_fail_with
from flowforge_lab.values import encode, normalise
from tests.fuzz.making import Maker, makers

pytestmark = pytest.mark.slow
REGISTRY = Registry()
COSTLY = {  # they start a process, or have a test of their own that does
    "data.frame": 30,
    "python.code": 10,
    "sql.query": 40,
    "action.database_query": 30,
    "notebook.run": 10,  # with no notebook there; kernels are tried in tests/outages
}
EXAMPLES = int(os.environ.get("FLOWFORGE_FUZZ_EXAMPLES", "80"))


def patient(name):
    return settings(
        max_examples=min(EXAMPLES, COSTLY.get(name, EXAMPLES)),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize("name", [name for name in REGISTRY.kinds() if COSTLY.get(name) != 0])
def test_it_runs_or_says_in_documented_words_why_not(name, runs, server):
    tried = 0

    @patient(name)
    @given(maker=makers(has_templates=False))
    def attempt(maker):
        nonlocal tried
        config, value = fitting(maker, name, server), maker.records()
        if config is None or not flows(value):
            return
        tried += 1
        check(name, lambda: runs(name, config, value))

    attempt()
    assert tried


def fitting(maker: Maker, name, server):
    """Return a config that the kind takes, or none after some tries; addresses lead to the server."""
    kind = REGISTRY.get(name)
    for _ in range(30):
        config = at_home(maker.config(kind), server)
        try:
            kind.config.model_validate(config if flows(config) else None)
        except ValidationError:
            continue
        return config
    return None


def at_home(config, server):
    """Return a config that reaches nothing beyond this machine."""
    if isinstance(config, dict):
        known = {name: at_home(value, server) for name, value in config.items()}
        return known | ({"allow_private": True} if "allow_private" in known else {})
    if isinstance(config, list):
        return [at_home(value, server) for value in config]
    is_address = isinstance(config, str) and config.startswith(("http://", "https://"))
    return server.url("/x") if is_address else config


def flows(value):
    """Whether a value can come along an edge, or out of an expression."""
    try:
        normalise(value)
    except TypeError:
        return False
    return True


def check(name, call):
    try:
        done = call()
    except (FlowForgeError, ValidationError) as error:
        told = describe(error, node="x", attempt=1)
        assert told.type in ERROR_TYPES
        assert can_fail_with(name, told.type), told
        assert told.type != "node.raised"
        return
    if isinstance(done, Park | Iterate):
        return
    outputs = done.outputs if isinstance(done, Emit) else done
    encode(normalise(outputs.model_dump()))
