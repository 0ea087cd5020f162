"""Random tests take the same examples in every run; those marked slow look for new ones."""

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings

from flowforge_lab.store import Target, set_up_database
from tests.postgres_server import PostgresServer

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test wants it."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def keeper_of_labs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With FLOWFORGE_TEST_KEEPER=postgres the labs of each test are kept in a database of its own."""
    if os.environ.get("FLOWFORGE_TEST_KEEPER") != "postgres":
        return
    url = request.getfixturevalue("postgres").url()
    schema = f"test_{uuid.uuid4().hex[:12]}"
    set_up_database(Target(url, schema))
    monkeypatch.setenv("FLOWFORGE_DATABASE_URL", url)
    monkeypatch.setenv("FLOWFORGE_DATABASE_SCHEMA", schema)
