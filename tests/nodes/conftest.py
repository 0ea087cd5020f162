"""A loop for each test, and an attempt that lives on it."""

import asyncio

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.testing import LocalServer, a_real_attempt


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def server(run):
    server = run(LocalServer().__aenter__())
    yield server
    run(server.__aexit__())


@pytest.fixture
def attempt(run, tmp_path):
    attempt = a_real_attempt(tmp_path)
    yield attempt
    run(attempt.clients.close())


@pytest.fixture
def visit(run, attempt):
    """Run a node of a kind once with a config; `arrives` is the value on its edge."""

    def visit(kind, config=None, arrives=None):
        node = Registry().get(kind)
        attempt.input = arrives
        inputs = node.inputs.model_validate(arrives if isinstance(arrives, dict) else {})
        return run(node.run(node.config.model_validate(config or {}), inputs, attempt))

    return visit
