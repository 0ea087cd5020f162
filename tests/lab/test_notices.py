"""Failures are told by mail and in a chat, once for each execution, and never stand in its way."""

import email
import email.policy
import logging
import socket

import pytest
from aiosmtpd.controller import Controller

import flowforge_lab as ff
from flowforge_lab.errors import NodeError
from flowforge_lab.settings import Settings

pytestmark = pytest.mark.slow  # labs with mail servers
FAILS = "flowforge: 1\nname: Nightly import\nnodes:\n  go: {kind: trigger.manual, next: bad}\n  bad: {kind: action.transform, config: {pick: [gone]}}\n"


class Post:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # its name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def post():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = Controller(Post(), hostname="127.0.0.1", port=port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def failing(tmp_path):
    """Return a lab told whom to tell, and by which port, and its workflow that fails."""
    opened = []

    def failing(port, **told):
        (tmp_path / ".flowforge").mkdir(exist_ok=True)
        (tmp_path / ".flowforge" / "flowforge.toml").write_text(
            f'[connections.post]\nkind = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nfrom = "lab@example.com"\n'
        )
        (tmp_path / "fails.flow.yaml").write_text(FAILS)
        lab = ff.open_lab(
            tmp_path, settings=Settings(error_email="ops@example.com, me@example.com", **told)
        )
        opened.append(lab)
        return lab, tmp_path / "fails.flow.yaml"

    yield failing
    for lab in opened:
        lab.close()


def test_a_failure_is_told_by_mail(failing, post):
    lab, path = failing(post.port)

    outcome = lab.run(path)

    [mail] = post.handler.mails
    assert (mail["to"], mail["subject"]) == (
        "ops@example.com, me@example.com",
        "Failed: Nightly import",
    )
    assert outcome.execution_id in mail.get_content()
    assert "transform.no_field" in mail.get_content()
    assert lab.doctor() == [] or not [found for found in lab.doctor() if found.check == "notices"]


def test_the_same_failure_is_told_once(failing, post):
    lab, path = failing(post.port)
    outcome = lab.run(path)
    failure = failure_of(outcome)

    lab._loop.run_sync(lab.parts.notices.send(failure))

    assert len(post.handler.mails) == 1


def failure_of(outcome):
    from flowforge_lab.engine import Failure
    from flowforge_lab.events import ErrorDetail

    return Failure(outcome.execution_id, "fails", "x", ErrorDetail("a", "b"), 0)


def test_a_server_that_is_down_leaves_a_line_in_the_log(failing, caplog):
    lab, path = failing(1)

    with caplog.at_level(logging.WARNING):
        assert lab.run(path).status == "failed"

    assert "could not be told by email" in caplog.text
    assert "for ops@example.com, me@example.com: execution" in caplog.text


def test_a_chat_is_told_by_whoever_sends_there(failing, post):
    lab, path = failing(post.port, error_telegram_chat="-42")
    said = []

    async def send(connection, chat, text):
        said.append((connection, chat, text))
        return "1"

    lab.parts.clients.send_to_chat = send
    lab.run(path)

    [(connection, chat, text)] = said
    assert (connection, chat) == ("", "-42")
    assert text.startswith("Failed: Nightly import")


def test_one_way_that_fails_does_not_stop_the_other(failing, post, caplog):
    lab, path = failing(post.port, error_telegram_chat="-42")

    async def send(connection, chat, text):
        raise NodeError("no")

    lab.parts.clients.send_to_chat = send
    lab.run(path)

    assert len(post.handler.mails) == 1
    assert "could not be told by telegram" in caplog.text
