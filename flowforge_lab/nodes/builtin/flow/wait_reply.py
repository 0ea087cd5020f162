"""Ask a person in a chat, and wait for the next message: a text, a number, a date, a photo, ...

The execution lies on disk meanwhile, for minutes or weeks. An answer that is not what it `expects` is told
what is wrong with it, and asked for again, up to `max_asks` times; then the last one leaves by `invalid`. A
word of `cancel_words` leaves by `cancelled`, the end of the time, which asking again does not prolong, by
`timeout`.

Of several questions to one person in a chat the newest one gets the answer that fits it, as it is the one the
person has just read; who answers an older one marks it with Telegram's Reply. A command that starts a
workflow starts it, and the question stays, unless `takes_commands`.

In a group the person who started the workflow is asked, or `anyone`; a bot whose privacy mode is on sees only
replies to its own messages there.

Best practice: set a `timeout` and lead its port somewhere.
Troubleshooting: `flowforge waits` lists who is waited for. After a crash in the very moment of asking, the
question may be sent twice; an answer is taken once.
"""

import re
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from flowforge_lab.nodes import (
    ANSWER_PORTS,
    AnswerOutputs,
    Attempt,
    Emit,
    NoInputs,
    Park,
    Pattern,
    QuestionFields,
    ReplyButton,
    ask_for_message,
    node_type,
    reply_keyboard,
)
from flowforge_lab.values import compile_pattern, parse_email, parse_phone

_FILES = ("photo", "video", "document", "audio", "voice", "video_note", "animation")
_YES = frozenset({"yes", "y", "ja", "da", "да", "si", "oui", "ok", "+"})
_NO = frozenset({"no", "n", "nein", "net", "нет", "non", "-"})

Expects = Literal[
    "any",
    "text",
    "number",
    "integer",
    "date",
    "phone",
    "email",
    "yes_no",
    "choice",
    "photo",
    "video",
    "document",
    "voice",
    "location",
    "file",
]


class Config(QuestionFields):
    """The question, and what an answer must be."""

    expects: Expects = Field(default="text", description="What an answer must be.")
    pattern: Pattern = Field(
        default="",
        description="For texts: a regular expression for the whole answer.",
        examples=["[A-Z]{2}[0-9]{4}"],
    )
    minimum: float | None = Field(default=None, description="For numbers: the least allowed.")
    maximum: float | None = Field(default=None, description="For numbers: the most allowed.")
    max_length: int = Field(
        default=4096, ge=1, le=4096, description="For texts: how many characters at most."
    )
    choices: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="For `choice`: the answers allowed; they are shown as a keyboard.",
        examples=[["Small", "Large"]],
    )
    region: str = Field(
        default="",
        pattern="^([A-Za-z]{2})?$",
        description="For `phone`: the country of numbers without one, such as `DE`.",
    )

    @model_validator(mode="after")
    def _has_choices(self) -> Self:
        if bool(self.choices) != (self.expects == "choice"):
            msg = "`choices` are for `expects: choice`, which needs them"
            raise ValueError(msg)
        return self


class Outputs(AnswerOutputs):
    """The answer, if there is one."""

    value: Any = Field(default=None, description="The answer as what was expected: a number, ...")


@node_type(
    "flow.wait_reply",
    title="Wait for a reply",
    outputs=Outputs,
    ports=ANSWER_PORTS,
    icon="reply",
    color="#ca8a04",
    effects="writes",
    keywords=("telegram", "bot", "ask", "question", "answer", "input", "human"),
)
async def wait_reply(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Ask, park, judge the answer, ask again."""
    return await ask_for_message(
        attempt,
        config,
        outputs=Outputs,
        read=lambda payload: {"value": _read(config, payload)},
        takes=_takes(config),
        markup=_keyboard(config),
    )


def _keyboard(config: Config) -> dict[str, Any] | None:
    if not config.choices:
        return None
    return reply_keyboard([ReplyButton(text=choice)] for choice in config.choices)


def _takes(config: Config) -> tuple[str, ...]:
    if config.expects == "any":
        return ()
    if config.expects == "file":
        return _FILES
    is_kind = config.expects in {*_FILES, "location"}
    return (config.expects,) if is_kind else ("text",)


def _read(config: Config, payload: Any) -> Any:
    """Return the value of an answer.

    Raises:
        ValueError: it is not what is expected; the text is for the person.
    """
    takes = _takes(config)
    told = payload if isinstance(payload, dict) else {"text": payload, "content_type": "text"}
    if takes and told.get("content_type", "text") not in takes:
        wanted = "a file" if config.expects == "file" else f"a {takes[0]}"
        msg = f"Please send {wanted}."
        raise ValueError(msg)
    text = str(told.get("text") or "").strip()
    if config.expects in _READERS:
        return _READERS[config.expects](config, text)
    if takes and takes != ("text",):
        message = told.get("message") or {}
        return message.get("location") if config.expects == "location" else told.get("file_id")
    return _text(config, text)


def _text(config: Config, text: str) -> str:
    if len(text) > config.max_length:
        msg = f"Please use at most {config.max_length} characters."
        raise ValueError(msg)
    if config.pattern and compile_pattern(config.pattern).find_whole(text) is None:
        raise ValueError("This does not have the expected form.")
    return text


def _number(config: Config, text: str) -> float | int:
    plain = re.sub(r"[\s\u00a0']", "", text).replace(",", ".")
    is_whole = config.expects == "integer"
    try:
        value = int(plain) if is_whole else float(plain)
    except ValueError:
        kind = "whole number" if is_whole else "number"
        msg = f"Please send a {kind}."
        raise ValueError(msg) from None
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124  # nan
        raise ValueError("Please send a number.")
    if config.minimum is not None and value < config.minimum:
        msg = f"Please send a number of at least {config.minimum:g}."
        raise ValueError(msg)
    if config.maximum is not None and value > config.maximum:
        msg = f"Please send a number of at most {config.maximum:g}."
        raise ValueError(msg)
    return value


def _date(_config: Config, text: str) -> date:
    found = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text)
    try:
        if found:
            day, month, year = map(int, found.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Please send a date such as 2026-05-31 or 31.5.2026.") from None


def _yes_no(_config: Config, text: str) -> bool:
    word = text.casefold().strip(".! ")
    if word in _YES | _NO:
        return word in _YES
    raise ValueError("Please answer yes or no.")


def _choice(config: Config, text: str) -> str:
    for choice in config.choices:
        if text.casefold() == choice.strip().casefold():
            return choice
    msg = f"Please choose one of: {', '.join(config.choices)}."
    raise ValueError(msg)


def _phone(config: Config, text: str) -> str:
    try:
        return parse_phone(text, region=config.region)
    except ValueError:
        raise ValueError("Please send a phone number, such as +49 151 12345678.") from None


def _email(_config: Config, text: str) -> str:
    try:
        return parse_email(text)
    except ValueError:
        raise ValueError("Please send an e-mail address, such as anna@example.org.") from None


_READERS = {
    "number": _number,
    "integer": _number,
    "date": _date,
    "yes_no": _yes_no,
    "choice": _choice,
    "phone": _phone,
    "email": _email,
}
