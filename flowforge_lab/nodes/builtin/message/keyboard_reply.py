"""Send a text with buttons in place of the keyboard, which send their text or share something.

What is pressed comes as a message: to a `flow.wait_reply`, else to a `trigger.message`. A button that shares
the contact works in private chats only; `flow.wait_contact` has one of its own. With `remove` an earlier
keyboard of this kind is taken away.

Best practice: `one_time`, so that the keyboard goes once it was used.
Troubleshooting: a keyboard stays with the person until another one or `remove` comes.
"""

from typing import Self

from pydantic import Field, model_validator

from flowforge_lab.nodes import (
    Attempt,
    NoInputs,
    ReplyButton,
    Sent,
    TextFields,
    node_type,
    reply_keyboard,
    send_text,
    without_keyboard,
)


class Config(TextFields):
    """What to say, and the buttons in place of the keyboard."""

    buttons: list[list[ReplyButton]] = Field(
        default_factory=list,
        max_length=100,
        description="Rows of buttons.",
        examples=[[[{"text": "Yes"}, {"text": "No"}]]],
    )
    remove: bool = Field(default=False, description="Whether to take a keyboard away instead.")
    one_time: bool = Field(default=True, description="Whether it goes once it was used.")
    placeholder: str = Field(
        default="", max_length=64, description="What stands in the empty field for texts."
    )

    @model_validator(mode="after")
    def _has_buttons(self) -> Self:
        if bool(self.buttons) == self.remove:
            msg = "expected buttons, or `remove`, and not both"
            raise ValueError(msg)
        return self


@node_type(
    "message.keyboard.reply",
    title="Send keyboard",
    outputs=Sent,
    icon="keyboard",
    color="#0ea5e9",
    effects="writes",
    is_idempotent=False,
    keywords=("telegram", "bot", "reply", "keyboard", "contact", "menu"),
)
async def keyboard_reply(config: Config, inputs: NoInputs, attempt: Attempt) -> Sent:
    """Send it, and tell where it is."""
    markup = without_keyboard()
    if config.buttons:
        markup = reply_keyboard(
            config.buttons, is_one_time=config.one_time, placeholder=config.placeholder
        )
    return await send_text(attempt, config, markup=markup)
