"""Send a text with buttons under it, which give data to the bot or open an address.

A press starts a workflow with `trigger.callback`, or goes to a `flow.wait_callback` that waits for this
message. `flow.wait_callback` can also send the text and the buttons by itself.

Best practice: short words, two or three buttons a row.
Troubleshooting: data over 64 bytes are refused; keep an id in it and the rest in a variable.
"""

from pydantic import Field

from flowforge_lab.nodes import (
    Attempt,
    InlineButton,
    NoInputs,
    Sent,
    TextFields,
    inline_keyboard,
    node_type,
    send_text,
)


class Config(TextFields):
    """What to say, and the buttons under it."""

    buttons: list[list[InlineButton]] = Field(
        min_length=1,
        max_length=100,
        description="Rows of buttons.",
        examples=[[[{"text": "Yes", "data": "yes"}, {"text": "No", "data": "no"}]]],
    )


@node_type(
    "message.keyboard.inline",
    title="Send buttons",
    outputs=Sent,
    icon="square-check",
    color="#0ea5e9",
    effects="writes",
    is_idempotent=False,
    keywords=("telegram", "bot", "inline", "keyboard", "choice", "callback"),
)
async def keyboard_inline(config: Config, inputs: NoInputs, attempt: Attempt) -> Sent:
    """Send it, and tell where it is."""
    return await send_text(attempt, config, markup=inline_keyboard(config.buttons))
