"""Send one text to one or many chats, whoever started the workflow.

Each chat gets it once, in turn; a chat that Telegram refuses (blocked, gone) does not stop the others. It
leaves by `out` if at least one got it, else by `error`; `results` tells of each.

It keeps Telegram's pace: 30 chats a second for a bot.

Best practice: give `chats` a list from a query; read `results` to forget the chats that have blocked the bot.
Troubleshooting: the number of a chat comes with every message of it; `@name` works for public channels.
"""

from typing import Any

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Attempt, Model, NoInputs, TextFields, node_type, send_text

_OF_THE_BOT = ("telegram.unauthorized", "telegram.no_bot", "telegram.markup", "telegram.no_text")
_MOST = 10_000


class Config(TextFields):
    """What to say, and to whom."""

    chats: list[int | str] | int | str = Field(
        default_factory=list,
        description="The numbers of the chats, or `@name` of channels; by default the `chat`.",
        examples=["{{ nodes.load.chats }}"],
    )


class Result(Model):
    """What became of it in one chat."""

    chat: int | str = Field(description="The chat.")
    ok: bool = Field(description="Whether it was sent.")
    message_id: int | None = Field(default=None, description="The number of the message.")
    error: str = Field(default="", description="Why it was not sent, as Telegram says it.")
    error_type: str = Field(default="", description="The type of the error.")


class Outputs(Model):
    """What became of it in each chat."""

    sent: int = Field(description="How many chats got it.")
    failed: int = Field(description="How many did not.")
    results: list[Result] = Field(description="Each chat, in order.")


@node_type(
    "action.send_telegram",
    title="Send to Telegram",
    outputs=Outputs,
    icon="send",
    color="#0891b2",
    effects="writes",
    is_idempotent=False,
    timeout=3600.0,
    keywords=("bot", "message", "broadcast", "notify", "channel", "alert"),
)
async def send_telegram(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Send it to one chat after another."""
    chats = config.chats if isinstance(config.chats, list) else [config.chats]
    if len(chats) > _MOST:
        title = f"expected at most {_MOST:,} chats, found {len(chats):,}"
        raise NodeError(title, type="telegram.bad_request", is_transient=False)
    if not chats:
        sent = await send_text(attempt, config)
        told: Any = Result(chat=sent.chat_id, ok=True, message_id=sent.message_id)
        return Outputs(sent=1, failed=0, results=[told])
    results = []
    for number, chat in enumerate(chats, 1):
        results.append(await _send(config, attempt, chat))
        attempt.progress(number / len(chats), f"{number} of {len(chats)} chats")
    failed = [result for result in results if not result.ok]
    if len(failed) == len(results):
        first = failed[0]
        title = f"none of {len(results)} chats got it: {first.error}"
        raise NodeError(title, type=first.error_type, is_transient=False)
    return Outputs(sent=len(results) - len(failed), failed=len(failed), results=results)


async def _send(config: Config, attempt: Attempt, chat: int | str) -> Result:
    fields = TextFields.model_validate(config.model_dump(exclude={"chats"}) | {"chat": chat})
    try:
        sent = await send_text(attempt, fields)
    except NodeError as error:
        if error.type in _OF_THE_BOT:
            raise
        attempt.log(f"chat {chat}: {error}", level="warning")
        return Result(chat=chat, ok=False, error=error.title, error_type=error.type)
    return Result(chat=chat, ok=True, message_id=sent.message_id)
