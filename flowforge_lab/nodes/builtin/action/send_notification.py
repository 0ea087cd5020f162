"""Tell people one thing by several channels, mail, Telegram, webhook, log: all, or the first that works.

With `send: all` every channel is tried; with `send: first` they are tried in order until one works, and the
rest stay untouched. `results` says of each channel `sent`, `failed` (and why) or `skipped`. The step fails if
nothing was sent (`require: one`, the default) or if anything failed (`require: all`).

With `key` the same thing is told once in `window`: another step or execution that comes with the same key
meanwhile sends nothing, and `is_repeated` says so. If nothing could be sent, the key is free again.

Best practice: `send: first` with the log last, so that nothing is lost; a key such as the name of what is
down, so that a hundred failures are one message.
Troubleshooting: `notification.failed` names every channel and what it said. When an attempt is made again
with `require: all`, only the channels that have not worked yet are tried.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from pydantic import Field

from flowforge_lab.clients import HttpRequest, JsonBody, MailMessage
from flowforge_lab.errors import FlowForgeError, NodeError
from flowforge_lab.nodes import (
    Attempt,
    ConnectionName,
    Model,
    NoInputs,
    Switch,
    Text,
    Url,
    node_type,
)
from flowforge_lab.values import Duration

_KEPT_SECONDS = 86_400.0


class EmailChannel(Model):
    """A mail."""

    type: Literal["email"] = Field(description="A mail.")
    connection: ConnectionName = Field(description="A connection of the kind `smtp` or `resend`.")
    to: list[str] = Field(min_length=1, description="The recipients.")
    sender: str = Field(default="", description="Whom it comes from; by default as set up.")


class TelegramChannel(Model):
    """A message in a Telegram chat."""

    type: Literal["telegram"] = Field(description="A message in a Telegram chat.")
    connection: ConnectionName = Field(
        default="", description="A connection of the kind `telegram`; by default the only one."
    )
    chat: str = Field(
        min_length=1, coerce_numbers_to_str=True, description="The chat's id or `@name`."
    )


class WebhookChannel(Model):
    """A POST of JSON with `title`, `text` and `level`."""

    type: Literal["webhook"] = Field(description="A POST of JSON.")
    url: Url = Field(default="", description="Where to, or what follows the base address.")
    connection: ConnectionName = Field(default="", description="A connection of the kind `http`.")
    allow_private: Switch = Field(
        default=False, description="Whether it may be inside the own network."
    )


class LogChannel(Model):
    """A line in the step's log."""

    type: Literal["log"] = Field(description="A line in the step's log.")


Channel = Annotated[
    EmailChannel | TelegramChannel | WebhookChannel | LogChannel, Field(discriminator="type")
]


class Config(Model):
    """What to tell, and how."""

    title: str = Field(
        min_length=1, description="One line.", examples=["Import of {{ inputs.day }} failed"]
    )
    text: Text = Field(default="", description="What there is to say besides.")
    level: Literal["info", "warning", "error"] = Field(
        default="info", description="How serious it is."
    )
    channels: list[Channel] = Field(
        min_length=1, max_length=20, description="The channels, the most wanted first."
    )
    send: Literal["all", "first"] = Field(
        default="all", description="Whether to try all of them, or until one works."
    )
    require: Literal["one", "all", "none"] = Field(
        default="one", description="How many must work for the step to succeed."
    )
    key: str = Field(default="", description="What is told only once in a while.")
    window: Duration = Field(default=3600.0, gt=0, description="How long that while is.")


class Result(Model):
    """How it went with one channel."""

    channel: str = Field(description="Its type.")
    status: Literal["sent", "failed", "skipped"] = Field(description="What became of it.")
    detail: str = Field(default="", description="What it said, or why it failed.")


class Outputs(Model):
    """How it went."""

    sent: int = Field(description="How many channels worked.")
    results: list[Result] = Field(description="Each channel, in order.")
    is_repeated: bool = Field(description="Whether it was told already and nothing was sent.")


