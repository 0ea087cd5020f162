"""Texts and patterns meant to keep a bot busy: everybody else is served meanwhile."""

import time

import pytest

from flowforge_lab.testing import TelegramServer
from tests.lab.telegram import bot_lab, flow, serving

EVIL = "a" * 4_095 + "!"
GREET = """
  start: {kind: trigger.command, config: {command: hello}, next: say}
  say: {kind: message.text, config: {text: Hi}}
"""
TAKES = """
  start: {kind: trigger.message, config: {pattern: "(a+)+$", priority: 5}, next: say}
  say: {kind: message.text, config: {text: never}}
"""
ASK = """
  start: {kind: trigger.command, config: {command: ask}, next: ask}
  ask:
    kind: flow.wait_reply
    config: {text: "Code?", pattern: "(a+)+$"}
    next: {received: yes}
  yes: {kind: message.text, config: {text: Thanks}}
"""


@pytest.fixture
def lab(tmp_path):
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        with bot_lab(tmp_path, server) as lab:
            lab.server = server
            yield lab


@pytest.mark.slow
def test_nobody_waits_for_a_hostile_text_in_a_hostile_pattern(lab, tmp_path):
    for id, nodes in {"greet": GREET, "takes": TAKES, "ask": ASK}.items():
        lab.activate(flow(tmp_path, id, nodes))
    eve, bob = lab.server.person("Eve"), lab.server.person("Bob")

    with serving(lab):
        eve.writes("/ask")
        eve.sees("Code?")
        before = time.perf_counter()
        eve.writes(EVIL)
        bob.writes("/hello")
        bob.sees("Hi")
        taken = time.perf_counter() - before
        eve.sees("This does not have the expected form.")
        eve.writes("aaa")
        eve.sees("Thanks")

    assert taken < 3
