"""A mailbox over IMAP, for one thread at a time: every call here blocks.

imap-tools is imported late: it is needed only where a mailbox is read.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Literal, Self

import msgspec

from flowforge_lab.errors import NodeError

from .message import MailFile

_IDLE_SLICE = 1.0
_MAX_HEADERS = 100
Security = Literal["starttls", "tls", "none"]


class MailboxAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A mailbox and whom to be there."""

    host: str
    port: int = 993
    security: Security = "tls"
    user: str
    password: str
    ca_file: str = ""
    seconds: float = 30.0

    def __repr__(self) -> str:
        return f"MailboxAddress({self.user}@{self.host}:{self.port})"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was read; `left_out` names attachments that were too large."""

    uid: str
    message_id: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    reply_to: tuple[str, ...]
    subject: str
    text: str
    html: str
    at: datetime | None
    size: int
    headers: dict[str, str]
    files: tuple[MailFile, ...] = ()
    left_out: tuple[str, ...] = ()


class Mailbox:
    """One folder of a mailbox, opened on entering."""

    def __init__(self, address: MailboxAddress, folder: str = "INBOX") -> None:
        self._address = address
        self._folder = folder
        self._box: Any = None
        self.validity = ""
        """Uids mean the same mail only as long as this stays the same."""

    def open(self) -> None:
        """Connect, log in and choose the folder.

        Raises:
            NodeError: of type `mail.connect`, `.timeout`, `.auth`, `.folder` or `library.missing`.
        """
        self._box = _connected(self._address)
        try:
            with _translated(self._address):
                self._box.login(self._address.user, self._address.password, None)
                status = self._box.folder.status(self._folder, ["UIDVALIDITY"])
                self._box.folder.set(self._folder)
        except BaseException:
            self.close()
            raise
        self.validity = str(status["UIDVALIDITY"])

    def close(self) -> None:
        """Log out, as far as the other side is still there."""
        if self._box is not None:
            with suppress(Exception):  # it may be gone already
                self._box.logout()
            with suppress(Exception):
                self._box.client.shutdown()
            self._box = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def unseen(self) -> list[str]:
        """Return the uids of the mails nobody has seen, oldest first."""
        with _translated(self._address):
            return list(self._box.uids("UNSEEN"))

    def peek(self, uid: str) -> Letter | None:
        """Return a mail without its body; `None` if it is gone. It stays unseen."""
        found = self._fetched(uid, headers_only=True)
        return None if found is None else _letter(found, max_file_bytes=0)

    def read(self, uid: str, *, max_file_bytes: int) -> Letter | None:
        """Return a whole mail, attachments up to a size; `None` if it is gone. It stays unseen."""
        found = self._fetched(uid, headers_only=False)
        return None if found is None else _letter(found, max_file_bytes=max_file_bytes)

    def mark_seen(self, uid: str) -> None:
        """Mark a mail as seen."""
        from imap_tools import MailMessageFlags

        with _translated(self._address):
            self._box.flag([uid], MailMessageFlags.SEEN, value=True)

    def move(self, uid: str, folder: str) -> None:
        """Move a mail to another folder, which is made if it is not there."""
        with _translated(self._address):
            if not self._box.folder.exists(folder):
                self._box.folder.create(folder)
            self._box.move([uid], folder)

    def can_idle(self) -> bool:
        """Return whether the server tells of new mail by itself."""
        return "IDLE" in self._box.client.capabilities

    def wait(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Return when there may be new mail, the time is over, or `is_over` holds."""
        with _translated(self._address):
            self._box.idle.start()
            try:
                for _ in range(max(int(seconds / _IDLE_SLICE), 1)):
                    if is_over() or self._box.idle.poll(_IDLE_SLICE):
                        break
            finally:
                self._box.idle.stop()

    def ping(self) -> None:
        """Ask whether the server is still there.

        Raises:
            NodeError: it is not (`mail.connect`).
        """
        with _translated(self._address):
            self._box.client.noop()

    def _fetched(self, uid: str, *, headers_only: bool) -> Any:
        with _translated(self._address):
            found = self._box.fetch(
                f"UID {uid}", mark_seen=False, headers_only=headers_only, charset=None
            )
            return next(iter(found), None)


def count_unseen(address: MailboxAddress) -> str:
    """Open the inbox once, and return what there is to say."""
    with Mailbox(address) as box:
        return f"{address.host} has {len(box.unseen())} mails nobody has seen"


def _connected(address: MailboxAddress) -> Any:
    try:
        import imap_tools
    except ImportError as error:
        detail = "mail needs pip install flowforge-lab[mail]"
        msg = "a library is missing"
        raise NodeError(msg, type="library.missing", detail=detail, is_transient=False) from error
    where: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "timeout": address.seconds,
    }
    if address.security == "none":
        with _translated(address):
            return imap_tools.MailBoxUnencrypted(**where)
    trust = ssl.create_default_context(cafile=address.ca_file or None)
    kind = imap_tools.MailBox if address.security == "tls" else imap_tools.MailBoxStartTls
    with _translated(address):
        return kind(**where, ssl_context=trust)


def _letter(found: Any, *, max_file_bytes: int) -> Letter:
    files = [
        MailFile(one.filename or "attachment", one.content_type, one.payload, one.content_id or "")
        for one in found.attachments
    ]
    return Letter(
        uid=found.uid or "",
        message_id=" ".join(found.headers.get("message-id", ())).strip(),
        sender=found.from_,
        to=tuple(found.to),
        cc=tuple(found.cc),
        reply_to=tuple(found.reply_to),
        subject=found.subject,
        text=found.text,
        html=found.html,
        at=found.date if found.date_str and found.date.year > 1900 else None,  # noqa: PLR2004  # what it gives for none
        size=found.size or 0,
        headers={name: values[0] for name, values in list(found.headers.items())[:_MAX_HEADERS]},
        files=tuple(file for file in files if len(file.content) <= max_file_bytes),
        left_out=tuple(file.name for file in files if len(file.content) > max_file_bytes),
    )


@contextmanager
def _translated(address: MailboxAddress) -> Iterator[None]:
    where = f"{address.host}:{address.port}"
    try:
        yield
    except TimeoutError as error:
        title = f"no answer from {where}"
        raise NodeError(title, type="mail.timeout", detail=str(error)) from error
    except (OSError, imaplib.IMAP4.abort, EOFError) as error:
        is_untrusted = isinstance(error, ssl.SSLCertVerificationError)
        detail = str(error) or type(error).__name__
        title = f"no connection to {where}"
        raise NodeError(
            title, type="mail.connect", detail=detail, is_transient=not is_untrusted
        ) from error
    except Exception as error:
        raise _told(error, where) from error


def _told(error: Exception, where: str) -> NodeError:
    name, detail = type(error).__name__, str(error)[:500]
    if name == "MailboxLoginError":
        title = f"{where} does not accept the login"
        return NodeError(title, type="mail.auth", detail=detail, is_transient=False)
    if name.startswith("MailboxFolder"):
        title = f"{where} has no such folder"
        return NodeError(title, type="mail.folder", detail=detail, is_transient=False)
    return NodeError(f"{where} answered strangely", type="mail.failed", detail=f"{name}: {detail}")
