"""The directory of users and their balances, as rows. Times are microseconds since 1970, UTC."""

from typing import Any

import msgspec

from .reading import Reader
from .writing import Writer


class UserRow(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One user; `balance` is a decimal number as text, `data` in journal form as JSON text."""

    id: str
    name: str = ""
    phone: str = ""
    email: str = ""
    telegram_id: int | None = None
    telegram_name: str = ""
    balance: str = "0"
    data: str = "{}"
    created_at: int = 0
    updated_at: int = 0


class BookingRow(msgspec.Struct, frozen=True, array_like=True):
    """One change of a balance."""

    at: int
    amount: str
    balance: str
    reason: str


class UserTable:
    """Users by id; no two have the same phone, e-mail address or Telegram account."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def by_id(self, id: str) -> UserRow | None:
        """Return the user with this id."""
        return await self._one("user_of_id", id=id)

    async def by_phone(self, phone: str) -> UserRow | None:
        """Return the user with this number, in international form."""
        return await self._one("user_of_phone", phone=phone)

    async def by_email(self, email: str) -> UserRow | None:
        """Return the user with this address, in lower case."""
        return await self._one("user_of_email", email=email)

    async def by_telegram(self, telegram_id: int) -> UserRow | None:
        """Return the user with this Telegram account."""
        return await self._one("user_of_telegram", telegram_id=telegram_id)

    async def like(self, user: UserRow) -> list[UserRow]:
        """Return the other users that have the phone, e-mail address or account of this one."""
        params = {
            "id": user.id,
            "phone": user.phone,
            "email": user.email,
            "telegram_id": user.telegram_id,
        }
        return await self._reader.fetch("users_like", params, kind=list[UserRow])

    async def all(self, *, text: str = "", after: str = "", limit: int = 100) -> list[UserRow]:
        """Return users by id, those after `after`; with `text` those with it in name, phone or e-mail."""
        params = {"text": text, "after": after, "limit": limit}
        return await self._reader.fetch("list_users", params, kind=list[UserRow])

    async def add(self, user: UserRow, *, at: int) -> bool:
        """Store a new user; false where one has its id, phone, e-mail address or account."""
        return bool(
            await self._writer.do("add_user", **_params(user), balance=user.balance, at=at)
        )

    async def change(self, user: UserRow, *, at: int) -> bool:
        """Replace what is known of a user but the balance; false as for `add`, or where there is none."""
        return bool(await self._writer.do("change_user", **_params(user), at=at))

    async def remove(self, id: str) -> bool:
        """Remove a user and the history of the balance; false if there was none."""
        return bool(await self._writer.do("remove_user", id=id))

    async def link(
        self, id: str, telegram_id: int, *, telegram_name: str, relink: str, at: int
    ) -> bool:
        """Let a Telegram account be a user's; false where something stands in the way."""
        facts = {"telegram_id": telegram_id, "telegram_name": telegram_name, "relink": relink}
        return bool(await self._writer.do("link_user", id=id, at=at, **facts))

    async def unlink(self, id: str, *, at: int) -> bool:
        """Take the Telegram account away from a user; false if there was none."""
        return bool(await self._writer.do("unlink_user", id=id, at=at))

    async def book(self, user_id: str, booking: BookingRow, *, before: str, key: str = "") -> bool:
        """Change a balance that is `before`, and note it; false where it is another one by now."""
        params = {
            "user_id": user_id,
            "before": before,
            "after": booking.balance,
            "amount": booking.amount,
            "at": booking.at,
            "reason": booking.reason,
            "key": key,
        }
        return bool(await self._writer.do("book", **params))

    async def bookings(self, user_id: str, *, limit: int) -> list[BookingRow]:
        """Return the newest changes of a balance, the newest first."""
        params = {"user_id": user_id, "limit": limit}
        return await self._reader.fetch("bookings_of_user", params, kind=list[BookingRow])

    async def booking_of(self, user_id: str, key: str) -> BookingRow | None:
        """Return the change that was made under a key, if one was."""
        params = {"user_id": user_id, "key": key}
        found = await self._reader.fetch("booking_of_key", params, kind=list[BookingRow])
        return found[0] if found else None

    async def _one(self, question: str, **params: Any) -> UserRow | None:
        found = await self._reader.fetch(question, params, kind=list[UserRow])
        return found[0] if found else None


def _params(user: UserRow) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "phone": user.phone,
        "email": user.email,
        "telegram_id": user.telegram_id,
        "telegram_name": user.telegram_name,
        "data": user.data,
    }
