"""The wait that waits for somebody: parks under keys, judges what comes, asks again, gives up in time.

A node type that asks a person or another program is built upon it:

    reply = await wait_for(attempt, Question(keys=(f"chat:{chat}",), schema=..., timeout=600, ask=send))
    return reply if isinstance(reply, Park) else Emit(Outputs(...), reply.port)

An answer for a key goes to the question under it that was asked first; a question that is asked again
stands behind those asked meanwhile. A chat so works through its questions in the order it saw them.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from flowforge_lab.errors import Problem

from .contract import Answer, Attempt, Park
from .schemas import schema_faults

ADDRESSED = "webhook:"
"""What the key of a wait begins with that is answered by its token, which follows."""
OWN = "wait:"
"""What the key of a wait begins with that no other wait has; it is not shown to people."""


class Asked(msgspec.Struct, frozen=True):
    """Which time a question is asked, from 1, and what was wrong with the answer before; `key` is its own."""

    number: int
    key: str
    faults: tuple[Problem, ...] = ()


Ask = Callable[[Asked], Awaitable[Mapping[str, Any] | None]]
"""Asks; what it returns is added to the terms of the wait."""
Read = Callable[[Any], Any]


class Question(msgspec.Struct, frozen=True):
    """What is waited for, and how.

    An answer for any of `keys` must keep to the JSON Schema `schema`, if there is one, and to `read`, which
    returns its value or raises `ValueError`. A wrong one makes it ask again, at most `max_asks` times in all;
    with `refuses` it is turned away where it is given, and the wait stays. `ask` is called before each
    wait: a message with the same `Asked.key` must be sent once only. It waits `timeout` seconds from the
    start of the visit on; `response` is what whoever answers is told, `terms` what else is told of the wait.
    """

    keys: tuple[str, ...]
    schema: Mapping[str, Any] | None = None
    timeout: float | None = None
    max_asks: int = 1
    refuses: bool = False
    ask: Ask | None = None
    read: Read | None = None
    response: str = ""
    terms: Mapping[str, Any] = {}


class Reply(msgspec.Struct, frozen=True):
    """How a question ended: `received`, `invalid` (the last answer allowed was wrong) or `timeout`."""

    port: str
    value: Any = None
    key: str = ""
    asks: int = 1
    faults: tuple[Problem, ...] = ()


async def wait_for(attempt: Attempt, question: Question) -> Reply | Park:
    """Return how the question ended, or the wait that the node goes on with; call it at every call."""
    answer = attempt.resumed
    if answer is None or answer.reason not in {"answer", "time"}:
        return await _asked(attempt, question, Asked(1, f"{attempt.idempotency_key}/1"))
    if answer.reason == "time":
        return Reply("timeout", asks=answer.number + 1)
    value, faults = _judged(answer, question)
    if not faults:
        return Reply("received", value, answer.key, answer.number)
    if answer.number >= question.max_asks and not question.refuses:
        return Reply("invalid", answer.payload, answer.key, answer.number, faults)
    number = answer.number + 1
    again = Asked(number, f"{attempt.idempotency_key}/{number}", faults)
    return await _asked(attempt, question, again)


async def _asked(attempt: Attempt, question: Question, asked: Asked) -> Reply | Park:
    until = None
    if question.timeout is not None:
        until = attempt.now + timedelta(seconds=question.timeout)
    if until is not None and until <= attempt.now:
        return Reply("timeout", asks=asked.number - 1)
    found = await question.ask(asked) if question.ask is not None else None
    terms: dict[str, Any] = {**question.terms, **(found or {})}
    terms |= {"node": attempt.node, "ask": asked.number}
    if question.schema is not None and question.refuses:
        terms["schema"] = dict(question.schema)
    if question.response:
        terms["response"] = question.response
    return Park(until, question.keys, terms)


def _judged(answer: Answer, question: Question) -> tuple[Any, tuple[Problem, ...]]:
    faults = tuple(faults_of(answer.payload, {"schema": question.schema}))
    if faults or question.read is None:
        return answer.payload, faults
    try:
        return question.read(answer.payload), ()
    except ValueError as error:
        return None, (Problem("answer", str(error)),)


def faults_of(answer: Any, terms: Mapping[str, Any]) -> list[Problem]:
    """Return all that keeps an answer from the terms of its wait, each with its place in the answer."""
    allowed = terms.get("answers")
    if allowed is not None and answer not in allowed:
        text = f"expected one of {', '.join(map(repr, allowed))}, found {answer!r:.80}"
        return [Problem("answer", text)]
    schema = terms.get("schema")
    if schema is None:
        return []
    return [Problem("answer", text, field=place) for place, text in schema_faults(answer, schema)]
