"""Random tests take the same examples in every run; those marked slow look for new ones."""

import contextlib
import os
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from flowforge_lab.store import Target, set_up_database
from flowforge_lab.testing import PostgresServer

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


def pytest_configure(config):
    """Keep the keys of labs in tests away from those of whoever runs them."""
    folder = tempfile.TemporaryDirectory(prefix="flowforge-keys-")
    config.add_cleanup(folder.cleanup)
    os.environ["FLOWFORGE_SECRETS_KEY_FILE"] = str(Path(folder.name) / "secrets.key")
    os.environ.pop("FLOWFORGE_SECRETS_PASSPHRASE", None)
    # what a shell runs in the background ignores interrupts, and so would every program of the tests
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, started when the first test wants it."""
    server = PostgresServer()
    yield server
    server.close()


@contextlib.contextmanager
def labs_in_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """With FLOWFORGE_TEST_KEEPER=postgres keep the labs opened meanwhile in a schema of their own."""
    if os.environ.get("FLOWFORGE_TEST_KEEPER") != "postgres":
        yield
        return
    target = Target(request.getfixturevalue("postgres").url(), f"test_{uuid.uuid4().hex[:12]}")
    set_up_database(target)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FLOWFORGE_DATABASE_URL", target.url)
        environment.setenv("FLOWFORGE_DATABASE_SCHEMA", target.schema)
        yield


@pytest.fixture(autouse=True)
def keeper_of_labs(request: pytest.FixtureRequest) -> Iterator[None]:
    """The keeper of a test's labs; what is marked `in_folder` is about the folder alone."""
    if request.node.get_closest_marker("in_folder"):
        yield
        return
    with labs_in_database(request):
        yield
