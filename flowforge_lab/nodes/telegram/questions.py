"""Questions to people in a chat: asked, asked again, cancelled by a word, told apart by their messages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes.contract import Answer, Attempt, Emit, Park, Port
from flowforge_lab.nodes.fields import Text
from flowforge_lab.nodes.models import Model
from flowforge_lab.nodes.waiting import OWN, Ask, Asked, Question, wait_for
from flowforge_lab.values import Duration

from .keyboards import without_keyboard
from .places import Place, place_of, user_of, wait_key
from .texts import TextFields, send_text

What = Literal["message", "callback"]

ANSWER_PORTS = tuple(
    Port(name, name.title(), "value") for name in ("received", "timeout", "cancelled", "invalid")
)
"""The ways out of a question whose answer is a message."""


class QuestionFields(TextFields):
    """A question, who may answer it, and for how long. Without a text nothing is sent: it only waits."""

    answers_from: Literal["user", "anyone"] = Field(
        default="user",
        description="Who may answer: the user who started the execution (in a private chat the person"
        " in it), or anyone in the chat.",
    )
    timeout: Duration | None = Field(
        default=None,
        description="How long to wait in all, asking again included; without it, until the execution ends.",
        examples=["10m"],
    )
    max_asks: int = Field(
        default=3,
        ge=1,
        le=100,
        description="How often it is asked before the answer is `invalid`.",
    )
    retry_text: Text = Field(
        default="",
        description="What is said to an answer that will not do; by default what is wrong with it.",
    )
    cancel_words: list[str] = Field(
        default_factory=lambda: ["/cancel"],
        description="Answers that end the question, in any case of letters.",
        examples=[["/cancel", "stop"]],
    )
    takes_commands: bool = Field(
        default=False,
        description="Whether a command that starts a workflow of the bot is an answer all the same.",
    )
    thanks: Text = Field(
        default="", description="What is said to a good answer; takes the keyboard away."
    )


class AnswerOutputs(Model):
    """Who answered, and with what message."""

    text: str = Field(default="", description="The text of the answer, or its caption.")
    content_type: str = Field(default="", description="What kind of message it was.")
    user_id: int | None = Field(default=None, description="The number of who answered.")
    first_name: str = Field(default="", description="The first name of who answered.")
    message_id: int | None = Field(default=None, description="The number of the answer.")
    file_id: str = Field(default="", description="The id of the file in it.")
    asks: int = Field(default=0, description="How often it was asked.")
    faults: list[str] = Field(
        default_factory=list,
        description="What was wrong with the last answer, if it was not good.",
    )


_FACTS = ("text", "content_type", "user_id", "first_name", "message_id", "file_id")


def answer_facts(payload: Any) -> dict[str, Any]:
    """Return what every answer tells of itself, for the outputs."""
    told = payload if isinstance(payload, Mapping) else {"text": str(payload or "")}
    return {name: told[name] for name in _FACTS if told.get(name) is not None}


async def ask_for_message(
    attempt: Attempt,
    fields: QuestionFields,
    *,
    outputs: type[AnswerOutputs],
    read: Callable[[Any], Mapping[str, Any]],
    takes: Sequence[str],
    markup: Mapping[str, Any] | None = None,
) -> Emit | Park:
    """Ask, park, judge the message that comes, ask again; leaves by one of `ANSWER_PORTS`.

    `read` returns what the outputs tell of a good answer; `markup` is the keyboard, which thanks take away.
    """
    answer = attempt.resumed
    if answer is not None and is_cancel(fields, answer):
        return Emit(outputs(**answer_facts(answer.payload)), "cancelled", or_else="timeout")
    question = question_of(attempt, fields, what="message", markup=markup, read=read, takes=takes)
    reply = await wait_for(attempt, question)
    if isinstance(reply, Park):
        return reply
    payload = answer.payload if answer and reply.port != "timeout" else None
    facts = answer_facts(payload) | {"asks": reply.asks}
    if reply.port == "received":
        await thank(attempt, fields, without_keyboard() if markup else None)
        return Emit(outputs(**facts, **reply.value), "received")
    faults = [fault.message for fault in reply.faults]
    or_else = "timeout" if reply.port == "invalid" else ""
    return Emit(outputs(faults=faults, **facts), reply.port, or_else=or_else)


def question_of(
    attempt: Attempt,
    fields: QuestionFields,
    *,
    what: What,
    markup: Mapping[str, Any] | None = None,
    read: Callable[[Any], Any] | None = None,
    takes: Sequence[str] = (),
) -> Question:
    """Return the question that the fields tell; `takes` are the kinds of messages that may answer it."""
    place = place_of(attempt, fields)
    own = f"{OWN}{attempt.idempotency_key}"
    terms = {"own": own, "takes": list(takes), "commands": fields.takes_commands}
    return Question(
        keys=(wait_key(place, _asked_one(attempt, fields, place), what=what), own),
        timeout=fields.timeout,
        max_asks=fields.max_asks,
        ask=ask_by(attempt, fields, markup),
        read=read,
        terms=terms,
    )


def _asked_one(attempt: Attempt, fields: QuestionFields, place: Place) -> int | None:
    if not isinstance(place.chat, int):
        title = f"nobody can answer in {place.chat!r}: name the chat by its number"
        raise NodeError(title, type="telegram.no_chat", is_transient=False)
    if fields.answers_from == "anyone":
        return None
    is_private = place.chat > 0
    return place.chat if is_private else user_of(attempt)


def ask_by(attempt: Attempt, fields: QuestionFields, markup: Mapping[str, Any] | None) -> Ask:
    """Return what sends the question, and what was wrong when it is asked again."""

    async def ask(asked: Asked) -> Mapping[str, Any] | None:
        again = asked.number > 1
        if not again and not (fields.text or fields.html or fields.markdown):
            return None
        telling = _retry(fields, asked) if again else fields
        sent = await send_text(attempt, telling, markup=markup)
        return {"message_id": sent.message_id}

    return ask


def _retry(fields: QuestionFields, asked: Asked) -> QuestionFields:
    told = fields.retry_text or "\n".join(fault.message for fault in asked.faults)
    plain = {"text": told or "Please answer again.", "html": "", "markdown": "", "reply_to": None}
    return fields.model_copy(update=plain)


def is_cancel(fields: QuestionFields, answer: Answer | None) -> bool:
    """Return whether an answer is one of the words that end the question."""
    if answer is None or answer.reason != "answer" or not isinstance(answer.payload, Mapping):
        return False
    text = str(answer.payload.get("text") or "").strip().casefold()
    return bool(text) and text in {word.strip().casefold() for word in fields.cancel_words}


async def thank(
    attempt: Attempt, fields: QuestionFields, markup: Mapping[str, Any] | None = None
) -> None:
    """Say thanks, if the fields do."""
    if fields.thanks:
        plain = {"text": fields.thanks, "html": "", "markdown": "", "reply_to": None}
        await send_text(attempt, fields.model_copy(update=plain), markup=markup)
