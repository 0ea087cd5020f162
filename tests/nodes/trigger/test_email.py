"""Mails in a real mailbox (dovecot) start workflows of a lab with a host."""

import imaplib
import logging
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from flowforge_lab.clients import Mailbox, MailboxAddress
from flowforge_lab.errors import NodeError
from flowforge_lab.lab import open_lab
from flowforge_lab.nodes import Registry
from flowforge_lab.triggers import MailFacts, MailWatch, is_watched
from tests.ports import free_port

DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
needs_dovecot = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(DOVECOT).exists() and os.environ.get("FLOWFORGE_CI") != "1",
        reason="needs Debian's dovecot-imapd",
    ),
]
CONFIG = """
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{place}/box/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_login_user = {login}
default_internal_user = {internal}
imap_capability = {capability}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  chroot =
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={place}/box/%u
}}
"""


def until(holds, seconds=60):
    """Return the first true answer, or fail."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail("it did not happen")


class Dovecot:
    """A mail server of the test's own, as a process that can be stopped and started again."""

    def __init__(self, place, *, capability=""):
        self.port = free_port()
        self.place = place
        for name in ("box", "run", "state"):
            (place / name).mkdir()
        owner = "mail"
        shutil.chown(place / "box", owner, owner)
        names = {one.pw_name for one in pwd.getpwall()}
        login = "dovenull" if "dovenull" in names else "nobody"
        internal = "dovecot" if "dovecot" in names else "nobody"
        text = CONFIG.format(
            place=place,
            user=owner,
            group=owner,
            login=login,
            internal=internal,
            port=self.port,
            capability=capability,
        )
        (place / "dovecot.conf").write_text(text.replace("imap_capability = \n", ""))
        self.start()

    def start(self):
        command = [DOVECOT, "-F", "-c", str(self.place / "dovecot.conf")]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as one:
                return one.recv(4)
        except OSError:
            return b""

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def deliver(self, user="ada", **fields):
        mail = EmailMessage()
        for name, value in {
            "From": "bob@example.com",
            "To": "ada@example.com",
            "Subject": "Hello",
            **fields,
        }.items():
            if name != "files":
                mail[name] = value
        mail.set_content("Hi there")
        for name, content in fields.get("files", {}).items():
            mail.add_attachment(content, maintype="text", subtype="csv", filename=name)
        with imaplib.IMAP4("127.0.0.1", self.port) as box:
            box.login(user, "secret")
            box.append("INBOX", None, None, mail.as_bytes())

    def unseen(self, user="ada", folder="INBOX"):
        with imaplib.IMAP4("127.0.0.1", self.port) as box:
            box.login(user, "secret")
            if box.select(folder)[0] != "OK":
                return -1
            return len(box.search(None, "UNSEEN")[1][0].split())


@pytest.fixture
def dovecot():
    place = Path(
        tempfile.mkdtemp(prefix="ff-mail-", dir="/tmp")
    )  # pytest closes its own to others
    place.chmod(0o755)
    server = Dovecot(place)
    yield server
    server.stop()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def lab(tmp_path, dovecot):
    """A lab whose connection leads to the mailbox, as a live host in the background."""
    root = tmp_path / "lab"
    (root / ".flowforge").mkdir(parents=True)
    (root / ".flowforge" / "flowforge.toml").write_text(
        f'[settings]\npoll_seconds = 0.05\n[connections.box]\nkind = "imap"\nhost = "127.0.0.1"\nport = {dovecot.port}\n'
        'security = "none"\nuser = "ada"\npassword = "secret"\n'
    )
    over = threading.Event()
    with open_lab(root) as lab:
        served = threading.Thread(target=lab.serve, kwargs={"until": over.is_set})
        served.start()
        yield lab
        over.set()
        served.join(20)


def activate(lab, name="mails", **config):
    fields = "".join(f"      {key}: {value}\n" for key, value in config.items())
    (lab.root / f"{name}.flow.yaml").write_text(
        "flowforge: 1\nnodes:\n"
        f"  mail:\n    kind: trigger.email\n    config:\n      connection: box\n{fields}    next: keep\n"
        "  keep: {kind: action.transform, config: {value: input}}\n"
    )
    lab.activate(lab.root / f"{name}.flow.yaml")


def results(lab):
    """Return the mails of the executions that are done, oldest first."""
    heads = sorted(
        (head for head in lab.heads() if head.status == "succeeded"), key=lambda head: head.id
    )
    return [lab.outcome_of(head.id).result["keep"]["value"] for head in heads]


