"""Let a Telegram account belong to a user of the lab.

It leaves by `linked`, also where it was so before. Where the account is another user's, or the user has
another account, it leaves by `conflict` and changes nothing, unless `relink` says what may give way: `user`
lets the user's other account go, `account` takes the account away from another user as well.

With `contact`, the outputs of a `flow.wait_contact`, the contact must be the own one of the account that is
linked, as Telegram proves it, and its number that of the user: so nobody takes over what is somebody else's.

Best practice: always give `contact`. `relink: user` suits people who change their account.
Troubleshooting: `reason` of the outputs says what stood in the way.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from flowforge_lab.errors import NodeError, NotFoundError
from flowforge_lab.nodes import (
    AnyValue,
    Attempt,
    Emit,
    Model,
    NoInputs,
    Port,
    User,
    UserFacts,
    facts_of,
    node_type,
    user_of,
)


class Config(Model):
    """Whose account is to be whose."""

    user: str = Field(
        min_length=1,
        description="The id of the user in the directory.",
        examples=["{{ nodes.find.id }}"],
    )
    telegram_id: int | None = Field(
        default=None,
        description="The number of the Telegram account; by default that of who started the execution.",
    )
    telegram_name: str = Field(
        default="",
        description="The name of the account, without `@`.",
        examples=["{{ trigger.username }}"],
    )
    contact: AnyValue = Field(
        default=None,
        description="The outputs of the `flow.wait_contact` that proves it.",
        examples=["{{ nodes.ask_phone }}"],
    )
    relink: Literal["never", "user", "account"] = Field(
        default="never",
        description="What may give way: nothing, the user's other account, or also the account's other"
        " user.",
    )


class Outputs(UserFacts):
    """What became of it."""

    is_linked: bool = Field(description="Whether the account belongs to the user now.")
    was_linked: bool = Field(default=False, description="Whether it did before.")
    reason: Literal["", "taken", "different", "not_own", "other_phone"] = Field(
        default="",
        description="What stood in the way: the account is `taken`, the user has a `different` one, the"
        " contact is `not_own`, or it has an `other_phone`.",
    )


@node_type(
    "user.link_telegram",
    title="Link account",
    outputs=Outputs,
    ports=(Port("linked", "Linked", "value"), Port("conflict", "Conflict", "value")),
    icon="link",
    color="#db2777",
    effects="writes",
    keywords=("telegram", "connect", "directory", "customer", "login"),
)
async def link_telegram(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit:
    """Look at the proof, then link."""
    number = user_of(attempt) if config.telegram_id is None else config.telegram_id
    if number is None:
        title = "no Telegram account is named, and none started the execution"
        raise NodeError(title, type="user.no_account", is_transient=False)
    try:
        refusal = await _refusal(config, attempt, number)
        if refusal is not None:
            return refusal
        link = await attempt.users.link(
            config.user, number, telegram_name=config.telegram_name, relink=config.relink
        )
    except NotFoundError as error:
        raise NodeError(str(error), type="user.unknown", is_transient=False) from error
    is_linked = link.status in {"linked", "already"}
    outputs = Outputs(
        is_linked=is_linked,
        was_linked=link.status == "already",
        reason="" if is_linked else link.status,  # type: ignore[arg-type]  # the port says which there are
        **facts_of(link.user),
    )
    return Emit(outputs, "linked" if is_linked else "conflict")


async def _refusal(config: Config, attempt: Attempt, number: int) -> Emit | None:
    """Return how it ends where the contact proves nothing."""
    if config.contact is None:
        return None
    user = await attempt.users.find(id=config.user)
    if user is None:
        msg = f"there is no user {config.user!r}"
        raise NotFoundError(msg)
    reason = _fault_of(config.contact, number, user)
    if not reason:
        return None
    outputs = Outputs(is_linked=False, reason=reason, **facts_of(user))
    return Emit(outputs, "conflict")


def _fault_of(contact: Any, number: int, user: User) -> Literal["", "not_own", "other_phone"]:
    told = contact if isinstance(contact, Mapping) else {}
    if told.get("is_own") is not True or told.get("user_id") != number:
        return "not_own"
    return "" if told.get("phone") and told["phone"] == user.phone else "other_phone"
