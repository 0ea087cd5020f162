"""The examples as their READMEs have them set up, with servers of this machine in place of the real ones."""

import contextlib
import email
import email.policy
import shutil
import time
import tomllib
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.controller import Controller

from flowforge_lab.cli import main
from flowforge_lab.testing import TelegramServer
from flowforge_lab.variables import Secrets
from tests.api.conftest import Served
from tests.ports import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
_LEFT_OUT = shutil.ignore_patterns(".flowforge", "__pycache__", ".ipynb_checkpoints", "data")
_LOCAL_BOT = {
    "token": "1000:local",
    "secret_token": "told-by-telegram",
    "per_chat": "1000/s",
    "per_bot": "1000/s",
    "per_group": "1000/s",
}


class Post:
    """Keeps the mails that come, read."""

    def __init__(self, port):
        self.port = port
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # its name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def mail_to(self, address, *, number=1, patience=20.0):
        """Return the mail of that number to somebody, from 1; wait for it if it has not come yet."""
        ends_at = time.monotonic() + patience
        while True:
            found = [mail for mail in self.mails if address in mail["to"]]
            if len(found) >= number:
                return found[number - 1]
            assert time.monotonic() < ends_at, f"no mail {number} to {address}: {self.mails}"
            time.sleep(0.02)


def text_of(mail, kind="plain"):
    """Return the text of a mail, or its HTML."""
    return mail.get_body((kind,)).get_content()


@contextlib.contextmanager
def post_office():
    """A mail server on a free port, which is its `port`, and what came."""
    post = Post(free_port())
    server = Controller(post, hostname="127.0.0.1", port=post.port)
    server.start()
    try:
        yield post
    finally:
        server.stop()


@contextlib.contextmanager
def telegram(bot):
    with TelegramServer() as server:
        server.add_bot(username=bot)
        server.without_limits()
        yield server


def set_up(target, example, *, telegram=None, smtp_port=None, secrets=None, **changed):
    """Copy an example, and write down its connections as they are here; return the folder."""
    folder = Path(shutil.copytree(EXAMPLES / example, target / example, ignore=_LEFT_OUT))
    connections = tomllib.loads((folder / "connections.toml").read_text())["connections"]
    for name, fields in connections.items():
        if fields["kind"] == "telegram":
            fields.update(_LOCAL_BOT, base_url=telegram.url)
        if fields["kind"] == "smtp":
            fields.update(host="127.0.0.1", port=smtp_port)
        fields.update(changed.get(name, {}))
    (folder / ".flowforge").mkdir(mode=0o700)
    (folder / ".flowforge" / "flowforge.toml").write_text(_toml(connections))
    for name, value in (secrets or {}).items():
        Secrets(folder / ".flowforge").set(name, value)
    return folder


def _toml(connections):
    lines = []
    for name, fields in connections.items():
        lines.append(f"[connections.{name}]")
        lines += [f"{key} = {_written(value)}" for key, value in fields.items()]
    return "\n".join(lines) + "\n"


def _written(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(one)}" for key, one in value.items()) + "}"
    return msgspec.json.encode(value).decode()


@contextlib.contextmanager
def served(folder, *workflows, **settings):
    """Serve the lab of an example with some of its workflows active."""
    with Served(folder, lease_seconds=1, **settings) as lab:
        for name in workflows:
            answer = lab.http.post(f"/api/workflows/{name}/activate")
            assert answer.status_code == 200, answer.text
        lab.http.get("/api/executions")  # DuckDB takes a second to load
        yield lab


def flowforge(*words):
    """Run a command of the program, which must go well."""
    with pytest.raises(SystemExit) as left:
        main([*map(str, words)])
    assert left.value.code == 0


def ended(lab, count=1):
    """Return what so many executions came to, once they are over: status by execution."""

    def over():
        items = lab.http.get("/api/executions").json()["items"]
        is_over = {"succeeded", "failed", "cancelled"}
        statuses = [one["status"] for one in items]
        return statuses if len(statuses) >= count and set(statuses) <= is_over else None

    return lab.wait_for(over, 20)


def waiting(lab, node, count=1):
    """Return once so many executions wait at a node: a question is in the chat a moment before that."""

    def is_so():
        return sum(wait["node"] == node for wait in lab.http.get("/api/waits").json()) >= count

    lab.wait_for(is_so, 20)
