"""A notification whose services are not well: it goes by the next channel, and each failure is told."""

import pytest

from tests.outages.conftest import kinds_of
from tests.outages.ill_servers import STATES

pytestmark = pytest.mark.slow
FAILING = [state for state in STATES if state not in {"rubbish", "strange"}]
"""A receiver that takes a message need not say anything sensible."""


def channels(ill, state):
    return [{"type": "webhook", "url": ill.url(state), "allow_private": True}]


def test_nobody_was_told(ill, outages):
    nodes = {
        state: {
            "kind": "action.send_notification",
            "config": {"title": "Hi", "channels": channels(ill, state)},
            "timeout": "40s" if state != "slow" else "2s",
        }
        for state in FAILING
    }

    found = kinds_of(outages(nodes))

    assert found.pop("slow") == "timeout"
    assert set(found.values()) == {"notification.failed"}


def test_the_next_channel_is_taken(ill, outages):
    nodes = {
        state: {
            "kind": "action.send_notification",
            "config": {"title": "Hi", "channels": [*channels(ill, state), {"type": "log"}]},
        }
        for state in FAILING
        if state != "slow"
    }

    assert set(outages(nodes).values()) == {"went well"}
