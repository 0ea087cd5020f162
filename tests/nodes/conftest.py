"""A loop for each test, and an attempt that lives on it."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.errors import NotFoundError
from flowforge_lab.nodes import Booking, Link, Registry
from flowforge_lab.testing import LocalServer, TelegramServer, a_real_attempt
from flowforge_lab.values import parse_phone


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


@pytest.fixture
def telegram():
    with TelegramServer() as telegram:
        telegram.add_bot(username="shop_bot")
        yield telegram


@pytest.fixture
def anna(telegram):
    anna = telegram.person("Anna", username="anna", phone="+4915112345678")
    anna.starts()
    return anna


@pytest.fixture
def talk(run, tmp_path, telegram, anna):
    """Run a node of a kind in Anna's chat; `resumed` is the answer it goes on with, `facts` the attempt's."""
    shop = {"kind": "telegram", "token": "1000:local", "base_url": telegram.url}
    pace = {"per_bot": "1000/s", "per_chat": "1000/s", "per_group": "1000/s"}
    clients = Clients(connections={"shop_bot": shop | pace})
    telegram.without_limits()

    def talk(kind, config=None, *, arrives=None, **facts):
        node = Registry().get(kind)
        told = {
            "user": f"telegram:{anna.id}",
            "chat": str(anna.id),
            "session": "telegram:shop_bot",
        }
        attempt = a_real_attempt(tmp_path, arrives, clients=clients, **told | facts)
        inputs = node.inputs.model_validate(arrives or {})
        talk.attempt = attempt
        return run(node.run(node.config.model_validate(config or {}), inputs, attempt))

    yield talk
    run(clients.close())


class People:
    """A directory of users for tests, with the rules of the real one as far as nodes see them."""

    def __init__(self, *users):
        self.users = {user.id: user for user in users}
        self.links = []

    async def find(self, *, id="", phone="", email="", telegram_id=None, region=""):
        asked = {"id": id, "email": email.lower(), "telegram_id": telegram_id}
        asked["phone"] = parse_phone(phone, region=region) if phone else ""
        given = {name: value for name, value in asked.items() if value}
        for user in self.users.values():
            if given and all(getattr(user, name) == value for name, value in given.items()):
                return user
        return None

    async def link(self, user_id, telegram_id, *, telegram_name="", relink="never"):
        user = self.users.get(user_id)
        if user is None:
            raise NotFoundError(user_id)
        self.links.append((user_id, telegram_id, relink))
        if user.telegram_id not in {None, telegram_id} and relink == "never":
            return Link("different", user)
        return Link("already" if user.telegram_id == telegram_id else "linked", user)

    async def bookings(self, user_id, *, limit=10):
        return [
            Booking(datetime(2026, 1, 2, tzinfo=UTC), Decimal("0.2"), Decimal("0.3"), "coffee")
        ][:limit]


@pytest.fixture
def people():
    return People