@node_type(
    "action.send_notification",
    title="Notify",
    outputs=Outputs,
    icon="bell",
    color="#2563eb",
    effects="writes",
    is_idempotent=False,
    keywords=("alert", "mail", "telegram", "message", "tell", "channel", "fallback"),
)
async def send_notification(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Try the channels, and say how each went."""
    if not await _is_first(config, attempt):
        attempt.log(f"told already within {config.window:g} s: {config.key}")
        skipped = [Result(channel=one.type, status="skipped") for one in config.channels]
        return Outputs(sent=0, results=skipped, is_repeated=True)
    results: list[Result] = []
    for index, channel in enumerate(config.channels):
        has_one = any(result.status == "sent" for result in results)
        if config.send == "first" and has_one:
            results.append(Result(channel=channel.type, status="skipped"))
        else:
            results.append(await _tried(config, index, attempt))
    sent = sum(result.status == "sent" for result in results)
    if _is_too_little(config, results):
        if config.key and not sent:
            await attempt.variables.set("project", _name(config.key), None)
        raise _failed(results)
    return Outputs(sent=sent, results=results, is_repeated=False)


def _is_too_little(config: Config, results: list[Result]) -> bool:
    if config.require == "none":
        return False
    has_failed = any(result.status == "failed" for result in results)
    if config.require == "all" and config.send == "all":
        return has_failed
    return not any(result.status == "sent" for result in results)


async def _is_first(config: Config, attempt: Attempt) -> bool:
    """Return whether nobody else has told this within the window; an attempt made again is the same one."""
    if not config.key:
        return True
    name, mine = _name(config.key), attempt.idempotency_key
    is_mine = await attempt.variables.swap("project", name, mine, expected=None, ttl=config.window)
    return is_mine or await attempt.variables.find("project", name) == mine


def _name(key: str) -> str:
    return f"notified_{hashlib.sha256(key.encode()).hexdigest()[:40]}"


async def _tried(config: Config, index: int, attempt: Attempt) -> Result:
    """Return how a channel went; one that worked in an earlier attempt is not used again."""
    channel = config.channels[index]
    mark = _name(f"{attempt.idempotency_key}#{index}")
    if attempt.number > 1 and await attempt.variables.find("project", mark) is not None:
        return Result(channel=channel.type, status="sent", detail="in an earlier attempt")
    try:
        said = await _SENDERS[channel.type](config, channel, attempt)
    except FlowForgeError as error:
        attempt.log(f"{channel.type}: {error}", level="warning")
        return Result(channel=channel.type, status="failed", detail=str(error))
    if config.require == "all":
        await attempt.variables.set("project", mark, 1, ttl=_KEPT_SECONDS)
    attempt.log(f"{channel.type}: sent")
    return Result(channel=channel.type, status="sent", detail=said)


async def _by_email(config: Config, channel: EmailChannel, attempt: Attempt) -> str:
    connections = attempt.clients.connections
    message = MailMessage(
        sender=channel.sender or connections.sender(channel.connection),
        to=channel.to,
        subject=config.title,
        text=config.text or config.title,
        key=attempt.idempotency_key,
        at=attempt.now,
    )
    return (await connections.send_mail(channel.connection, message)).id


async def _by_telegram(config: Config, channel: TelegramChannel, attempt: Attempt) -> str:
    send = attempt.clients.send_to_chat
    return await send(channel.connection, channel.chat, _together(config))


async def _by_webhook(config: Config, channel: WebhookChannel, attempt: Attempt) -> str:
    told = {"title": config.title, "text": config.text, "level": config.level}
    request = HttpRequest(
        url=channel.url,
        method="POST",
        body=JsonBody(told),
        headers={"Idempotency-Key": attempt.idempotency_key},
        max_redirects=0,
        allow_private=channel.allow_private,
    )
    if channel.connection:
        request = attempt.clients.connections.request(channel.connection, request)
    return str((await attempt.clients.http.send(request)).status)


async def _by_log(config: Config, channel: LogChannel, attempt: Attempt) -> str:
    attempt.log(_together(config), level=config.level)
    return ""


def _together(config: Config) -> str:
    return f"{config.title}\n{config.text}" if config.text else config.title


_SENDERS: dict[str, Callable[..., Awaitable[str]]] = {
    "email": _by_email,
    "telegram": _by_telegram,
    "webhook": _by_webhook,
    "log": _by_log,
}


def _failed(results: list[Result]) -> NodeError:
    told = "; ".join(f"{one.channel}: {one.detail or one.status}" for one in results)
    title = (
        "nobody was told"
        if not any(one.status == "sent" for one in results)
        else "not all were told"
    )
    return NodeError(title, type="notification.failed", detail=told)
