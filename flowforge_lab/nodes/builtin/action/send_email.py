"""Send a mail by SMTP or Resend: text and HTML, attachments from earlier steps, templates from files.

`attachments` take bytes and texts, files (`input.file`, `nodes.mail.attachments`), data frames and lists
of records, which become CSV, Excel, JSON or Parquet by the name they are given, and files beside the
workflow. An image that is `inline` is shown in the HTML by `<img src="cid:its-name">`.

Text from outside belongs into a `template`: its places `{{ name }}` are filled from `values`, escaped
where the template is HTML, and a list of records becomes a table. An expression in the field `html` itself is
put in as it is.

The mail has the same Message-ID for every attempt, and Resend gets the step's idempotency key; a mail server
knows no such thing, so that a step a crash cut off is not repeated by itself.

Best practice: give text and HTML both; keep host, login and sender in a connection.
Troubleshooting: `mail.auth` is a login that is refused, `mail.refused` a mail that is (a recipient that does
not exist, a sender that may not send), `mail.connect` a server that is down or cannot encrypt. Where some
recipients are refused and others not, the step succeeds and `refused` names them.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from flowforge_lab.clients import (
    CodeJob,
    MailFile,
    MailMessage,
    file_content,
    fill_template,
    media_type_of,
    path_inside,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    ConnectionName,
    DataFile,
    Expression,
    Model,
    NoInputs,
    SourceFile,
    Text,
    node_type,
)
from flowforge_lab.values import Frame

_WRITER = "flowforge_lab.clients.code.table_files:write_tables"


class Attachment(Model):
    """A file to go with the mail."""

    name: str = Field(
        default="",
        description="Its name; for a table also what it becomes.",
        examples=["report.xlsx"],
    )
    content: Expression = Field(
        default=None,
        description="A file, a list of files, bytes, text, a data frame or records.",
        examples=["nodes.report.file", "nodes.load.frame"],
    )
    path: DataFile = Field(default="", description="Instead: a file in the workflow's folder.")
    type: str = Field(default="", description="The media type; by default by its name.")
    inline: bool = Field(default=False, description="Whether the HTML shows it as `cid:name`.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path) == ("content" in self.model_fields_set):
            msg = "expected either 'path' or 'content'"
            raise ValueError(msg)
        return self


class Template(Model):
    """Texts kept in files beside the workflow."""

    text: SourceFile = Field(default="", description="The file of the plain text.")
    html: SourceFile = Field(default="", description="The file of the HTML.")
    values: dict[str, AnyValue] = Field(
        default_factory=dict, description="What the places in them are filled with."
    )


class Config(Model):
    """Whom to write, what, and by which connection."""

    connection: ConnectionName = Field(
        min_length=1, description="A connection of the kind `smtp` or `resend`."
    )
    to: list[str] = Field(
        min_length=1,
        description="The recipients; one text may name several with commas between.",
        examples=[["{{ input.email }}"]],
    )
    cc: list[str] = Field(default_factory=list, description="Who gets a copy.")
    bcc: list[str] = Field(default_factory=list, description="Who gets one unseen by others.")
    sender: str = Field(
        default="",
        description="Whom it comes from; by default as the connection says.",
        examples=["Reports <reports@example.com>"],
    )
    reply_to: list[str] = Field(default_factory=list, description="Where answers go.")
    subject: str = Field(default="", description="The subject.")
    text: Text = Field(default="", description="The plain text.")
    html: Text = Field(default="", description="The HTML; expressions in it are not escaped.")
    template: Template | None = Field(default=None, description="Texts from files instead.")
    attachments: list[Attachment] = Field(
        default_factory=list, max_length=50, description="Files to go with it."
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Further headers.",
        examples=[{"List-Unsubscribe": "<https://example.com/leave>"}],
    )
    max_bytes: int = Field(
        default=20_000_000, ge=1, description="How large all attachments may be together."
    )

    @field_validator("to", "cc", "bcc", "reply_to", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Outputs(Model):
    """What the service said."""

    id: str = Field(description="The Message-ID, or the service's id of the mail.")
    accepted: list[str] = Field(description="Who gets it.")
    refused: dict[str, str] = Field(description="Who does not, and why.")


@node_type(
    "action.send_email",
    title="Send e-mail",
    outputs=Outputs,
    icon="mail",
    color="#2563eb",
    effects="writes",
    is_idempotent=False,
    keywords=("mail", "smtp", "resend", "message", "notify", "attachment"),
)
async def send_email(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Compose the mail and send it."""
    text, html = await _texts(config, attempt)
    message = MailMessage(
        sender=config.sender or _sender(config, attempt),
        to=_parted(config.to),
        cc=_parted(config.cc),
        bcc=_parted(config.bcc),
        reply_to=_parted(config.reply_to),
        subject=config.subject,
        text=text,
        html=html,
        files=await _files(config, attempt),
        headers=config.headers,
        key=attempt.idempotency_key,
        at=attempt.now,
    )
    sent = await attempt.clients.connections.send_mail(config.connection, message)
    attempt.log(f"sent to {len(sent.accepted)} of {len(message.recipients)} recipients")
    for who, why in sent.refused.items():
        attempt.log(f"{who} was refused: {why}", level="warning")
    return Outputs(id=sent.id, accepted=list(sent.accepted), refused=dict(sent.refused))


