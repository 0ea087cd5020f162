import json

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import Reply
from tests.nodes.action.mail_servers import Post, serve

NODE = Registry().get("action.send_notification")


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def chats():
    return []


@pytest.fixture
def attempt(run, lab_with, post, chats):
    """An attempt with a mail server, a web server, and a messenger that keeps what it is told."""
    smtp = run(serve(post))
    port = smtp.sockets[0].getsockname()[1]
    told = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "from": "a@b.example",
    }
    attempt = lab_with(post=told)

    async def send(connection, chat, text):
        chats.append((connection, chat, text))
        if chat == "gone":
            raise NodeError("chat not found", type="telegram.bad_request", is_transient=False)
        return "7"

    attempt.clients.send_to_chat = send
    yield attempt
    smtp.close()


@pytest.fixture
def notify(run, attempt, server):
    channels = {
        "email": {"type": "email", "connection": "post", "to": ["x@y.example"]},
        "telegram": {"type": "telegram", "chat": -42},
        "gone": {"type": "telegram", "chat": "gone"},
        "webhook": {"type": "webhook", "url": server.url("/hook"), "allow_private": True},
        "log": {"type": "log"},
    }

    def notify(*names, **config):
        told = {"title": "Down", "text": "really", "channels": [channels[name] for name in names]}
        return run(NODE.run(NODE.config.model_validate({**told, **config}), NoInputs(), attempt))

    return notify


def statuses(got):
    return [result.status for result in got.results]


def test_every_channel_gets_it(notify, attempt, post, server, chats):
    server.tell("/hook", Reply(status=204))

    got = notify("email", "telegram", "webhook", "log", level="error")

    assert statuses(got) == ["sent"] * 4
    assert b"Subject: Down" in post.mails[0].content
    assert chats == [("", "-42", "Down\nreally")]
    assert json.loads(server.received[0].body) == {
        "title": "Down",
        "text": "really",
        "level": "error",
    }
    assert ("Down\nreally", "error") in [(line.message, line.level) for line in attempt.lines]


def test_the_first_that_works_is_enough(notify):
    got = notify("gone", "telegram", "log", send="first")

    assert statuses(got) == ["failed", "sent", "skipped"]
    assert "chat not found" in got.results[0].detail


@pytest.mark.parametrize(("require", "fails"), [("one", False), ("all", True), ("none", False)])
def test_how_many_must_work(notify, require, fails):
    if fails:
        with pytest.raises(NodeError, match="not all were told") as caught:
            notify("gone", "log", require=require)
        assert caught.value.type == "notification.failed"
        return
    assert statuses(notify("gone", "log", require=require)) == ["failed", "sent"]


def test_nobody_told_is_an_error_with_every_reason(notify, server):
    server.tell("/hook", Reply(status=500))

    with pytest.raises(NodeError) as caught:
        notify("gone", "webhook")

    assert caught.value.title == "nobody was told"
    assert "chat not found" in caught.value.detail
    assert "500" in caught.value.detail


def test_nobody_told_is_no_error_where_that_is_said(notify):
    assert notify("gone", require="none").sent == 0


def test_an_attempt_made_again_tries_only_what_has_not_worked(notify, attempt, server, chats):
    server.tell("/hook", Reply(status=500), Reply(status=200))
    with pytest.raises(NodeError):
        notify("telegram", "webhook", require="all")
    attempt.number = 2

    got = notify("telegram", "webhook", require="all")

    assert statuses(got) == ["sent", "sent"]
    assert len(chats) == 1


def test_the_same_key_is_told_once_in_a_window(notify, attempt, chats):
    notify("telegram", key="shop is down")
    attempt.idempotency_key = "execution-2/node_1/1"

    again = notify("telegram", key="shop is down")
    other = notify("telegram", key="mail is down")

    assert (again.is_repeated, statuses(again)) == (True, ["skipped"])
    assert statuses(other) == ["sent"]
    assert len(chats) == 2


def test_a_key_is_free_again_after_its_window(notify, attempt):
    notify("telegram", key="k", window=0.001)
    attempt.idempotency_key = "execution-2/node_1/1"
    import time

    time.sleep(0.01)

    assert not notify("telegram", key="k", window=0.001).is_repeated


def test_a_key_is_free_again_if_nobody_was_told(notify, attempt):
    with pytest.raises(NodeError):
        notify("gone", key="k")
    attempt.idempotency_key = "execution-2/node_1/1"

    assert not notify("log", key="k").is_repeated


def test_a_lab_without_a_messenger_says_so(run, lab_with):
    told = {"title": "x", "channels": [{"type": "telegram", "chat": "1"}]}

    with pytest.raises(NodeError, match="the lab has no Telegram connection"):
        run(NODE.run(NODE.config.model_validate(told), NoInputs(), lab_with()))


@pytest.mark.parametrize(
    "config", [{"channels": []}, {"channels": [{"type": "pigeon"}]}, {"title": ""}]
)
def test_what_tells_nobody_is_refused(config):
    with pytest.raises(ValidationError):
        NODE.config.model_validate({"title": "x", "channels": [{"type": "log"}], **config})
