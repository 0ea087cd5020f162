"""Sending by SMTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr
from typing import Any, Literal

import msgspec

from flowforge_lab.errors import NodeError

from .message import MailMessage, MailSent, checked, composed

_TEMPORARY = range(400, 500)
Security = Literal["starttls", "tls", "none"]


class SmtpAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server and whom to be there. With `starttls` a server that cannot encrypt is refused."""

    host: str
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    seconds: float = 30.0

    def __repr__(self) -> str:
        return f"SmtpAddress({self.user}@{self.host}:{self.port})"


async def send_by_smtp(address: SmtpAddress, message: MailMessage) -> MailSent:
    """Send a mail and return who gets it; fails only where nobody does.

    Raises:
        NodeError: of type `mail.invalid`, `.connect`, `.timeout`, `.auth`, `.refused`, `.failed`, or
            `library.missing`.
    """
    mail = composed(checked(message))
    async with _connected(address) as client:
        refused, _ = await client.send_message(
            mail, sender=parseaddr(message.sender)[1], recipients=list(message.recipients)
        )
    reasons = {who: f"{reply.code} {reply.message}" for who, reply in refused.items()}
    accepted = tuple(who for who in message.recipients if who not in reasons)
    return MailSent(message.message_id, accepted, reasons)


async def greet(address: SmtpAddress) -> str:
    """Connect, say who we are, and return what the server calls itself."""
    async with _connected(address) as client:
        reply = await client.noop()
    return f"{address.host} says {reply.code}"


@asynccontextmanager
async def _connected(address: SmtpAddress) -> AsyncIterator[Any]:
    aiosmtplib = _library()
    client = aiosmtplib.SMTP(
        hostname=address.host,
        port=address.port,
        use_tls=address.security == "tls",
        start_tls=address.security == "starttls",
        timeout=address.seconds,
        cert_bundle=address.ca_file or None,
        username=address.user or None,
        password=address.password or None,
    )
    try:
        async with client:
            yield client
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        raise _told(error, address) from error


def _library() -> Any:
    try:
        import aiosmtplib
    except ImportError as error:
        detail = "mail needs pip install flowforge-lab[mail]"
        msg = "a library is missing"
        raise NodeError(msg, type="library.missing", detail=detail, is_transient=False) from error
    return aiosmtplib


def _told(error: Exception, address: SmtpAddress) -> NodeError:
    aiosmtplib = _library()
    where = f"{address.host}:{address.port}"
    detail = str(error) or type(error).__name__
    code = getattr(error, "code", 0)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = error.recipients[0].code
        detail = "; ".join(
            f"{one.recipient}: {one.code} {one.message}" for one in error.recipients
        )
    is_temporary = code in _TEMPORARY
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        title = f"{where} does not accept the login"
        return NodeError(
            title, type="mail.auth", status=code or None, detail=detail, is_transient=is_temporary
        )
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return NodeError(f"no answer from {where}", type="mail.timeout", detail=detail)
    is_answer = isinstance(
        error, aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused
    )
    if is_answer and code > 0:  # below it is no mail server that speaks
        kind = "mail.failed" if is_temporary else "mail.refused"
        title = f"{where} did not take the mail"
        return NodeError(
            title, type=kind, status=code or None, detail=detail, is_transient=is_temporary
        )
    is_final = "certificate" in detail.lower() or "STARTTLS" in detail
    title = f"no connection to {where}"
    return NodeError(title, type="mail.connect", detail=detail, is_transient=not is_final)
