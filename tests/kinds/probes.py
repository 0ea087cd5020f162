"""Node types for tests of the engine: they fail, wait, count and write as told."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from pydantic import Field

from flowforge_lab.clients import HttpRequest
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import (
    AnyValue,
    Asked,
    Attempt,
    Emit,
    Model,
    NoInputs,
    Park,
    Port,
    Question,
    Secret,
    node_type,
    wait_for,
)
from flowforge_lab.values import Duration


class Nothing(Model):
    """No fields."""


class Said(Model):
    """What it says."""

    value: Any = Field(default=None, description="What it was told to say.")


class Flaky(Model):
    """When to fail."""

    failures: int = Field(default=1, description="How many attempts fail before one succeeds.")
    status: int = Field(default=503, description="The status of the failures.")
    is_transient: bool = Field(default=True, description="Whether another attempt may help.")
    retry_after: float | None = Field(default=None, description="Seconds asked for.")


@node_type("test.flaky", title="Flaky", outputs=Said)
async def flaky(config: Flaky, inputs: NoInputs, attempt: Attempt) -> Said:
    """Fail as often as told."""
    if attempt.number <= config.failures:
        raise NodeError(
            "it broke",
            type="test.broken",
            status=config.status,
            is_transient=config.is_transient,
            retry_after=config.retry_after,
        )
    return Said(value=attempt.number)


class Slow(Model):
    """How slow."""

    seconds: float = Field(default=1.0, description="How long it takes.")
    told: str = Field(
        default="", description="A file that says when it began and when it was stopped."
    )


def _tell(path: str, word: str) -> None:
    if path:
        with Path(path).open("a") as file:
            file.write(f"{word}\n")


@node_type("test.slow", title="Slow", outputs=Said)
async def slow(config: Slow, inputs: NoInputs, attempt: Attempt) -> Said:
    """Take a while, and say when it was stopped."""
    try:
        _tell(config.told, "began")
        await asyncio.sleep(config.seconds)
    except asyncio.CancelledError:
        attempt.log("stopped")
        _tell(config.told, "stopped")
        raise
    return Said(value=config.seconds)


class Line(Model):
    """Where to write what."""

    path: str = Field(description="The file.")
    text: AnyValue = Field(default="", description="The text.")
    kill: bool = Field(
        default=False, description="Kill the process after writing, the first time."
    )


@node_type("test.append", title="Append", outputs=Said, effects="writes")
async def append(config: Line, inputs: NoInputs, attempt: Attempt) -> Said:
    """Write a line that names the visit: the side effect that tests count."""
    with Path(config.path).open("a") as file:
        file.write(f"{attempt.idempotency_key} {config.text}\n")
    if config.kill and attempt.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Said(value=config.text)


@node_type("test.once", title="Once", outputs=Said, effects="writes", is_idempotent=False)
async def once(config: Line, inputs: NoInputs, attempt: Attempt) -> Said:
    """Write a line, in a way that must not be repeated."""
    return await append.run(config, inputs, attempt)


class Hidden(Model):
    """A secret."""

    token: Secret = Field(description="The secret.")
    path: str = Field(description="Where to write it.")


@node_type("test.secret", title="Secret", outputs=Said)
async def secret(config: Hidden, inputs: NoInputs, attempt: Attempt) -> Said:
    """Write the secret to a file that is not the journal."""
    Path(config.path).write_text(config.token.get_secret_value())
    return Said(value=len(config.token.get_secret_value()))


class Chatter(Model):
    """How much to say."""

    lines: int = Field(default=10, description="How many lines.")


@node_type("test.chatter", title="Chatter", outputs=Said)
async def chatter(config: Chatter, inputs: NoInputs, attempt: Attempt) -> Said:
    """Log many lines."""
    for number in range(config.lines):
        attempt.log(f"line {number} " + "x" * 90)
    attempt.progress(0.5, "half")
    return Said(value=config.lines)


@node_type("test.bad", title="Bad", outputs=Said)
async def bad(config: Nothing, inputs: NoInputs, attempt: Attempt) -> Any:
    """Return what no node may return."""
    return {"not": "a model"}


class Leak(Model):
    """A secret to give away."""

    token: Secret = Field(description="The secret.")


@node_type("test.leak", title="Leak", outputs=Said)
async def leak(config: Leak, inputs: NoInputs, attempt: Attempt) -> Said:
    """Say the secret in the log and in an error."""
    attempt.log(f"the token is {config.token.get_secret_value()}")
    attempt.log("x" * 3_995 + config.token.get_secret_value())
    attempt.progress(1.0, "y" * 195 + config.token.get_secret_value())
    title = f"refused {config.token.get_secret_value()}"
    raise NodeError(title, is_transient=False)


class Leave(Model):
    """How to leave."""

    by: str = Field(default="SystemExit", description="The exception to raise.")


@node_type("test.leave", title="Leave", outputs=Said)
async def leave(config: Leave, inputs: NoInputs, attempt: Attempt) -> Said:
    """End the program, as some libraries do."""
    raise {"SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt}[config.by](3)


class Ask(Model):
    """What to ask whom."""

    chat: str = Field(description="The chat.")
    path: str = Field(default="", description="The file that stands for the chat.")
    number: bool = Field(default=False, description="Whether the answer must be a number.")
    timeout: Duration | None = Field(default=None, description="How long to wait.")
    max_asks: int = Field(default=3, description="How often to ask.")


class Heard(Model):
    """What was answered."""

    text: Any = Field(default=None, description="The answer.")
    asks: int = Field(default=1, description="How often it was asked.")


_HEARD = (Port("received"), Port("invalid"), Port("timeout"))


@node_type(
    "test.wait_reply", title="Wait for a reply", outputs=Heard, ports=_HEARD, effects="writes"
)
async def wait_reply(config: Ask, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Ask in a chat, and ask again where the answer is none."""

    async def send(asked: Asked) -> None:
        if config.path:
            faults = "".join(f" {fault.message}" for fault in asked.faults)
            with Path(config.path).open("a") as file:
                file.write(f"{attempt.node}#{asked.number}{faults}\n")

    def read(answer: Any) -> int:
        if not str(answer).isdigit():
            msg = f"{answer!r} is no number"
            raise ValueError(msg)
        return int(answer)

    question = Question(
        keys=(f"chat:{config.chat}",),
        timeout=config.timeout,
        max_asks=config.max_asks,
        ask=send,
        read=read if config.number else None,
    )
    reply = await wait_for(attempt, question)
    if isinstance(reply, Park):
        return reply
    return Emit(Heard(text=reply.value, asks=reply.asks), reply.port)


class Measures(Model):
    """What to measure."""

    name: str = Field(description="The name.")
    value: float = Field(description="The number.")
    labels: dict[str, str] = Field(default={}, description="The labels.")
    measure: str = Field(default="counter", description="Whether it adds up.")


@node_type("test.measure", title="Measure", outputs=Nothing)
async def measure(config: Measures, inputs: NoInputs, attempt: Attempt) -> Nothing:
    """Measure."""
    attempt.metric(config.name, config.value, config.labels, measure=config.measure)
    return Nothing()


class Sly(Model):
    """Whom to ask."""

    url: str = Field(description="The address.")


@node_type("test.sly", title="Sly", outputs=Said)
async def sly(config: Sly, inputs: NoInputs, attempt: Attempt) -> Said:
    """Ask somebody outside, though the kind says that it has no effects."""
    request = HttpRequest(method="GET", url=config.url, allow_private=True)
    answer = await attempt.clients.http.send(request)
    return Said(value=answer.status)
