"""Keyboards, as a form gives them and as the Bot API takes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from flowforge_lab.nodes.contract import Port
from flowforge_lab.nodes.models import Model

_MAX_DATA_BYTES = 64
_OWN_PORTS = frozenset({"received", "timeout", "cancelled", "error", "invalid"})


def _data(text: str) -> str:
    if len(text.encode()) > _MAX_DATA_BYTES:
        msg = f"expected at most {_MAX_DATA_BYTES} bytes, found {len(text.encode())}"
        raise ValueError(msg)
    return text


def _address(url: str) -> str:
    if url and not url.startswith(("http://", "https://", "tg://", "{{")):
        msg = f"expected an address such as 'https://example.org', found {url!r:.60}"
        raise ValueError(msg)
    return url


class InlineButton(Model):
    """A button under a message: it gives data to the bot, or opens an address."""

    text: str = Field(min_length=1, description="What stands on the button.", examples=["Approve"])
    data: Annotated[str, AfterValidator(_data)] = Field(
        default="",
        description="What the bot gets when it is pressed, at most 64 bytes; by default its text.",
        examples=["approve"],
    )
    url: Annotated[str, AfterValidator(_address)] = Field(
        default="",
        description="The address it opens; the bot gets nothing then.",
        examples=["https://example.org"],
    )

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.data and self.url:
            msg = "a button either gives data or opens an address"
            raise ValueError(msg)
        if not self.url:
            _data(self.data or self.text)
        return self


class ReplyButton(Model):
    """A button in place of the keyboard: it sends its text, or shares something."""

    text: str = Field(
        min_length=1, description="What stands on the button, and is sent.", examples=["Yes"]
    )
    shares: str = Field(
        default="",
        pattern="^(|contact|location)$",
        description="What it shares in place of its text: `contact` or `location`; in private chats only.",
        examples=["contact"],
    )


def inline_keyboard(rows: Iterable[Iterable[InlineButton]]) -> dict[str, Any] | None:
    """Return the `InlineKeyboardMarkup` of rows of buttons; `None` without any button."""
    found = [[_inline(button) for button in row] for row in rows]
    found = [row for row in found if row]
    return {"inline_keyboard": found} if found else None


def _inline(button: InlineButton) -> dict[str, Any]:
    if button.url:
        return {"text": button.text, "url": button.url}
    return {"text": button.text, "callback_data": button.data or button.text}


def reply_keyboard(
    rows: Iterable[Iterable[ReplyButton]], *, is_one_time: bool = True, placeholder: str = ""
) -> dict[str, Any]:
    """Return the `ReplyKeyboardMarkup` of rows of buttons."""
    keyboard = [[_reply(button) for button in row] for row in rows]
    markup: dict[str, Any] = {
        "keyboard": [row for row in keyboard if row],
        "resize_keyboard": True,
        "one_time_keyboard": is_one_time,
    }
    return markup | ({"input_field_placeholder": placeholder} if placeholder else {})


def _reply(button: ReplyButton) -> dict[str, Any]:
    return {"text": button.text} | ({f"request_{button.shares}": True} if button.shares else {})


def contact_keyboard(text: str) -> dict[str, Any]:
    """Return a keyboard with one button that shares the own phone number."""
    return reply_keyboard([[ReplyButton(text=text, shares="contact")]])


def without_keyboard() -> dict[str, Any]:
    """Return the markup that takes a reply keyboard away."""
    return {"remove_keyboard": True}


def ports_of_buttons(rows: Any) -> tuple[Port, ...]:
    """Return a port for each button of a raw config that gives data which can name one."""
    buttons = [button for row in _each(rows) for button in _each(row)]
    names = [
        str(button.get("data") or button.get("text"))
        for button in buttons
        if isinstance(button, Mapping) and not button.get("url")
    ]
    return tuple(Port(name, name, "value") for name in dict.fromkeys(names) if can_name_port(name))


def can_name_port(data: str) -> bool:
    """Whether the data of a button can be the name of a port."""
    return data.isascii() and data.isidentifier() and data.islower() and data not in _OWN_PORTS


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
