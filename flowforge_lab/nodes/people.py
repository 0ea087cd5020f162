"""The users of a lab, as nodes ask for them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec
from pydantic import Field

from flowforge_lab.errors import NotFoundError

from .models import Model


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody the lab knows. `phone` is in the form +4915112345678, `email` in lower case.

    What is not known is empty, `telegram_id` `None`. `data` is whatever else is kept of them.
    """

    id: str
    name: str = ""
    phone: str = ""
    email: str = ""
    telegram_id: int | None = None
    telegram_name: str = ""
    balance: Decimal = Decimal(0)
    data: Mapping[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Booking(msgspec.Struct, frozen=True):
    """One change of a balance: by how much, what it came to, and why."""

    at: datetime
    amount: Decimal
    balance: Decimal
    reason: str = ""


class Link(msgspec.Struct, frozen=True):
    """What became of a wish to link a Telegram account.

    `linked`: it is now; `already`: it was before; `taken`: the account is `other`'s; `different`: the user
    has another account.
    """

    status: str
    user: User | None = None
    other: User | None = None


class Directory(Protocol):
    """The users of a lab."""

    async def find(
        self,
        *,
        id: str = "",
        phone: str = "",
        email: str = "",
        telegram_id: int | None = None,
        region: str = "",
    ) -> User | None:
        """Return who has all that is given, if there is such a user.

        A `phone` may be in any spelling; without a leading `+` it is one of `region` (such as `DE`).

        Raises:
            ValueError: the phone or the e-mail address cannot be one.
        """

    async def link(
        self, user_id: str, telegram_id: int, *, telegram_name: str = "", relink: str = "never"
    ) -> Link:
        """Let a Telegram account be a user's own.

        `relink` says what may give way: `never` anything, `user` the other account of the user, `account` the
        other user of the account as well.

        Raises:
            NotFoundError: no such user.
        """

    async def bookings(self, user_id: str, *, limit: int = 10) -> list[Booking]:
        """Return the newest changes of a user's balance, the newest first."""


class _NoUsers:
    async def find(self, **_: Any) -> User | None:
        return None

    async def link(self, user_id: str, telegram_id: int, **_: Any) -> Link:  # noqa: ARG002  # the port's own words
        msg = f"there is no user {user_id!r}: this lab keeps none"
        raise NotFoundError(msg)

    async def bookings(self, user_id: str, *, limit: int = 10) -> list[Booking]:  # noqa: ARG002  # the same
        return []


NO_USERS: Directory = _NoUsers()
"""A directory in which nobody is."""


class UserFacts(Model):
    """What nodes tell of a user; all empty where there is none."""

    id: str = Field(default="", description="The id in the directory.")
    name: str = Field(default="", description="The name.")
    phone: str = Field(default="", description="The number in international form.")
    email: str = Field(default="", description="The e-mail address.")
    telegram_id: int | None = Field(
        default=None, description="The number of the Telegram account."
    )
    telegram_name: str = Field(default="", description="The name of the Telegram account.")
    balance: Decimal = Field(default=Decimal(0), description="The balance, exactly.")
    data: dict[str, Any] = Field(default_factory=dict, description="What else is kept.")


def facts_of(user: User | None) -> dict[str, Any]:
    """Return the fields of `UserFacts` for a user; none where there is nobody."""
    if user is None:
        return {}
    facts = {name: getattr(user, name) for name in UserFacts.model_fields}
    return facts | {"data": dict(user.data)}
