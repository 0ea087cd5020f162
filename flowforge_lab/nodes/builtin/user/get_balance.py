"""Tell the balance of a user, exactly, and the newest changes of it.

The balance is a decimal number: `0.1 + 0.2` is `0.3` in it. It changes by `flowforge users credit`, or
`lab.users.credit` in Python.

Best practice: show it with `{{ nodes.balance.balance }}`; it is text without rounding there.
Troubleshooting: who is not in the directory leaves by `not_found`.
"""

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from flowforge_lab.nodes import (
    Attempt,
    Emit,
    Model,
    NoInputs,
    Port,
    UserFacts,
    facts_of,
    node_type,
    user_of,
)


class Config(Model):
    """Whose balance."""

    user: str = Field(
        default="",
        description="The id of the user in the directory; by default the one whose Telegram account"
        " started the execution.",
        examples=["{{ nodes.find.id }}"],
    )
    history: int = Field(
        default=10, ge=0, le=1000, description="How many of the newest changes to tell."
    )


class Change(Model):
    """One change of the balance."""

    at: datetime = Field(description="When it was.")
    amount: Decimal = Field(description="By how much; below 0 where it became less.")
    balance: Decimal = Field(description="What it came to.")
    reason: str = Field(default="", description="Why.")


class Outputs(UserFacts):
    """The balance, and how it came to be."""

    history: list[Change] = Field(
        default_factory=list, description="The newest changes, the newest first."
    )


@node_type(
    "user.get_balance",
    title="Get balance",
    outputs=Outputs,
    ports=(Port("out", "Out", "value"), Port("not_found", "Not found", "value")),
    icon="wallet",
    color="#db2777",
    effects="reads",
    keywords=("points", "bonus", "account", "loyalty", "money"),
)
async def get_balance(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Look into the directory."""
    number = user_of(attempt)
    user = None
    if config.user:
        user = await attempt.users.find(id=config.user)
    elif number is not None:
        user = await attempt.users.find(telegram_id=number)
    if user is None:
        return Emit(Outputs(), "not_found")
    found = await attempt.users.bookings(user.id, limit=config.history) if config.history else []
    history = [
        Change(at=one.at, amount=one.amount, balance=one.balance, reason=one.reason)
        for one in found
    ]
    return Emit(Outputs(history=history, **facts_of(user)))
