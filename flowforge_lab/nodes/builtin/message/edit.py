"""Change a message that the bot sent: its text or caption, its buttons, or both.

`message` names it: the outputs of the node that sent it (`{{ nodes.ask }}`), or its number. What is not
given stays as it is, but for buttons: `remove_buttons` takes them away. A change that changes nothing is no
error: `changed` is false then.

Best practice: change the question to what was decided once a button was pressed: nobody presses twice then.
Troubleshooting: a bot changes only what it sent; the text of a photo or document is its caption, for which
`caption` must be set. Of a long text that was sent in parts the last one is changed.
"""

from typing import Any, Self

from pydantic import Field, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    Attempt,
    InlineButton,
    MessageRef,
    NoInputs,
    SentPart,
    TextFields,
    edited_text,
    inline_keyboard,
    node_type,
    ref_of,
)


class Config(TextFields):
    """Which message, and what it becomes."""

    message: MessageRef = Field(
        description="The outputs of the node that sent it, or its number.",
        examples=["{{ nodes.ask }}"],
    )
    caption: bool = Field(
        default=False, description="Whether the text is the caption of a photo, video or document."
    )
    buttons: list[list[InlineButton]] = Field(
        default_factory=list, description="Rows of buttons that it gets in place of those it has."
    )
    remove_buttons: bool = Field(default=False, description="Whether its buttons go.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        given = (self.text, self.html, self.markdown, self.buttons, self.remove_buttons)
        if not any(given):
            msg = "expected a text, buttons or `remove_buttons`"
            raise ValueError(msg)
        return self


class Outputs(SentPart):
    """The message that was changed."""

    changed: bool = Field(default=True, description="False where it was like that before.")


@node_type(
    "message.edit",
    title="Edit message",
    outputs=Outputs,
    icon="pencil",
    color="#0ea5e9",
    effects="writes",
    keywords=("telegram", "bot", "change", "update", "buttons"),
)
async def edit(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Change it; the same again does nothing."""
    ref = ref_of(attempt, config.message, config)
    method, content = _call(config)
    params: dict[str, Any] = {"chat_id": ref.place.chat, "message_id": ref.last, **content}
    markup = inline_keyboard(config.buttons)
    if markup is not None:
        params["reply_markup"] = markup
    changed = True
    try:
        await attempt.clients.telegram.call(ref.place.bot, method, params)
    except NodeError as error:
        if "message is not modified" not in error.title:
            raise
        changed = False
    return Outputs(
        bot=ref.place.bot,
        chat_id=ref.place.chat,
        message_id=ref.last,
        message_ids=ref.message_ids,
        changed=changed,
    )


def _call(config: Config) -> tuple[str, dict[str, Any]]:
    content = edited_text(config, "caption" if config.caption else "text")
    if not content:
        return "editMessageReplyMarkup", {}
    if not config.caption and not config.preview:
        content["link_preview_options"] = {"is_disabled": True}
    return "editMessageCaption" if config.caption else "editMessageText", content
