"""Start the workflow for every new mail in a mailbox, read over IMAP.

The host keeps a connection to the mailbox and is told of new mail by the server (IDLE); where a server
cannot do that it looks every `every`. A mail starts the workflow once, whatever happens: it is marked as seen
only after the execution is stored, and a mail that comes up again, since a crash came in between, starts
nothing more. A lost connection is made again after a while, longer each time.

Filters compare the sender, a recipient and the subject without regard to capitals; `*` stands for any text.
A mail that fits no workflow stays unseen. Attachments come along as files with name, type and bytes;
those larger than `max_attachment_bytes` are named in `left_out`.

Best practice: a folder or a mailbox of its own, filled by a rule of the mail server; `move_to` keeps it tidy.
Treat what a mail says as said by a stranger: `from` can be forged by anybody.
Troubleshooting: mails come only while a host is up (`flowforge serve`); `flowforge connections --test`
tries the login. Mails that were read elsewhere are not new.
"""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from flowforge_lab.nodes import VERBATIM, Attempt, ConnectionName, Model, Switch, node_type
from flowforge_lab.nodes.file_values import FileValue
from flowforge_lab.values import Duration

Plain = Annotated[str, VERBATIM]


class Config(Model):
    """Which mails of which mailbox."""

    connection: ConnectionName = Field(
        min_length=1, description="A connection of the kind `imap`."
    )
    folder: Plain = Field(default="INBOX", min_length=1, description="The folder to watch.")
    sender: Plain = Field(
        default="", description="Only mails from here.", examples=["*@example.com"]
    )
    recipient: Plain = Field(
        default="", description="Only mails to here.", examples=["orders+*@example.com"]
    )
    subject: Plain = Field(
        default="", description="Only with such a subject.", examples=["*invoice*"]
    )
    only_with_attachments: Annotated[bool, VERBATIM] = Field(
        default=False, description="Whether mails without attachments are left alone."
    )
    mark_seen: Switch = Field(
        default=True, description="Whether mails are marked as seen once they are stored."
    )
    move_to: Plain = Field(
        default="", description="A folder to move them to; it is made if it is not there."
    )
    max_attachment_bytes: Annotated[int, VERBATIM] = Field(
        default=10_000_000, ge=0, description="How large an attachment may be to come along."
    )
    every: Annotated[Duration, VERBATIM] = Field(
        default=60.0, ge=1, le=1500, description="How often to look where nobody tells."
    )


class Inputs(Model):
    """What the host tells of the mail; nothing when the workflow is started by hand."""

    model_config = ConfigDict(extra="ignore")

    uid: str = Field(default="", description="Its number in the folder.")
    message_id: str = Field(default="", description="Its Message-ID.")
    sender: str = Field(default="", description="Whom it says it comes from.")
    to: list[str] = Field(default_factory=list, description="The recipients.")
    cc: list[str] = Field(default_factory=list, description="Who got a copy.")
    reply_to: list[str] = Field(default_factory=list, description="Where answers go.")
    subject: str = Field(default="", description="The subject.")
    text: str = Field(default="", description="The plain text.")
    html: str = Field(default="", description="The HTML.")
    at: datetime | None = Field(default=None, description="When it says it was written.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Its headers by lower-case name."
    )
    attachments: list[FileValue] = Field(default_factory=list, description="Its files.")
    left_out: list[str] = Field(
        default_factory=list, description="The names of files that were too large."
    )


class Outputs(Inputs):
    """The mail."""


@node_type(
    "trigger.email",
    title="E-mail arrives",
    outputs=Outputs,
    takes=(),
    icon="inbox",
    color="#16a34a",
    keywords=("mail", "imap", "inbox", "receive", "attachment"),
)
async def email(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """Hand the mail on."""
    return Outputs(**dict(inputs))
