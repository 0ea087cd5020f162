"""A loop for each test, and a server and clients that live on it."""

import asyncio

import pytest

from flowforge_lab.clients import (
    Clients,
    HttpClient,
    HttpPolicy,
)
from flowforge_lab.testing import LocalServer


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
def clients(run, tmp_path):
    clients = Clients(folder=tmp_path)
    yield clients
    run(clients.close())


@pytest.fixture
def http(run):
    client = HttpClient(HttpPolicy(private_addresses="always", breaker_failures=3))
    yield client
    run(client.close())


@pytest.fixture
def guarded(run):
    client = HttpClient()
    yield client
    run(client.close())
