"""A loop, and the services on this machine that nodes of any kind can be led to."""

import asyncio

import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.nodes import Registry
from flowforge_lab.testing import LocalServer, Reply, TelegramServer, a_real_attempt
from tests.nodes.action.mail_servers import Post, serve

PACE = {"per_bot": "1000/s", "per_chat": "1000/s", "per_group": "1000/s"}


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def server(run):
    server = run(LocalServer().__aenter__())
    server.reply_to = lambda received: Reply(body=b'{"items": [{"id": 1}], "next": null}')
    yield server
    run(server.__aexit__())


@pytest.fixture
def telegram():
    with TelegramServer() as telegram:
        telegram.add_bot(username="shop_bot")
        telegram.without_limits()
        yield telegram


@pytest.fixture
def mail(run):
    server = run(serve(Post()))
    yield server.sockets[0].getsockname()[1]
    server.close()
    run(asyncio.sleep(0))


@pytest.fixture
def anna(telegram):
    anna = telegram.person("Anna", username="anna", phone="+4915112345678")
    anna.starts()
    return anna


@pytest.fixture
def clients(run, tmp_path, server, telegram, mail):
    """Clients whose connections all lead to this machine."""
    local = {"host": "127.0.0.1", "port": mail, "security": "none", "sender": "lab@example.org"}
    clients = Clients(
        connections={
            "shop_bot": {"kind": "telegram", "token": "1000:local", "base_url": telegram.url}
            | PACE,
            "api": {"kind": "http", "base_url": server.url(), "allow_private": True},
            "post": {"kind": "smtp", **local},
            "lake": {"kind": "duckdb", "path": "lake.duckdb", "read_only": False},
        },
        folder=tmp_path,
    )
    yield clients
    run(clients.close())


@pytest.fixture
def attempt(tmp_path, clients, anna):
    """An attempt in Anna's chat."""
    (tmp_path / "rows.csv").write_text("a,b,name\n1,2,x\n3,,y\n")
    return a_real_attempt(
        tmp_path,
        clients=clients,
        user=f"telegram:{anna.id}",
        chat=str(anna.id),
        session="telegram:shop_bot",
    )


@pytest.fixture
def runs(run, attempt):
    """Run a node of a kind with a config and a value on its edge, for at most some seconds."""

    def runs(name, config, value):
        kind = Registry().get(name)
        model = kind.config.model_validate(config)
        inputs = kind.inputs.model_validate(value if isinstance(value, dict) else {})
        attempt.input = value

        async def run_it():
            async with asyncio.timeout(10):
                return await kind.run(model, inputs, attempt)

        return run(run_it())

    return runs
