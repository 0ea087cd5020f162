"""The parts that events are made of: arrivals, the turns they are in, errors."""

from typing import Any

import msgspec


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The structured error that an error port carries and a failed execution shows."""

    type: str
    title: str
    detail: str = ""
    status: int | None = None
    node: str = ""
    attempt: int = 0
    is_transient: bool = False


Frame = tuple[int, int]
"""One turn of a loop: the number of the loop's visit, and the index of the turn, from 0."""

Scope = tuple[Frame, ...]
"""The turns a token is in, the outermost first; empty outside of any loop."""


class Token(
    msgspec.Struct, frozen=True, omit_defaults=True, array_like=True, gc=False, cache_hash=True
):
    """One arrival under way: the visit it comes from, the edge's ends, the loops it is in."""

    source: int
    from_port: str
    target: str
    to_port: str
    scope: Scope = ()


class SeededVisit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A visit that another execution made and this one builds upon; `outputs` in journal form.

    One without a port was cancelled. `turn` is of a loop that goes on here: the index and item of the one
    turn that the first tokens are in.
    """

    number: int
    node: str
    kind: str
    port: str
    outputs: Any
    started_at: int
    ended_at: int
    cause: tuple[Token, ...] = ()
    error: ErrorDetail | None = None
    is_leaf: bool = False
    turn: tuple[int, Any] | None = None
