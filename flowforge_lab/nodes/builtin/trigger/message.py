"""Start the workflow when somebody sends a bot a message: any, one with a text, one of a kind.

With `pattern` the text or caption must have a place that the regular expression fits; its named groups are
`groups`. With `content_types` it must be one of these kinds. Without both any message counts.

An update starts one workflow: the one with the highest `priority`; of those with the same a command wins
over a pattern, and a pattern over a workflow that takes any text. A message that answers a question
(`flow.wait_reply`, `flow.wait_contact`) starts nothing.

Best practice: give the workflow that takes everything a low priority, such as -100.
Troubleshooting: in groups a bot sees all messages only if its privacy mode is off (ask BotFather).
"""

from typing import Annotated, Literal

from pydantic import Field

from flowforge_lab.nodes import (
    VERBATIM,
    Attempt,
    Pattern,
    RouteFields,
    UpdateInputs,
    UpdateOutputs,
    node_type,
)

ContentType = Literal[
    "text",
    "photo",
    "video",
    "document",
    "audio",
    "voice",
    "video_note",
    "animation",
    "sticker",
    "contact",
    "location",
    "poll",
    "new_chat_members",
    "left_chat_member",
    "other",
]


class Config(RouteFields):
    """Which messages to which bot."""

    pattern: Pattern = Field(
        default="",
        description="A regular expression that the text or caption has a place for; small and capital"
        " letters count as the same.",
        examples=["^order (?P<number>[0-9]+)$"],
    )
    content_types: Annotated[list[ContentType], VERBATIM] = Field(
        default_factory=list,
        description="Which kinds of messages; any where the list is empty.",
        examples=[["photo", "document"]],
    )
    edited: Annotated[bool, VERBATIM] = Field(
        default=False, description="Whether a message that is changed afterwards counts too."
    )


@node_type(
    "trigger.message",
    title="Bot message",
    outputs=UpdateOutputs,
    takes=(),
    icon="message-square",
    color="#16a34a",
    keywords=("telegram", "bot", "text", "regex", "photo", "chat"),
)
async def message(config: Config, inputs: UpdateInputs, attempt: Attempt) -> UpdateOutputs:
    """Tell what came."""
    return UpdateOutputs.model_validate(inputs.model_dump())
