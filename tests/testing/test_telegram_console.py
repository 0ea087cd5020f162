"""The Telegram that one types into: lines become what people do."""

import json
import subprocess
import sys
import urllib.request

import pytest

from flowforge_lab.testing import TelegramServer
from flowforge_lab.testing.telegram.__main__ import Console


@pytest.fixture
def server():
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        yield server


def call(server, method, **params):
    url = f"{server.url}/bot1000:local/{method}"
    request = urllib.request.Request(url, json.dumps(params).encode(), {"Content-Type": "application/json"})  # fmt: skip
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["result"]


def test_what_somebody_writes_comes_to_the_bot(server):
    console = Console(server)

    faults = [console.do("anna: /balance"), console.do("again")]

    told = [update["message"] for update in call(server, "getUpdates")]
    assert [message["text"] for message in told] == ["/balance", "again"]
    assert {message["from"]["first_name"] for message in told} == {"Anna"}
    assert faults == ["", ""]


def test_a_group_is_made_when_it_is_named_first(server):
    console = Console(server)
    console.do("boss@desk: hello")
    console.do("otto@desk: hello")

    chats = {update["message"]["chat"]["id"] for update in call(server, "getUpdates")}
    assert chats == {-1000}


def test_buttons_are_pressed_and_answers_told_once(server):
    console = Console(server)
    console.do("anna: hello")
    chat = call(server, "getUpdates")[0]["message"]["chat"]["id"]
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    call(server, "sendMessage", chat_id=chat, text="Really?", reply_markup=keyboard)

    assert list(console.news()) == ["[anna] shop_bot: Really?  [Yes]"]
    assert list(console.news()) == []
    assert console.do("!Yes") == ""
    assert call(server, "getUpdates")[-1]["callback_query"]["data"] == "y"


def test_a_contact_has_the_number_that_was_given(server):
    console = Console(server)
    console.do("anna+4915112345678: !contact")

    assert call(server, "getUpdates")[0]["message"]["contact"]["phone_number"] == "4915112345678"


def test_a_button_that_is_not_there_is_told(server):
    assert "no message has a button 'No'" in Console(server).do("anna: !No")


@pytest.mark.slow
def test_the_program_tells_where_it_is_and_ends_with_its_input():
    command = [sys.executable, "-m", "flowforge_lab.testing.telegram", "--port", "0", "--bot", "shop_bot"]  # fmt: skip

    done = subprocess.run(command, input="anna: hello\n!No\n", check=False, capture_output=True, text=True, timeout=60)  # fmt: skip

    assert done.returncode == 0
    assert done.stdout.startswith("export FLOWFORGE_TELEGRAM_API_URL=http://127.0.0.1:")
    assert "no message has a button 'No'" in done.stdout
