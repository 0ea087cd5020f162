"""Telegram in every bad state, for every kind that speaks to it."""

import pytest

from tests.outages.conftest import kinds_of
from tests.outages.ill_servers import STATES

pytestmark = pytest.mark.slow
NODES = {
    "message.text": {"text": "Hi"},
    "message.keyboard.inline": {"text": "Hi", "buttons": [[{"text": "A", "data": "a"}]]},
    "message.keyboard.reply": {"text": "Hi", "buttons": [[{"text": "A"}]]},
    "message.photo": {"path": "a.png"},
    "message.video": {"path": "a.png"},
    "message.document": {"path": "a.png"},
    "message.edit": {"message": "{{ {'chat_id': 5, 'message_id': 7} }}", "text": "Ho"},
    "message.delete": {"message": "{{ {'chat_id': 5, 'message_id': 7} }}"},
    "action.send_telegram": {"text": "Hi"},
    "flow.wait_reply": {"text": "Hi?", "timeout": "1h"},
    "flow.wait_callback": {
        "text": "Hi?",
        "timeout": "1h",
        "buttons": [[{"text": "A", "data": "a"}]],
    },
    "flow.wait_contact": {"text": "Hi?", "timeout": "1h"},
}
EXPECTED = {
    "down": "http.connect",
    "slow": "timeout",
    "rubbish": ("http.decode", 200),
    "strange": "telegram.server",
    "cut": "http.connect",
    "401": ("telegram.unauthorized", 401),
    "404": ("telegram.not_found", 404),
    "409": ("telegram.conflict", 409),
    "429": ("telegram.too_many_requests", 429),
    "500": ("telegram.server", 500),
}
TAKEN = {"strange": "went well"}
"""What says only `true` says enough."""
OVERRIDDEN = {"message.edit": TAKEN, "message.delete": TAKEN}


@pytest.mark.parametrize("kind", NODES)
def test_the_documented_error_comes_out_of_the_error_port(kind, ill, outages, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    connections, nodes = {}, {}
    for state in STATES:
        connections[f"b{state}"] = {
            "kind": "telegram",
            "token": f"{len(connections)}00:local",
            "base_url": ill.url(state),
        }
        facts = {"bot": f"b{state}", "chat": "5"} | NODES[kind]
        nodes[state] = {"kind": kind, "config": facts, "timeout": "2s"}

    assert kinds_of(outages(nodes, connections)) == EXPECTED | OVERRIDDEN.get(kind, {})
