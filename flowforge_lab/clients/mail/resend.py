"""Sending by the HTTP API of Resend, or a service that speaks it."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import SecretStr

from flowforge_lab.clients.http import BearerAuth, HttpClient, HttpRequest, JsonBody
from flowforge_lab.errors import NodeError

from .message import MailMessage, MailSent, checked

_FORBIDDEN = (401, 403)
_MAX_KEY_CHARS = 256


class ResendAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where the API is, and its key."""

    api_key: str
    base_url: str = "https://api.resend.com"
    allow_private: bool = False
    seconds: float = 30.0

    def __repr__(self) -> str:
        return f"ResendAddress({self.base_url})"


async def send_by_resend(
    http: HttpClient, address: ResendAddress, message: MailMessage
) -> MailSent:
    """Send a mail, once for its key however often it is asked, and return its id.

    Raises:
        NodeError: of type `mail.invalid`, `.connect`, `.timeout`, `.auth`, `.refused` or `.failed`.
    """
    body = _body(checked(message))
    key = {"Idempotency-Key": message.key[:_MAX_KEY_CHARS]} if message.key else {}
    request = _request(address, "/emails", method="POST", body=JsonBody(body), headers=key)
    try:
        answer = (await http.send(request)).json()
    except NodeError as error:
        raise _told(error) from error
    if not isinstance(answer, Mapping) or not isinstance(answer.get("id"), str):
        detail = f"expected an id, found {answer!r:.200}"
        msg = "the mail service answered strangely"
        raise NodeError(msg, type="mail.failed", detail=detail)
    return MailSent(answer["id"], message.recipients)


async def ask_domains(http: HttpClient, address: ResendAddress) -> str:
    """Ask for the domains, which only a good key may, and return what there is to say."""
    try:
        await http.send(_request(address, "/domains", method="GET"))
    except NodeError as error:
        raise _told(error) from error
    return f"{address.base_url} accepts the key"


def _request(address: ResendAddress, path: str, **facts: Any) -> HttpRequest:
    return HttpRequest(
        url=address.base_url.rstrip("/") + path,
        auth=BearerAuth(SecretStr(address.api_key)),
        timeout=address.seconds,
        max_redirects=0,
        allow_private=address.allow_private,
        **facts,
    )


def _body(message: MailMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "from": message.sender,
        "to": list(message.to),
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "reply_to": list(message.reply_to),
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": dict(message.headers),
        "attachments": [
            {
                "filename": file.name,
                "content": b64encode(file.content).decode(),
                "content_type": file.type,
                **({"content_id": file.cid} if file.cid else {}),
            }
            for file in message.files
        ],
    }
    return {name: value for name, value in fields.items() if value}


def _told(error: NodeError) -> NodeError:
    """Return the error of an HTTP request as one of a mail."""
    status = error.status or 0
    if error.type in {"http.connect", "http.timeout"}:
        kind, title = error.type.replace("http", "mail"), "no connection to the mail service"
    elif status in _FORBIDDEN:
        kind, title = "mail.auth", "the mail service does not accept the key"
    elif error.type == "http.status" and not error.is_transient:
        kind, title = "mail.refused", "the mail service did not take the mail"
    elif error.type in {"http.status", "http.decode", "http.circuit_open"}:
        kind, title = "mail.failed", "the mail service failed"
    else:
        return error
    return NodeError(
        title,
        type=kind,
        status=error.status,
        detail=f"{error.title}: {error.detail}".rstrip(": "),
        is_transient=error.is_transient,
        retry_after=error.retry_after,
    )
