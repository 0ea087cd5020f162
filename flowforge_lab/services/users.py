"""The users of a lab: found by any spelling of their contact, linked to Telegram, credited exactly."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.ids import new_id
from flowforge_lab.nodes import Booking, Link, User
from flowforge_lab.store import BookingRow, UserRow, UserTable
from flowforge_lab.values import decode, encode, normalise, parse_email, parse_phone

from .mapped_users import MappedUsers
from .moments import moment

RELINKS = ("never", "user", "account")
_TRIES = 100
_MAX_DIGITS, _MAX_PLACES = 15, 10  # any sum of these is exact


class Users:
    """The directory of one lab; implements `nodes.Directory`."""

    def __init__(self, table: UserTable | MappedUsers, clock: Clock, *, region: str = "") -> None:
        self._table = table
        self._clock = clock
        self._region = region

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

        Raises:
            ValueError: the phone or the e-mail address cannot be one.
        """
        found: list[UserRow | None] = []
        if id:
            found.append(await self._table.by_id(id))
        if phone.strip():
            number = parse_phone(phone, region=region or self._region)
            found.append(await self._table.by_phone(number))
        if email.strip():
            found.append(await self._table.by_email(parse_email(email)))
        if telegram_id is not None:
            found.append(await self._table.by_telegram(telegram_id))
        first = found[0] if found else None
        if first is None or any(other is None or other.id != first.id for other in found):
            return None
        return _user(first)

    async def get(self, id: str) -> User:
        """Return a user.

        Raises:
            NotFoundError: there is none with this id.
        """
        return _user(await self._get(id))

    async def all(self, *, text: str = "", after: str = "", limit: int = 100) -> list[User]:
        """Return users by id; with `text` those with it in name, phone, e-mail address, or as their id."""
        return [_user(row) for row in await self._table.all(text=text, after=after, limit=limit)]

    async def add(self, **facts: Any) -> User:
        """Add a user with the fields of `User` that are given, and return it; an id is made if none is.

        Raises:
            ValueError: a field cannot be that.
            ConflictError: another user has the id, phone, e-mail address or account.
        """
        balance = _amount(facts.pop("balance", 0))
        row = self._changed(UserRow(id=str(facts.pop("id", "") or new_id())), facts)
        row = msgspec.structs.replace(row, balance=str(balance))
        if not await self._table.add(row, at=self._clock.stamp()):
            raise await self._conflict(row)
        return await self.get(row.id)

    async def change(self, id: str, **facts: Any) -> User:
        """Change the fields of a user that are given, but neither id nor balance, and return it.

        Raises:
            NotFoundError: there is none.
            ValueError: a field cannot be that.
            ConflictError: another user has the phone, e-mail address or account.
        """
        row = self._changed(await self._get(id), facts)
        if not await self._table.change(row, at=self._clock.stamp()):
            raise await self._conflict(row)
        return await self.get(id)

    async def remove(self, id: str) -> None:
        """Remove a user with the history of the balance.

        Raises:
            NotFoundError: there is none.
        """
        if not await self._table.remove(id):
            raise _unknown(id)

    async def link(
        self, user_id: str, telegram_id: int, *, telegram_name: str = "", relink: str = "never"
    ) -> Link:
        """Let a Telegram account be a user's own; `relink` says what may give way.

        Raises:
            NotFoundError: no such user.
            ValueError: there is no such rule.
        """
        if relink not in RELINKS:
            msg = f"expected one of {', '.join(RELINKS)}, found {relink!r}"
            raise ValueError(msg)
        before = await self._get(user_id)
        done = await self._table.link(
            user_id,
            telegram_id,
            telegram_name=telegram_name or before.telegram_name,
            relink=relink,
            at=self._clock.stamp(),
        )
        user = await self.get(user_id)
        if done:
            return Link("already" if before.telegram_id == telegram_id else "linked", user)
        owner = await self._table.by_telegram(telegram_id)
        if owner is not None and owner.id != user_id:
            return Link("taken", user, _user(owner))
        return Link("different", user)

    async def unlink(self, user_id: str) -> bool:
        """Take the Telegram account away from a user; false if there was none.

        Raises:
            NotFoundError: no such user.
        """
        await self._get(user_id)
        return await self._table.unlink(user_id, at=self._clock.stamp())

    async def credit(
        self, user_id: str, amount: Any, *, reason: str = "", key: str = ""
    ) -> Booking:
        """Add an amount (below 0: take it away) exactly, whoever else does too, and return the change.

        A `key` that was used for this user before changes nothing and gives that change again.

        Raises:
            NotFoundError: no such user.
            ValueError: the amount is no decimal number.
        """
        change = _amount(amount)
        for _ in range(_TRIES):
            if key and (made := await self._table.booking_of(user_id, key)) is not None:
                return _booking(made)
            before = (await self._get(user_id)).balance
            after = str(Decimal(before) + change)
            row = BookingRow(self._clock.stamp(), str(change), after, reason)
            if await self._table.book(user_id, row, before=before, key=key):
                return _booking(row)
        msg = f"the balance of {user_id!r} changes all the time: try again"
        raise ConflictError(msg)

    async def bookings(self, user_id: str, *, limit: int = 10) -> list[Booking]:
        """Return the newest changes of a user's balance, the newest first."""
        return [_booking(row) for row in await self._table.bookings(user_id, limit=limit)]

    async def _get(self, id: str) -> UserRow:
        row = await self._table.by_id(id)
        if row is None:
            raise _unknown(id)
        return row

    def _changed(self, row: UserRow, facts: Mapping[str, Any]) -> UserRow:
        known = {"name", "phone", "email", "telegram_id", "telegram_name", "data"}
        strange = sorted(set(facts) - known)
        if strange:
            msg = f"a user has no {strange[0]!r} to set; there are: {', '.join(sorted(known))}"
            raise ValueError(msg)
        told = dict(facts)
        if told.get("phone"):
            told["phone"] = parse_phone(str(told["phone"]), region=self._region)
        if told.get("email"):
            told["email"] = parse_email(str(told["email"]))
        if "data" in told:
            told["data"] = json.dumps(encode(normalise(dict(told["data"] or {}))))
        telegram_id = told.get("telegram_id")
        if telegram_id is not None and (type(telegram_id) is not int or telegram_id <= 0):
            msg = f"expected the number of a Telegram account, found {telegram_id!r:.60}"
            raise ValueError(msg)
        return msgspec.structs.replace(row, **told)

    async def _conflict(self, row: UserRow) -> ConflictError:
        others = await self._table.like(row)
        if not others:
            return ConflictError(f"there is a user {row.id!r} already")
        other = others[0]
        fields = ("phone", "email", "telegram_id")
        same = [
            name
            for name in fields
            if getattr(row, name) and getattr(row, name) == getattr(other, name)
        ]
        return ConflictError(f"user {other.id!r} has the same {' and '.join(same)}")


def _unknown(id: str) -> NotFoundError:
    return NotFoundError(f"there is no user {id!r}")


def _amount(value: Any) -> Decimal:
    """Return an amount exactly.

    Raises:
        ValueError: it is no decimal number, or has too many digits.
    """
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        amount = Decimal("nan")
    is_small = amount.is_finite() and amount.adjusted() < _MAX_DIGITS
    if not is_small or int(amount.as_tuple().exponent) < -_MAX_PLACES:
        msg = f"expected an amount such as 12.50, found {value!r:.60}"
        raise ValueError(msg)
    return amount


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        telegram_id=row.telegram_id,
        telegram_name=row.telegram_name,
        balance=Decimal(row.balance),
        data=decode(json.loads(row.data)),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )


def _booking(row: BookingRow) -> Booking:
    return Booking(moment(row.at), Decimal(row.amount), Decimal(row.balance), row.reason)