@pytest.mark.slow
class TestOverDovecot:
    pytestmark = needs_dovecot

    def test_a_new_mail_starts_the_workflow_and_is_seen_then(self, lab, dovecot):
        dovecot.deliver(Subject="Grüße", files={"a.csv": b"x,y\n1,2\n"})

        activate(lab)

        [mail] = until(lambda: results(lab))
        assert (mail["sender"], mail["subject"], mail["text"].strip()) == (
            "bob@example.com",
            "Grüße",
            "Hi there",
        )
        assert mail["attachments"] == [
            {"name": "a.csv", "type": "text/csv", "content": b"x,y\n1,2\n"}
        ]
        until(lambda: dovecot.unseen() == 0)

    def test_mails_that_come_later_are_told_by_the_server(self, lab, dovecot):
        activate(lab, every="20m")
        until(lambda: lab.executions() is not None)
        time.sleep(3)

        dovecot.deliver(Subject="one")
        until(lambda: len(results(lab)) == 1, 8)
        dovecot.deliver(Subject="two")
        until(lambda: len(results(lab)) == 2, 8)

    def test_a_mail_nobody_waits_for_stays_unseen(self, lab, dovecot):
        activate(lab, sender='"*@shop.example"', subject='"*order*"')
        dovecot.deliver(From="x@shop.example", Subject="My ORDER 7")
        dovecot.deliver(From="x@other.example", Subject="order")
        dovecot.deliver(From="x@shop.example", Subject="hello")

        until(lambda: len(results(lab)) == 1)
        assert until(lambda: dovecot.unseen() == 2)

    def test_a_large_attachment_is_named_and_left_out(self, lab, dovecot):
        dovecot.deliver(files={"big.csv": b"x" * 5_000, "small.csv": b"y"})

        activate(lab, max_attachment_bytes=1000)

        [mail] = until(lambda: results(lab))
        assert ([file["name"] for file in mail["attachments"]], mail["left_out"]) == (
            ["small.csv"],
            ["big.csv"],
        )

    def test_mails_are_moved_where_that_is_wanted(self, lab, dovecot):
        dovecot.deliver()

        activate(lab, move_to="Done")

        until(lambda: results(lab))
        until(lambda: dovecot.unseen(folder="Done") == 0)

    def test_two_workflows_get_the_same_mail_once_each(self, lab, dovecot):
        activate(lab, "one")
        activate(lab, "two")
        dovecot.deliver()

        until(lambda: len(results(lab)) == 2)
        time.sleep(1)
        assert len(results(lab)) == 2

    def test_a_mail_that_was_stored_but_not_marked_starts_nothing_more(self, lab, dovecot):
        activate(lab, mark_seen="false")
        dovecot.deliver()
        until(lambda: len(results(lab)) == 1)

        lab.deactivate("mails")
        time.sleep(2.5)
        activate(lab, mark_seen="true")

        until(lambda: dovecot.unseen() == 0)
        assert len(results(lab)) == 1

    def test_the_connection_is_made_again(self, lab, dovecot, caplog):
        caplog.set_level(logging.ERROR)
        activate(lab)
        dovecot.deliver()
        until(lambda: len(results(lab)) == 1)

        dovecot.stop()
        time.sleep(0.5)
        dovecot.start()
        dovecot.deliver(Subject="again")

        until(lambda: len(results(lab)) == 2)

    def test_a_login_that_is_refused_is_told(self, dovecot):
        address = MailboxAddress(
            host="127.0.0.1", port=dovecot.port, security="none", user="a", password="x"
        )

        with pytest.raises(NodeError) as caught:
            Mailbox(address).open()

        assert (caught.value.type, caught.value.is_transient) == ("mail.auth", False)

    def test_a_folder_that_is_not_there_is_told(self, dovecot):
        address = MailboxAddress(
            host="127.0.0.1", port=dovecot.port, security="none", user="a", password="secret"
        )

        with pytest.raises(NodeError) as caught:
            Mailbox(address, "Gone").open()

        assert caught.value.type == "mail.folder"

    def test_the_connection_can_be_tried(self, lab, dovecot):
        dovecot.deliver()

        assert lab.test_connection("box").message == "127.0.0.1 has 1 mails nobody has seen"


@pytest.mark.parametrize(
    "words", [b"", b"HTTP/1.1 400 Bad\r\n\r\n", b"\xff\x00\r\n", b"* BYE full\r\n"]
)
def test_something_else_than_a_mailbox_is_told(words):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def converse():
            one, _ = server.accept()
            one.sendall(words)
            one.close()

        thread = threading.Thread(target=converse)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(NodeError) as caught:
            Mailbox(
                MailboxAddress(
                    host="127.0.0.1", port=port, security="none", user="a", password="b", seconds=1
                )
            ).open()
        thread.join()

    assert caught.value.type in {"mail.connect", "mail.failed"}


def test_a_mailbox_that_is_down_is_told():
    address = MailboxAddress(
        host="127.0.0.1", port=free_port(), security="none", user="a", password="b", seconds=1
    )

    with pytest.raises(NodeError) as caught:
        Mailbox(address).open()

    assert (caught.value.type, caught.value.is_transient) == ("mail.connect", True)


@pytest.mark.parametrize(
    ("told", "is_wanted"),
    [
        ({}, True),
        ({"sender": "bob@example.com"}, True),
        ({"sender": "BOB@*"}, True),
        ({"sender": "bob"}, False),
        ({"recipient": "c@example.com"}, True),
        ({"recipient": "d@example.com"}, False),
        ({"subject": "*invoice*"}, True),
        ({"subject": "invoice"}, False),
        ({"only_with_attachments": True}, False),
    ],
)
def test_filters_decide(told, is_wanted):
    config = Registry().get("trigger.email").config.model_validate({"connection": "box", **told})
    watch = MailWatch("w", "d", "n", "box", "INBOX", dict(config))
    mail = MailFacts(
        "bob@example.com", ["a@example.com", "c@example.com"], "Your Invoice 7", has_files=False
    )

    assert is_watched(watch, mail) is is_wanted


def test_started_by_hand_there_is_no_mail(visit):
    got = visit("trigger.email", {"connection": "box"})

    assert (got.sender, got.attachments) == ("", [])


@pytest.mark.parametrize("field", ["sender", "recipient", "subject"])
def test_no_filter_holds_up_the_next_mail(field):
    evil = "a" * 5_000 + "!"
    told = {"connection": "box", field: "*a" * 30 + "*b"}
    config = Registry().get("trigger.email").config.model_validate(told)
    watch = MailWatch("w", "d", "n", "box", "INBOX", dict(config))
    before = time.perf_counter()

    assert not is_watched(watch, MailFacts(evil, [evil], evil, has_files=False))
    assert time.perf_counter() - before < 0.5
