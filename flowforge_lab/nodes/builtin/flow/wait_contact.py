"""Ask a person for their phone number with one button, and wait until they share it.

The contact must be the sender's own: one of somebody else is turned away and asked for again, unless
`accept_others`. The number leaves in international form. Works in private chats only: Telegram shows the
button nowhere else. For asking again, cancelling, the time and several questions see `flow.wait_reply`.

Best practice: say what the number is for. Lead `timeout` somewhere.
Troubleshooting: people on computers may have to type: with `accept_typed` a number in a message counts too,
but nothing proves that it is theirs, and `is_own` is false.
"""

from typing import Any

from pydantic import Field

from flowforge_lab.nodes import (
    ANSWER_PORTS,
    AnswerOutputs,
    Attempt,
    Emit,
    NoInputs,
    Park,
    QuestionFields,
    ask_for_message,
    contact_keyboard,
    node_type,
)
from flowforge_lab.values import parse_phone


class Config(QuestionFields):
    """The question, and whose contact counts."""

    button: str = Field(
        default="Share my phone number", min_length=1, description="What the button says."
    )
    accept_others: bool = Field(
        default=False, description="Whether the contact of somebody else counts too."
    )
    accept_typed: bool = Field(
        default=False, description="Whether a number in a text counts too; it may be anybody's."
    )
    region: str = Field(
        default="",
        pattern="^([A-Za-z]{2})?$",
        description="The country of typed numbers without one, such as `DE`.",
    )


class Outputs(AnswerOutputs):
    """The contact, if one came."""

    phone: str = Field(default="", description="The number in international form.")
    name: str = Field(default="", description="The name of the contact.")
    contact_user_id: int | None = Field(
        default=None, description="The Telegram number of whose contact it is, if it has one."
    )
    is_own: bool = Field(default=False, description="Whether it is proved to be the sender's own.")


@node_type(
    "flow.wait_contact",
    title="Wait for a contact",
    outputs=Outputs,
    ports=ANSWER_PORTS,
    icon="contact",
    color="#ca8a04",
    effects="writes",
    keywords=("telegram", "bot", "phone", "number", "share", "login", "human"),
)
async def wait_contact(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Ask, park, look whose contact it is, ask again."""
    return await ask_for_message(
        attempt,
        config,
        outputs=Outputs,
        read=lambda payload: _read(config, payload),
        takes=("contact", "text") if config.accept_typed else ("contact",),
        markup=contact_keyboard(config.button),
    )


def _read(config: Config, payload: Any) -> dict[str, Any]:
    told = payload if isinstance(payload, dict) else {}
    contact = told.get("contact")
    if not isinstance(contact, dict):
        return _typed(config, str(told.get("text") or ""))
    owner = contact.get("user_id")
    is_own = owner is not None and owner == told.get("user_id")
    if not is_own and not config.accept_others:
        raise ValueError("Please share your own contact, with the button below.")
    number = str(contact.get("phone_number") or "")
    names = (contact.get("first_name"), contact.get("last_name"))
    return {
        "phone": _number(number if number.startswith("+") else f"+{number}", ""),
        "name": " ".join(str(name) for name in names if name),
        "contact_user_id": owner,
        "is_own": is_own,
    }


def _typed(config: Config, text: str) -> dict[str, Any]:
    if not config.accept_typed:
        msg = f"Please press the button {config.button!r} below."
        raise ValueError(msg)
    return {"phone": _number(text, config.region), "is_own": False}


def _number(text: str, region: str) -> str:
    try:
        return parse_phone(text, region=region)
    except ValueError:
        raise ValueError("Please send a phone number, such as +49 151 12345678.") from None
