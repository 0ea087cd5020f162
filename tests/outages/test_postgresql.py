"""PostgreSQL in every bad state: the documented error, on the error port, alone."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.outages.conftest import kinds_of
from tests.ports import free_port

pytestmark = pytest.mark.slow
SELECT = {"op": "select", "table": "orders"}
TWICE = {"op": "insert", "table": "orders", "rows": {"id": 1}}
EXPECTED = {
    "down": "sql.connect",
    "silent": "sql.timeout",
    "rubbish": "sql.connect",
    "cut": "sql.connect",
    "stranger": "sql.connect",
    "denied": "sql.connect",
    "no table": "sql.invalid",
    "conflict": "sql.constraint",
    "slow": "sql.timeout",
    "locked": "sql.timeout",
    "killed": "sql.connect",
}


@pytest.fixture
def database(postgres):
    """A database with a table, whose rows somebody else has locked, and its address."""
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY)")
        connection.execute("CREATE TABLE held (id int PRIMARY KEY)")
        connection.execute("INSERT INTO orders VALUES (1)")
        connection.execute("INSERT INTO held VALUES (1)")
        with psycopg.connect(url) as holder:
            holder.execute("SELECT * FROM held FOR UPDATE")
            yield {
                "kind": "postgresql",
                "host": str(postgres.folder),
                "database": urlsplit(url).path.strip("/"),
                "user": "flowforge",
                "statements": ["select", "insert", "update"],
                "functions": ["pg_sleep", "pg_terminate_backend", "pg_backend_pid"],
            }


@pytest.fixture
def strangers(ill):
    """Ports at which something else is: it says some words and hangs up, or nothing at all."""
    words = {
        "silent": None,
        "rubbish": b"\x00\xff\x01",
        "cut": b"",
        "stranger": b"HTTP/1.1 400 Bad\r\n\r\n",
    }
    opened = []

    async def open_all():
        return {name: await listening(said, opened) for name, said in words.items()}

    async def close_all():
        for one in opened:
            one.close()
        await asyncio.sleep(0.05)

    yield ill.do(open_all()) | {"down": free_port()}
    ill.do(close_all())


async def listening(words, opened):
    async def converse(reader, writer):
        opened.append(writer.transport)
        with contextlib.closing(writer):
            if words is None:
                await reader.read()
                return
            await reader.read(8)
            writer.write(words)

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    opened.append(server)
    return server.sockets[0].getsockname()[1]


def test_each_state_is_told(outages, database, strangers):
    elsewhere = {"kind": "postgresql", "host": "127.0.0.1", "database": "x", "timeout": 1.5}
    connections = {f"c{state}": elsewhere | {"port": port} for state, port in strangers.items()}
    connections |= {"db": database, "denied": database | {"user": "nobody"}}
    steps = {
        "denied": ("denied", SELECT),
        "no table": ("db", SELECT | {"table": "gone"}),
        "conflict": ("db", TWICE),
        "slow": ("db", {"op": "sql", "sql": "SELECT pg_sleep(30)"}),
        "locked": (
            "db",
            {"op": "update", "table": "held", "values": {"id": 2}, "everything": True},
        ),
        "killed": ("db", {"op": "sql", "sql": "SELECT pg_terminate_backend(pg_backend_pid())"}),
    }
    steps |= {state: (f"c{state}", SELECT) for state in strangers}
    nodes = {
        state: {
            "kind": "action.database_query",
            "config": {"connection": name, "steps": [step], "timeout": "1s"},
        }
        for state, (name, step) in steps.items()
    }

    assert kinds_of(outages(nodes, connections)) == EXPECTED
