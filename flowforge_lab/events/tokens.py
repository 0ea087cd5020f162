"""The parts that events are made of: arrivals, the turns they are in, errors."""

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
