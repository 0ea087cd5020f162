"""Ask whether a Telegram account belongs to a user of the lab, and to whom.

Best practice: ask this first, and only who is not linked for the phone number.
Troubleshooting: accounts are linked by `user.link_telegram` or `flowforge users link`.
"""

from pydantic import Field

from flowforge_lab.errors import NodeError
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
    """Which account."""

    telegram_id: int | None = Field(
        default=None,
        description="The number of the Telegram account; by default that of who started the execution.",
        examples=["{{ trigger.user_id }}"],
    )


class Outputs(UserFacts):
    """Who it is."""

    is_linked: bool = Field(description="Whether the account belongs to a user.")


@node_type(
    "user.check_linked",
    title="Is linked?",
    outputs=Outputs,
    ports=(Port("linked", "Linked", "value"), Port("not_linked", "Not linked", "value")),
    icon="user-check",
    color="#db2777",
    effects="reads",
    keywords=("telegram", "account", "known", "directory", "customer"),
)
async def check_linked(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Look into the directory."""
    number = user_of(attempt) if config.telegram_id is None else config.telegram_id
    if number is None:
        title = "no Telegram account is named, and none started the execution"
        raise NodeError(title, type="user.no_account", is_transient=False)
    user = await attempt.users.find(telegram_id=number)
    outputs = Outputs(is_linked=user is not None, **facts_of(user))
    return Emit(outputs, "linked" if user else "not_linked")
