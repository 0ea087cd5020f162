"""A mail before it is sent, and what became of it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import msgspec

from flowforge_lab.errors import NodeError

MAX_RECIPIENTS = 100


class MailFile(msgspec.Struct, frozen=True):
    """A file that goes with a mail; one with a `cid` is shown in the HTML as `cid:...`."""

    name: str
    type: str
    content: bytes
    cid: str = ""


class MailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A mail. The same `key` gives the same Message-ID, so that a repeated mail can be known."""

    sender: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: Sequence[str] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: Sequence[MailFile] = ()
    headers: Mapping[str, str] = {}
    key: str = ""
    at: datetime

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody it goes to, each once, as bare addresses."""
        everybody = (*self.to, *self.cc, *self.bcc)
        return tuple(dict.fromkeys(parseaddr(one)[1] for one in everybody))

    @property
    def message_id(self) -> str:
        """The id that goes with it."""
        known = hashlib.sha256(f"{self.key}|{self.subject}".encode()).hexdigest()[:32]
        return f"<{known}@{parseaddr(self.sender)[1].rpartition('@')[2]}>"


class MailSent(msgspec.Struct, frozen=True):
    """What the service said: the mail's id, who gets it, and whom it refused and why."""

    id: str
    accepted: tuple[str, ...]
    refused: Mapping[str, str] = {}


def check_addresses(addresses: Iterable[str], field: str) -> None:
    """Refuse what is no mail address.

    Raises:
        NodeError: one of them is none, or holds what would start a new header (`mail.invalid`).
    """
    for written in addresses:
        name, address = parseaddr(written)
        try:
            parsed = Address(addr_spec=address)
            is_good = bool(parsed.username and parsed.domain) and not _breaks(written)
        except (ValueError, IndexError, MessageError):
            is_good = False
        if not is_good or (name and address not in written):
            msg = f"{field}: expected a mail address, found {written!r:.100}"
            raise invalid_mail(msg)


def _breaks(text: str) -> bool:
    return any(sign in text for sign in "\r\n\0")


def invalid_mail(detail: str) -> NodeError:
    """Return the error for a mail that can never be sent."""
    return NodeError(
        "this mail cannot be sent", type="mail.invalid", detail=detail, is_transient=False
    )


def checked(message: MailMessage) -> MailMessage:
    """Return the message if it can be sent at all.

    Raises:
        NodeError: somebody's address is none, nobody is to get it, or it is empty (`mail.invalid`).
    """
    check_addresses([message.sender], "from")
    for field in ("to", "cc", "bcc", "reply_to"):
        check_addresses(getattr(message, field), field)
    if not 1 <= len(message.recipients) <= MAX_RECIPIENTS:
        msg = f"expected 1 to {MAX_RECIPIENTS} recipients, found {len(message.recipients)}"
        raise invalid_mail(msg)
    if not (message.text or message.html or message.files):
        msg = "it has neither text nor HTML nor attachments"
        raise invalid_mail(msg)
    for name, value in (("subject", message.subject), *message.headers.items()):
        if _breaks(value) or not name.replace("-", "").isalnum():
            msg = f"{name!r:.40} may not hold line breaks"
            raise invalid_mail(msg)
    return message


def composed(message: MailMessage) -> EmailMessage:
    """Return the mail as it goes over the wire; Bcc stands nowhere in it."""
    mail = EmailMessage()
    mail["From"] = message.sender
    mail["To"] = ", ".join(message.to)
    for header, people in (("Cc", message.cc), ("Reply-To", message.reply_to)):
        if people:
            mail[header] = ", ".join(people)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message.message_id
    for name, value in message.headers.items():
        del mail[name]
        mail[name] = value
    mail.set_content(message.text or _plain_hint(message), cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    for file in message.files:
        _attach(mail, file)
    return mail


def _plain_hint(message: MailMessage) -> str:
    return "This mail is written in HTML." if message.html else "See the attachments."


def _attach(mail: EmailMessage, file: MailFile) -> None:
    main, _, sub = file.type.partition("/")
    html = mail.get_body(("html",)) if file.cid else None
    if isinstance(html, EmailMessage):
        html.add_related(
            file.content, main, sub, cid=f"<{file.cid}>", filename=file.name, disposition="inline"
        )
        return
    mail.add_attachment(
        file.content,
        maintype=main or "application",
        subtype=sub or "octet-stream",
        filename=file.name,
    )
    if main == "text" and _is_utf8(file.content):
        list(mail.iter_attachments())[-1].set_param("charset", "utf-8")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