def _sender(config: Config, attempt: Attempt) -> str:
    found = attempt.clients.connections.sender(config.connection)
    if found:
        return found
    msg = "neither the node nor the connection says whom it comes from ('from')"
    raise _invalid(msg)


def _parted(people: list[str]) -> tuple[str, ...]:
    """Return each person by itself; a comma inside a quoted name parts nobody."""
    from email.utils import formataddr, getaddresses

    found: list[str] = []
    for one in people:
        pairs = getaddresses([one]) if "," in one else []
        found += [formataddr(pair) for pair in pairs if pair[1]] if pairs else [one]
    return tuple(filter(None, (one.strip() for one in found)))


async def _texts(config: Config, attempt: Attempt) -> tuple[str, str]:
    if config.template is None:
        return config.text, config.html
    told = config.template
    values = {name: _rows_of(value) for name, value in told.values.items()}
    text, html = config.text, config.html
    if told.text:
        text = fill_template(await _read(told.text, attempt), values, is_html=False)
    if told.html:
        html = fill_template(await _read(told.html, attempt), values, is_html=True)
    return text, html


def _rows_of(value: Any) -> Any:
    if isinstance(value, Frame):
        detail = "a data frame has no place in a template; give its rows"
        msg = "the template cannot be filled in"
        raise NodeError(
            msg,
            type="mail.template",
            detail=detail,
            is_transient=False,
        )
    return value


async def _read(path: str, attempt: Attempt) -> str:
    place = path_inside(attempt.folder, path)
    return await asyncio.to_thread(place.read_text, encoding="utf-8")


async def _files(config: Config, attempt: Attempt) -> tuple[MailFile, ...]:
    files: list[MailFile] = []
    for attachment in config.attachments:
        files += await _attached(attachment, attempt)
    size = sum(len(file.content) for file in files)
    if size > config.max_bytes:
        msg = "the attachments are too large"
        raise NodeError(
            msg,
            type="mail.too_large",
            detail=f"{size:,} bytes, at most {config.max_bytes:,}",
            is_transient=False,
        )
    return tuple(files)


async def _attached(told: Attachment, attempt: Attempt) -> list[MailFile]:
    if told.path:
        path = path_inside(attempt.folder, told.path)
        content = await asyncio.to_thread(path.read_bytes)
        return [_file(told, told.name or path.name, content)]
    if isinstance(told.content, Frame) or _is_rows(told.content):
        name = told.name or "table.csv"
        return [_file(told, name, await _table(told.content, name, attempt))]
    if isinstance(told.content, list):
        return [_one(told, item) for item in told.content]
    return [_one(told, told.content)]


def _is_rows(value: Any) -> bool:
    """Whether these are records and not files."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, Mapping) and not _is_file(row) for row in value)
    )


def _is_file(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("content"), bytes | str) and "name" in value


def _one(told: Attachment, value: Any) -> MailFile:
    value = value.model_dump() if isinstance(value, BaseModel) else value
    name, content = file_content(value)
    kind = str(value.get("type") or "") if isinstance(value, Mapping) else ""
    return _file(told, told.name or name or "attachment.bin", content, kind=kind)


def _file(told: Attachment, name: str, content: bytes, *, kind: str = "") -> MailFile:
    if any(sign in name for sign in '\r\n\0"/\\'):
        msg = f"expected the name of a file, found {name!r:.100}"
        raise _invalid(msg)
    cid = name if told.inline else ""
    return MailFile(name, told.type or kind or media_type_of(name), content, cid)


async def _table(value: Any, name: str, attempt: Attempt) -> bytes:
    facts = {"name": name, "format": "auto", "sheet": "Sheet1", "separator": ","}
    inputs = {"tables": [value], "formats": [facts]}
    job = CodeJob(directory=attempt.folder, target=_WRITER, inputs=inputs)
    [content] = await attempt.clients.code.run(job)
    return bytes(content)


def _invalid(detail: str) -> NodeError:
    title = "this mail cannot be sent"
    return NodeError(title, type="mail.invalid", detail=detail, is_transient=False)
