"""Texts to people: plain, HTML or MarkdownV2, in as many messages as they need."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from flowforge_lab.clients import (
    MAX_TEXT,
    Marked,
    MarkupError,
    Upload,
    parse_html,
    parse_markdown,
    split,
)
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes.contract import Attempt
from flowforge_lab.nodes.fields import Html, Markdown, Text
from flowforge_lab.nodes.models import Model

from .places import ChatFields, Place, place_of


class TextFields(ChatFields):
    """A text for a chat, in one of three forms."""

    text: Text = Field(
        default="",
        description="The text, without any markup; it may be a template.",
        examples=["Hello {{ trigger.first_name }}"],
    )
    html: Html = Field(
        default="",
        description="The text as Telegram's HTML; values put into it are text, never markup.",
        examples=["<b>{{ nodes.load.name }}</b>"],
    )
    markdown: Markdown = Field(
        default="",
        description="The text as Telegram's MarkdownV2; values put into it are text, never markup.",
        examples=["*{{ nodes.load.name }}*"],
    )
    reply_to: Any = Field(
        default=None,
        description="The number of the message in this chat that it answers.",
        examples=["{{ trigger.message_id }}"],
    )
    thread: int | None = Field(
        default=None, description="The number of the topic in a group that has topics."
    )
    silent: bool = Field(default=False, description="Whether it comes without a sound.")
    preview: bool = Field(default=True, description="Whether the first link in it is shown.")
    protect: bool = Field(
        default=False, description="Whether it can neither be forwarded nor saved."
    )

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        given = [name for name in ("text", "html", "markdown") if getattr(self, name)]
        if len(given) > 1:
            msg = f"expected one of text, html and markdown, found {' and '.join(given)}"
            raise ValueError(msg)
        return self


class SentPart(Model):
    """Where a message is."""

    bot: str = Field(description="The Telegram connection it was sent with.")
    chat_id: int | str = Field(description="The chat it is in.")
    message_id: int = Field(description="Its number in the chat; of the last part of a long text.")
    message_ids: tuple[int, ...] = Field(
        default=(), description="The numbers of all its parts, the first one first."
    )


class Sent(SentPart):
    """What was sent, to be answered, edited or deleted later."""

    date: int = Field(default=0, description="When Telegram took it, in seconds since 1970.")
    file_id: str = Field(
        default="", description="The id of the file in it, to send the same again."
    )


def marked_text(fields: TextFields) -> Marked:
    """Return the text that the fields tell, and its formatting.

    Raises:
        NodeError: its markup is not well formed (`telegram.markup`).
    """
    try:
        if fields.html:
            return parse_html(fields.html)
        return parse_markdown(fields.markdown) if fields.markdown else Marked(fields.text)
    except MarkupError as error:
        title = "the markup of the text is not well formed"
        raise NodeError(
            title, type="telegram.markup", detail=str(error), is_transient=False
        ) from error


def source_of(fields: TextFields, name: str) -> dict[str, Any]:
    """Return the text as it was written, for Telegram to read, under the name that a method wants."""
    if fields.html:
        return {name: fields.html, "parse_mode": "HTML"}
    if fields.markdown:
        return {name: fields.markdown, "parse_mode": "MarkdownV2"}
    return {name: fields.text} if fields.text else {}


async def send_text(
    attempt: Attempt, fields: TextFields, *, markup: Mapping[str, Any] | None = None
) -> Sent:
    """Send the text, in several messages where it is too long, the keyboard under the last.

    Raises:
        NodeError: there is no text (`telegram.no_text`), or Telegram refuses it.
    """
    place = place_of(attempt, fields)
    marked = marked_text(fields)
    parts = split(marked)
    if not parts:
        raise no_text()
    if len(parts) == 1 and marked.size <= MAX_TEXT:
        contents = [source_of(fields, "text")]
    else:
        contents = [part_of(part, "text") for part in parts]
    return await send_parts(
        attempt, place, [("sendMessage", one) for one in contents], fields=fields, markup=markup
    )


async def send_parts(
    attempt: Attempt,
    place: Place,
    calls: list[tuple[str, dict[str, Any]]],
    *,
    fields: TextFields,
    markup: Mapping[str, Any] | None = None,
    files: Mapping[str, Upload] | None = None,
) -> Sent:
    """Make the calls that send the parts of one text, one after another; the files go with the first."""
    answers: list[Mapping[str, Any]] = []
    for number, (method, content) in enumerate(calls):
        is_first, is_last = number == 0, number == len(calls) - 1
        options = options_of(fields, is_first=is_first, is_text=method == "sendMessage")
        params = {"chat_id": place.chat, **content, **options}
        if is_last and markup is not None:
            params["reply_markup"] = dict(markup)
        try:
            answer = await attempt.clients.telegram.call(
                place.bot, method, params, files=files if is_first else None
            )
        except NodeError as error:
            raise _told_what_was_sent(error, answers) from error
        answers.append(_message(method, answer))
    return _sent(place, answers)


def options_of(fields: TextFields, *, is_first: bool, is_text: bool) -> dict[str, Any]:
    """Return the further parameters of a message."""
    options: dict[str, Any] = {
        "message_thread_id": fields.thread,
        "disable_notification": fields.silent or None,
        "protect_content": fields.protect or None,
    }
    if is_text and not fields.preview:
        options["link_preview_options"] = {"is_disabled": True}
    if is_first and fields.reply_to not in (None, ""):
        options["reply_parameters"] = {
            "message_id": _number(fields.reply_to),
            "allow_sending_without_reply": True,
        }
    return options


def _number(message: Any) -> Any:
    found = message.get("message_id") if isinstance(message, Mapping) else message
    return int(found) if isinstance(found, str) and found.isdigit() else found


def part_of(marked: Marked, name: str) -> dict[str, Any]:
    """Return a part of a text with its formatting beside it."""
    entities = marked.entities()
    field = "entities" if name == "text" else "caption_entities"
    return {name: marked.text} | ({field: entities} if entities else {})


def edited_text(fields: TextFields, name: str) -> dict[str, Any]:
    """Return the text of an edit; empty where it tells none.

    Raises:
        NodeError: its markup is not well formed.
    """
    marked_text(fields)
    return source_of(fields, name)


def no_text() -> NodeError:
    """Return the error of a message without any text."""
    title = "there is nothing to send: the text is empty"
    return NodeError(title, type="telegram.no_text", is_transient=False)


def _message(method: str, answer: Any) -> Mapping[str, Any]:
    """Return what Telegram says it sent.

    Raises:
        NodeError: it is no message, so that nobody knows whether one was sent: it is not tried again.
    """
    facts = answer if isinstance(answer, Mapping) else {}
    chat = facts.get("chat")
    if isinstance(chat, Mapping) and "id" in chat and {"message_id", "date"} <= facts.keys():
        return facts
    title, detail = (
        f"{method}: Telegram answered strangely",
        f"expected a message, found {answer!r:.200}",
    )
    raise NodeError(title, type="telegram.server", detail=detail, is_transient=False)


def _told_what_was_sent(error: NodeError, answers: list[Mapping[str, Any]]) -> NodeError:
    if not answers:
        return error
    sent = ", ".join(str(answer["message_id"]) for answer in answers)
    detail = f"{error.detail}; " if error.detail else ""
    return NodeError(
        error.title,
        type=error.type,
        status=error.status,
        detail=f"{detail}the parts before it were sent: {sent}",
        is_transient=False,
    )


def _sent(place: Place, answers: list[Mapping[str, Any]]) -> Sent:
    last = answers[-1]
    return Sent(
        bot=place.bot,
        chat_id=last["chat"]["id"],
        message_id=last["message_id"],
        message_ids=tuple(answer["message_id"] for answer in answers),
        date=last["date"],
        file_id=_file_id(answers[0]),
    )


def _file_id(message: Mapping[str, Any]) -> str:
    for kind in ("photo", "video", "animation", "document"):
        found = message.get(kind)
        if found:
            return str((found[-1] if isinstance(found, list) else found)["file_id"])
    return ""
