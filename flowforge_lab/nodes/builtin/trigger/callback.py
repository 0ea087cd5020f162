"""Start the workflow when somebody presses a button under a message of a bot.

`data` is what the button gives, as a whole; `pattern` a regular expression for it, whose named groups are
`groups`. The press is answered with `answer`, so that the button stops waiting.

A press that a question waits for (`flow.wait_callback`) goes there and starts nothing.

Best practice: give buttons of one workflow data with a common start, such as `order:17`, and take them apart
with a pattern.
Troubleshooting: Telegram takes an answer for some minutes only; one that comes later is logged.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    VERBATIM,
    Attempt,
    Pattern,
    RouteFields,
    UpdateInputs,
    UpdateOutputs,
    node_type,
)


class Config(RouteFields):
    """Which buttons of which bot."""

    data: Annotated[str, VERBATIM] = Field(
        default="", description="The data of the button, as a whole.", examples=["buy"]
    )
    pattern: Pattern = Field(
        default="",
        description="A regular expression for all of the data.",
        examples=["order:(?P<number>[0-9]+)"],
    )
    answer: Annotated[str, VERBATIM] = Field(
        default="", max_length=200, description="What is shown for a moment to who pressed."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.data and self.pattern:
            msg = "expected data or pattern, found both"
            raise ValueError(msg)
        return self


@node_type(
    "trigger.callback",
    title="Button pressed",
    outputs=UpdateOutputs,
    takes=(),
    icon="mouse-pointer-click",
    color="#16a34a",
    keywords=("telegram", "bot", "inline", "keyboard", "callback", "press"),
)
async def callback(config: Config, inputs: UpdateInputs, attempt: Attempt) -> UpdateOutputs:
    """Answer the press, and tell which it was."""
    if inputs.query_id:
        params = {"callback_query_id": inputs.query_id, "text": config.answer or None}
        try:
            await attempt.clients.telegram.call(inputs.bot, "answerCallbackQuery", params)
        except NodeError as error:
            attempt.log(f"the press could not be answered: {error}", level="warning")
    return UpdateOutputs.model_validate(inputs.model_dump())
