"""Services spoken to over HTTP, in every bad state: the documented error, on the error port, alone."""

import pytest

from tests.outages.conftest import kinds_of
from tests.outages.ill_servers import STATES

pytestmark = pytest.mark.slow
REFUSED = {str(status): ("http.status", status) for status in (401, 404, 409, 429, 500)}
UNREACHED = {"down": "http.connect", "slow": "http.timeout", "cut": "http.connect"}


def test_http_request(ill, outages):
    def node(state):
        config = {"url": ill.url(state) + "/x", "timeout": "1s", "allow_private": True}
        return {"kind": "action.http_request", "config": config | {"response": "json"}}

    found = kinds_of(outages({state: node(state) for state in STATES}))

    assert found == REFUSED | UNREACHED | {"rubbish": ("http.decode", 200), "strange": "went well"}


def test_a_webhook(ill, outages):
    def node(state):
        config = {"url": ill.url(state), "event": "x", "timeout": "1s", "allow_private": True}
        return {"kind": "integration.webhook", "config": config}

    found = kinds_of(outages({state: node(state) for state in STATES}))

    assert found == REFUSED | UNREACHED | {"rubbish": "went well", "strange": "went well"}


@pytest.mark.parametrize("service", ["posthog", "segment"])
def test_analytics(ill, outages, service):
    def node(state):
        config = {"service": service, "host": ill.url(state), "event": "x", "user": "u"}
        config |= {"key": "k", "allow_private": True}
        return {"kind": "integration.analytics", "config": config, "timeout": "2s"}

    found = kinds_of(outages({state: node(state) for state in STATES}))

    taken = {"rubbish": "went well", "strange": "went well"}
    assert found == REFUSED | UNREACHED | taken | {"slow": "timeout"}
