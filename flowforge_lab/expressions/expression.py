"""One expression, parsed: what it needs, and the two ways to evaluate it."""

from functools import lru_cache

import msgspec

from .lookup import Resolve, resolver
from .members import Member, find_members
from .paths import Reference, find_path
from .quick import compile_quick
from .rewriting import find_needs
from .syntax import Positions, parse_syntax


class Input(msgspec.Struct, frozen=True, eq=False):
    """A path that enters the sandbox, and how it is resolved."""

    reference: Reference
    resolve: Resolve


class Expression(msgspec.Struct, frozen=True, eq=False):
    """A parsed expression; the same text gives the same one.

    `names` are the roots it reads, known or not (`now` for `now()`); `references` its static paths in
    the order they are written; `is_path` says that it is nothing but one of them. `quick` evaluates it
    in our own process and is `None` where only the sandbox can, which takes `inputs`; `members` are names
    behind a dot.
    """

    source: str
    names: frozenset[str]
    references: tuple[Reference, ...]
    is_path: bool
    quick: Resolve | None
    inputs: dict[str, Input]
    members: tuple[Member, ...] = ()

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


@lru_cache(maxsize=2048)
def parse_expression(text: str) -> Expression:
    """Return the expression that `text` is as a whole, without braces.

    Raises:
        ExpressionError: it is not one. Whether its names mean something is not asked here.
    """
    tree = parse_syntax(text)
    is_path = find_path(tree, Positions(text)) is not None
    quick = compile_quick(tree, text)
    members = find_members(tree, text)
    needs = find_needs(tree, text)
    return Expression(
        text,
        needs.names,
        needs.references,
        is_path,
        quick,
        {
            name: Input(found, resolver(found.path, text, found.offsets))
            for name, found in needs.inputs.items()
        },
        members,
    )
