"""Bots: polled by a host, each update to the question it answers or the workflow it starts, once."""

import pytest

from flowforge_lab.errors import ConflictError
from flowforge_lab.testing import TelegramServer
from tests.lab.telegram import bot_lab, flow, serving

GREET = """
  start: {kind: trigger.command, config: {command: hello}, next: say}
  say: {kind: message.text, config: {html: "<b>Hi</b> {{ trigger.first_name }}"}}
"""
ASK = """
  start: {kind: trigger.command, config: {command: age}, next: ask}
  ask:
    kind: flow.wait_reply
    config: {text: "How old are you?", expects: integer, minimum: 1, timeout: 1m}
    next: {received: tell, cancelled: bye, invalid: bye, timeout: bye}
  tell: {kind: message.text, config: {text: "{{ nodes.ask.value + 1 }} next year"}}
  bye: {kind: message.text, config: {text: "Never mind"}}
"""


@pytest.fixture
def server():
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        yield server


@pytest.fixture
def anna(server):
    return server.person("Anna <b>", username="anna", phone="+4915112345678")


@pytest.fixture
def lab(tmp_path, server):
    with bot_lab(tmp_path, server) as lab:
        yield lab


def test_a_command_starts_its_workflow_and_is_answered(lab, tmp_path, anna):
    lab.activate(flow(tmp_path, "greet", GREET))

    with serving(lab):
        anna.writes("/hello there")
        seen = anna.sees()

    [head] = lab.heads()
    assert seen["text"] == "Hi Anna <b>"
    assert (head.user, head.chat, head.session) == (f"telegram:{anna.id}", str(anna.id), "telegram:shop_bot")
    assert head.key.startswith("telegram:1000:")


def test_a_question_is_asked_again_until_the_answer_will_do(lab, tmp_path, anna):
    lab.activate(flow(tmp_path, "age", ASK))

    with serving(lab):
        anna.writes("/age")
        anna.sees("How old")
        anna.writes("old")
        anna.sees("Please send a number.")
        anna.writes("41")
        seen = anna.sees("next year")

    assert seen["text"] == "42 next year"
