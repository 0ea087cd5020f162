"""What comes to a server from outside its own endpoints: the updates of bots."""

import pytest

from flowforge_lab.testing import TelegramServer
from tests.lab.telegram import TOML

from .conftest import Served, make_folder

GREET = """
nodes:
  start: {kind: trigger.command, config: {command: hello}, next: say}
  say: {kind: message.text, config: {text: "Hi {{ trigger.first_name }}"}}
"""


@pytest.fixture
def telegram():
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        yield server


@pytest.mark.slow
def test_a_server_polls_the_bots_of_its_lab(tmp_path, telegram):
    folder = make_folder(tmp_path)
    text = TOML.format(url=telegram.url, updates="polling")
    (folder / ".flowforge" / "flowforge.toml").write_text(text)
    anna = telegram.person("Anna", username="anna")
    with Served(folder) as lab:
        lab.write("greet", GREET)

        anna.writes("/hello")

        assert anna.sees("Hi Anna")
