"""Services on this machine for the examples of the reference."""

import asyncio
import threading

import pytest

import flowforge_lab as ff
from flowforge_lab.settings import Settings
from flowforge_lab.testing import LocalServer, Reply, TelegramServer
from tests.nodes.action.mail_servers import Post, serve
from tests.outages.conftest import toml_of


class Services:
    """An HTTP service and a mail server on a loop in a thread."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.http = LocalServer()
        self.http.reply_to = lambda _received: Reply(body=b'[{"id": 1}]')
        self._do(self.http.__aenter__())
        self._mail = self._do(serve(Post()))
        self.mail_port = self._mail.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._mail.close)
        self._do(self.http.__aexit__())
        self._do(asyncio.sleep(0.01))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A lab with the connections that the examples name; Anna is known, and in a chat with the bot."""
    import duckdb

    folder = tmp_path_factory.mktemp("shop")
    with duckdb.connect(folder / "lake.duckdb") as lake:
        lake.execute("CREATE TABLE orders (id int PRIMARY KEY, customer text, total double)")
    with TelegramServer() as telegram, Services() as services:
        telegram.add_bot(username="shop_bot")
        telegram.without_limits()
        anna = telegram.person("Anna", id=501)
        anna.starts()
        (folder / ".flowforge").mkdir()
        (folder / ".flowforge" / "flowforge.toml").write_text(toml_of(told(telegram, services)))
        with ff.open_lab(folder, settings=Settings(owner_linger_seconds=0.5)) as lab:
            lab.users.add(id="anna", name="Anna", phone="+4915112345678")
            yield lab


def told(telegram, services):
    every = ["select", "insert", "update", "delete"]
    local = {"host": "127.0.0.1", "security": "none"}
    return {
        "shop_bot": {"kind": "telegram", "token": "1000:local", "base_url": telegram.url},
        "crm": {"kind": "http", "base_url": services.http.url(), "allow_private": True},
        "mail": {"kind": "smtp", "port": services.mail_port, "from": "lab@example.org", **local},
        "inbox": {"kind": "imap", "user": "anna", "password": "x", **local},
        "warehouse": {
            "kind": "duckdb",
            "path": "lake.duckdb",
            "read_only": False,
            "statements": every,
        },
    }
