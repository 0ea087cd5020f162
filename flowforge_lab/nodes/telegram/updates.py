"""What a trigger of a bot tells of the update that came."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from flowforge_lab.nodes.fields import VERBATIM, ConnectionName
from flowforge_lab.nodes.models import Model
from flowforge_lab.values import compile_pattern

Chats = Annotated[Literal["any", "private", "group"], VERBATIM]


def _pattern(text: str) -> str:
    compile_pattern(text)
    return text


Pattern = Annotated[str, VERBATIM, AfterValidator(_pattern)]
"""A regular expression, never rendered; one whose search may take forever is refused."""


class RouteFields(Model):
    """For which bot, and before which other workflows."""

    bot: ConnectionName = Field(
        default="", description="The Telegram connection; by default the lab's only one."
    )
    chats: Chats = Field(
        default="any", description="In which chats: `private` ones, groups and channels, or `any`."
    )
    priority: Annotated[int, VERBATIM] = Field(
        default=0,
        ge=-1000,
        le=1000,
        description="Of several workflows that an update fits, the one with the highest gets it.",
    )


class UpdateInputs(Model):
    """What came; empty where the workflow was started by hand."""

    model_config = ConfigDict(extra="ignore")

    bot: str = Field(default="", description="The Telegram connection it came by.")
    update_id: int = Field(default=0, description="The number Telegram gave the update.")
    chat_id: int | None = Field(default=None, description="The number of the chat.")
    chat_type: str = Field(
        default="", description="`private`, `group`, `supergroup` or `channel`."
    )
    chat_title: str = Field(default="", description="The title of the group or channel.")
    user_id: int | None = Field(default=None, description="The number of who sent it.")
    first_name: str = Field(default="", description="The first name of who sent it.")
    last_name: str = Field(default="", description="The last name of who sent it.")
    username: str = Field(default="", description="The name of who sent it, without `@`.")
    language: str = Field(default="", description="The language of who sent it, such as `de`.")
    message_id: int | None = Field(default=None, description="The number of the message.")
    date: int | None = Field(default=None, description="When, in seconds since 1970.")
    content_type: str = Field(
        default="", description="What it is: `text`, `photo`, `contact`, ..."
    )
    text: str = Field(default="", description="The text, or the caption.")
    command: str = Field(default="", description="The command, without `/` and the bot's name.")
    arguments: str = Field(default="", description="What stands behind the command.")
    reply_to: int | None = Field(
        default=None, description="The number of the message that it answers."
    )
    file_id: str = Field(default="", description="The id of the file in it.")
    file_name: str = Field(default="", description="The name of the file in it.")
    contact: Mapping[str, Any] | None = Field(default=None, description="The contact in it.")
    data: str = Field(default="", description="What the pressed button gives.")
    query_id: str = Field(default="", description="The id of the press, to be answered.")
    is_edited: bool = Field(default=False, description="Whether it was changed afterwards.")
    groups: dict[str, Any] = Field(
        default_factory=dict, description="What the named groups of the pattern found."
    )
    message: dict[str, Any] = Field(
        default_factory=dict, description="All of the message, as Telegram gives it."
    )


class UpdateOutputs(UpdateInputs):
    """What came."""
