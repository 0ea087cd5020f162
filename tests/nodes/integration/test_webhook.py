import datetime as dt
import json

import pytest

from flowforge_lab.clients import is_signed, webhook_headers
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Registry
from flowforge_lab.testing import Reply

KEY, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2Vjb25kLXNlY3JldA=="
AT = dt.datetime.fromtimestamp(1614265330, dt.UTC)


@pytest.fixture
def tell(visit, server):
    def tell(**config):
        told = {"url": server.url("/hook"), "event": "order.paid", "allow_private": True, **config}
        return visit("integration.webhook", told, {"id": 7})

    return tell


def test_signs_as_the_standard_has_it():
    """The example of standardwebhooks.com."""
    headers = webhook_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", AT, b'{"test": 2432232314}', secrets=[KEY]
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_the_receiver_can_judge_it(tell, server):
    server.tell("/hook", Reply(body=b"thanks", headers={"Content-Type": "text/plain"}))

    got = tell(secrets=[KEY, OTHER], headers={"X-A": "b"})

    asked = server.received[0]
    now = dt.datetime.now(dt.UTC)
    assert json.loads(asked.body)["data"] == {"id": 7}
    assert json.loads(asked.body)["type"] == "order.paid"
    assert is_signed(asked.headers, asked.body, secrets=[KEY], now=now)
    assert is_signed(asked.headers, asked.body, secrets=[OTHER], now=now)
    assert (got.id, got.body, asked.headers["x-a"]) == (asked.headers["webhook-id"], "thanks", "b")


@pytest.mark.parametrize(
    ("change", "later", "secrets"),
    [
        ({}, 0, [OTHER]),
        ({}, 0, []),
        ({"webhook-id": "msg_2"}, 0, [KEY]),
        ({"webhook-signature": "v1,AAAA"}, 0, [KEY]),
        ({"webhook-signature": ""}, 0, [KEY]),
        ({"webhook-timestamp": "x"}, 0, [KEY]),
        ({"webhook-timestamp": "\u0661"}, 0, [KEY]),
        ({}, 301, [KEY]),
        ({}, -301, [KEY]),
    ],
)
def test_what_was_changed_or_is_old_is_no_signature(change, later, secrets):
    headers = {**webhook_headers("msg_1", AT, b"body", secrets=[KEY]), **change}

    assert not is_signed(headers, b"body", secrets=secrets, now=AT + dt.timedelta(seconds=later))


def test_every_attempt_has_the_same_id(tell, server):
    server.tell("/hook", Reply())

    assert tell().id == tell().id


@pytest.mark.parametrize("secret", ["", "whsec_", "no base64!"])
def test_a_secret_that_cannot_sign_is_told_and_not_shown(tell, server, secret):
    with pytest.raises(NodeError) as caught:
        tell(secrets=[secret])

    assert (caught.value.type, server.received) == ("webhook.secret", [])


@pytest.mark.parametrize(
    ("reply", "kind", "again"),
    [
        (Reply(status=401), "http.status", False),
        (Reply(status=404), "http.status", False),
        (Reply(status=409), "http.status", False),
        (Reply(status=410), "http.status", False),
        (Reply(status=429, headers={"Retry-After": "9"}), "http.status", True),
        (Reply(status=500), "http.status", True),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), "http.status", False),
        (Reply(body=b"12345", cut_at=2), "http.connect", True),
        (Reply(delay=2), "http.timeout", True),
    ],
)
@pytest.mark.slow
def test_a_receiver_that_is_not_well_is_told(tell, server, reply, kind, again):
    server.tell("/hook", reply)

    with pytest.raises(NodeError) as caught:
        tell(timeout=0.3)

    assert (caught.value.type, caught.value.is_transient) == (kind, again)
    assert caught.value.retry_after == (9 if reply.status == 429 else None)


def test_the_own_network_is_closed_unless_allowed(tell):
    with pytest.raises(NodeError) as caught:
        tell(allow_private=False)

    assert caught.value.type == "http.blocked"


@pytest.mark.parametrize("config", [{"url": ""}, {"data": 2j}])
def test_what_cannot_be_sent_is_told(tell, config):
    with pytest.raises(NodeError) as caught:
        tell(**config)

    assert caught.value.type == "webhook.invalid"


def test_it_is_tried_again_by_itself():
    assert Registry().get("integration.webhook").is_retried({})
