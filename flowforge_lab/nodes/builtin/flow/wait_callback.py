"""Send buttons and wait until one is pressed, or wait for a press on a message that was sent before.

Each button whose data is a small word (`approve`) has a port of that name; where nothing hangs on it, and for
all other data, it leaves by `received`. The press is answered with `answer`. With `done_text` the message
then changes to that text and loses its buttons; without it, `remove_buttons` takes them away.

Presses of this message only count, so that any number of questions may be open in a chat. A press of
somebody who is not asked changes nothing. In a group `answers_from: anyone` takes the first press of anybody,
or of those in `allowed_users`.

Best practice: an approval needs a `timeout` with a way to go.
Troubleshooting: `flowforge waits` lists who is waited for. A press after the end of the wait does nothing.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace
from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnswerOutputs,
    Attempt,
    Emit,
    InlineButton,
    MessageRef,
    NoInputs,
    Park,
    Port,
    QuestionFields,
    answer_facts,
    can_name_port,
    inline_keyboard,
    node_type,
    ports_of_buttons,
    question_of,
    ref_of,
    wait_for,
)

_RECEIVED, _TIMEOUT = Port("received", "Received", "value"), Port("timeout", "Timeout", "value")


class Config(QuestionFields):
    """The buttons, and what happens once one is pressed."""

    buttons: list[list[InlineButton]] = Field(
        default_factory=list,
        max_length=100,
        description="Rows of buttons, sent with the text.",
        examples=[
            [[{"text": "Approve", "data": "approve"}, {"text": "Refuse", "data": "refuse"}]]
        ],
    )
    message: MessageRef = Field(
        default=None,
        description="In place of a text: the message whose buttons are waited for, as the outputs of the"
        " node that sent it.",
        examples=["{{ nodes.ask }}"],
    )
    allowed_users: list[int] = Field(
        default_factory=list,
        description="The numbers of those who may press; empty for all asked.",
    )
    answer: str = Field(
        default="", max_length=200, description="What is shown for a moment to who pressed."
    )
    done_text: str = Field(
        default="",
        description="What the message says once a button was pressed.",
    )
    remove_buttons: bool = Field(
        default=True, description="Whether the buttons go once one was pressed."
    )


class Outputs(AnswerOutputs):
    """Which button was pressed, if one was."""

    data: str = Field(default="", description="What the button gives.")
    message: dict[str, Any] = Field(
        default_factory=dict, description="The message under which it was pressed."
    )


def _ports(config: Mapping[str, Any]) -> tuple[Port, ...]:
    return (_RECEIVED, *ports_of_buttons(config.get("buttons")), _TIMEOUT)


@node_type(
    "flow.wait_callback",
    title="Wait for a button",
    outputs=Outputs,
    ports=_ports,
    icon="mouse-pointer-click",
    color="#ca8a04",
    effects="writes",
    keywords=("telegram", "bot", "approve", "press", "inline", "keyboard", "human"),
)
async def wait_callback(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Send the buttons, park, tell which one was pressed."""
    question = question_of(
        attempt,
        config.model_copy(update={"max_asks": 1, "cancel_words": []}),
        what="callback",
        markup=inline_keyboard(config.buttons),
    )
    terms = {**question.terms, **_which(config, attempt)}
    reply = await wait_for(attempt, replace(question, terms=terms))
    if isinstance(reply, Park):
        return reply
    if reply.port != "received":
        return Emit(Outputs(asks=1), "timeout")
    told: dict[str, Any] = (
        reply.value if isinstance(reply.value, dict) else {"data": str(reply.value)}
    )
    await _settle(config, attempt, told)
    data = str(told.get("data") or "")
    outputs = Outputs(
        data=data, message=dict(told.get("message") or {}), asks=1, **answer_facts(told)
    )
    is_port = data in {port.name for port in ports_of_buttons(_raw(config))}
    port = data if is_port and can_name_port(data) else "received"
    return Emit(outputs, port, or_else="received")


def _raw(config: Config) -> list[list[dict[str, Any]]]:
    return [[button.model_dump() for button in row] for row in config.buttons]


def _which(config: Config, attempt: Attempt) -> dict[str, Any]:
    """Return what tells a press of ours from others."""
    terms: dict[str, Any] = {"users": config.allowed_users}
    if config.message is not None:
        terms["message_id"] = ref_of(attempt, config.message, config).last
    elif not config.buttons:
        title = "there is nothing to press: give buttons, or the message that has them"
        raise NodeError(title, type="telegram.no_message", is_transient=False)
    return terms


async def _settle(config: Config, attempt: Attempt, told: Mapping[str, Any]) -> None:
    """Answer the press and change the message; what Telegram refuses here does not stop the workflow."""
    bot = str(told.get("bot") or "")
    calls: list[tuple[str, dict[str, Any]]] = []
    if told.get("query_id"):
        query = {"callback_query_id": told["query_id"], "text": config.answer or None}
        calls.append(("answerCallbackQuery", query))
    place = {"chat_id": told.get("chat_id"), "message_id": told.get("message_id")}
    if place["message_id"] and config.done_text:
        calls.append(("editMessageText", {**place, "text": config.done_text}))
    elif place["message_id"] and config.remove_buttons:
        calls.append(("editMessageReplyMarkup", place))
    for method, params in calls:
        try:
            await attempt.clients.telegram.call(bot, method, params)
        except NodeError as error:
            attempt.log(f"{method}: {error}", level="warning")
