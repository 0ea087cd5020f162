"""Mailboxes in every bad state: told in our words, watched again later, and nothing else is held up."""

import asyncio
import contextlib
import logging
import threading
import time

import pytest

import flowforge_lab as ff
from flowforge_lab.clients import Mailbox, MailboxAddress
from flowforge_lab.errors import NodeError
from flowforge_lab.settings import Settings
from tests.outages.conftest import WELL, toml_of
from tests.ports import free_port

pytestmark = pytest.mark.slow
HELLO = b"* OK IMAP4rev1 here\r\n"
STATES = {  # what is said at first, then in answer to each line
    "slow": (None, []),
    "rubbish": (b"\x00\xff<html>\r\n", []),
    "cut": (b"* O", []),
    "bye": (b"* BYE too many of you\r\n", []),
    "denied": (
        HELLO,
        [b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n", b"{tag} NO who are you\r\n"],
    ),
    "cut later": (HELLO, [b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n", b"* OK"]),
    "no folder": (
        HELLO,
        [
            b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
            b"{tag} OK done\r\n",
            b"{tag} NO such folder\r\n",
        ],
    ),
    "strange": (
        HELLO,
        [
            b"* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n",
            b"{tag} OK done\r\n",
            b"* \xff {9999}\r\n",
        ],
    ),
}
EXPECTED = {
    "down": "mail.connect",
    "slow": "mail.timeout",
    "rubbish": "mail.connect",
    "cut": "mail.connect",
    "bye": "mail.failed",
    "denied": "mail.auth",
    "cut later": "mail.connect",
    "no folder": "mail.folder",
    "strange": "mail.connect",
}


@pytest.fixture
def ports(ill):
    """The port of a mailbox in each state."""
    talking, servers = set(), {}

    async def open_all():
        for state, (greeting, answers) in STATES.items():
            talk = conversing(greeting, answers, talking)
            servers[state] = await asyncio.start_server(talk, "127.0.0.1", 0)

    async def close_all():
        for one in (*servers.values(), *talking):
            one.close()
        await asyncio.sleep(0.05)

    ill.do(open_all())
    found = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    yield found | {"down": free_port()}
    ill.do(close_all())


def conversing(greeting, answers, talking):
    async def converse(reader, writer):
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            await talk(reader, writer)

    async def talk(reader, writer):
        talking.add(writer.transport)
        if greeting is None:
            await reader.read()
            return
        writer.write(greeting)
        for answer in answers:
            tag = (await reader.readline()).partition(b" ")[0]
            writer.write(answer.replace(b"{tag}", tag))
        await writer.drain()

    return converse


@pytest.mark.parametrize("state", EXPECTED)
def test_it_is_told_in_our_words(state, ports):
    where = MailboxAddress(
        host="127.0.0.1",
        port=ports[state],
        security="none",
        user="anna",
        password="x",
        seconds=1.0,
    )

    with pytest.raises(NodeError) as caught:
        Mailbox(where, "INBOX").open()

    assert caught.value.type == EXPECTED[state]


def test_the_host_goes_on(ports, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    facts = {"kind": "imap", "host": "127.0.0.1", "security": "none", "timeout": 1.0}
    boxes = {
        f"box{number}": {**facts, "port": port, "user": "anna", "password": "x"}
        for number, port in enumerate(ports.values())
    }
    (tmp_path / ".flowforge").mkdir()
    (tmp_path / ".flowforge" / "flowforge.toml").write_text(toml_of(boxes))
    (tmp_path / "well.flow.yaml").write_text(WELL)
    over = threading.Event()

    with ff.open_lab(tmp_path, settings=Settings(owner_linger_seconds=0.5)) as lab:
        for name in boxes:
            path = tmp_path / f"{name}.flow.yaml"
            start = f"start: {{kind: trigger.email, config: {{connection: {name}}}, next: done}}"
            path.write_text(f"id: {name}\nnodes:\n  {start}\n  done: {{kind: flow.end}}\n")
            lab.activate(path)
        host = threading.Thread(target=lambda: lab.serve(until=over.is_set))
        host.start()
        until = time.monotonic() + 12
        while time.monotonic() < until and not told_of(caplog, boxes):
            time.sleep(0.05)
        result = lab.run(tmp_path / "well.flow.yaml").result
        over.set()
        host.join(15)

    assert told_of(caplog, boxes)
    assert result == 2
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def told_of(caplog, boxes):
    """Whether the log names every mailbox."""
    return all(f"mailbox {name}/INBOX" in caplog.text for name in boxes)
