"""Users kept in a table of a PostgreSQL database that is not ours, by the rules of our own."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flowforge_lab.clients import Connections, Outcome, Ready
from flowforge_lab.errors import NodeError, NotFoundError, SettingsError
from flowforge_lab.store import BookingRow, UserRow
from flowforge_lab.values import decode, encode, normalise, parse_phone

from .mapped_sql import Asked, BookingSql, UserSql
from .user_mapping import UserMapping

_NOT_A_VALUE = "22"
"""The class of PostgreSQL's codes for what cannot be a value of a column."""
_TWICE = "sql.constraint"


class MappedUsers:
    """What `store.UserTable` does, in somebody else's table; any column may be missing but `id`."""

    def __init__(
        self, mapping: UserMapping, connections: Connections, *, region: str = ""
    ) -> None:
        self._mapping = mapping
        self._connections = connections
        self._region = region
        self._sql = UserSql(mapping)
        self._bookings = None if mapping.history is None else BookingSql(mapping, mapping.history)

    async def by_id(self, id: str) -> UserRow | None:
        """Return the user with this id."""
        return await self._one(self._sql.where("id", id))

    async def by_phone(self, phone: str) -> UserRow | None:
        """Return the user with this number, kept in any international spelling."""
        return await self._one(self._sql.where("phone", phone)) or await self._one(
            self._sql.with_digits(phone)
        )

    async def by_email(self, email: str) -> UserRow | None:
        """Return the user with this address, kept with any capitals."""
        return await self._one(self._sql.where("email", email)) or await self._one(
            self._sql.with_email(email)
        )

    async def by_telegram(self, telegram_id: int) -> UserRow | None:
        """Return the user with this Telegram account."""
        return await self._one(self._sql.where("telegram_id", str(telegram_id)))

    async def like(self, user: UserRow) -> list[UserRow]:
        """Return the other users that have the phone, e-mail address or account of this one."""
        return await self._rows(self._sql.like(user))

    async def all(self, *, text: str = "", after: str = "", limit: int = 100) -> list[UserRow]:
        """Return users by id, those after `after`; with `text` those with it in name, phone or e-mail."""
        return await self._rows(self._sql.all(text=text, after=after, limit=limit))

    async def add(self, user: UserRow, *, at: int) -> bool:
        """Store a new user; false where one has its id, phone, e-mail address or account."""
        self._refuse_unmapped(user)
        facts = self._facts(user) | {"balance": user.balance, "created_at": _moment(at)}
        facts["data"] = json.loads(facts["data"])  # within a record it is no text
        return await self._changes([self._sql.lock(), self._sql.add(user, facts, _moment(at))])

    async def change(self, user: UserRow, *, at: int) -> bool:
        """Replace what is known of a user but the balance; false as for `add`, or where there is none."""
        self._refuse_unmapped(user)
        changed = self._sql.change(user, self._facts(user), _moment(at))
        return await self._changes([self._sql.lock(), changed])

    async def remove(self, id: str) -> bool:
        """Remove a user and the history of the balance; false if there was none."""
        if await self.by_id(id) is None:
            return False
        first = [] if self._bookings is None else [self._bookings.remove(id)]
        return await self._changes([*first, self._sql.remove(id)])

    async def link(
        self, id: str, telegram_id: int, *, telegram_name: str, relink: str, at: int
    ) -> bool:
        """Let a Telegram account be a user's; false where something stands in the way."""
        self._need("telegram_id")
        account, now = str(telegram_id), _moment(at)
        steps = [self._sql.lock()]
        if relink == "account":
            steps.append(self._sql.release(id, account, now))
        steps.append(
            self._sql.link(id, account, name=telegram_name, is_free=relink == "never", at=now)
        )
        return await self._changes(steps)

    async def unlink(self, id: str, *, at: int) -> bool:
        """Take the Telegram account away from a user; false if there was none."""
        self._need("telegram_id")
        return await self._changes([self._sql.unlink(id, _moment(at))])

    async def book(self, user_id: str, booking: BookingRow, *, before: str, key: str = "") -> bool:
        """Change a balance that is `before`, and note it; false where it is another one by now."""
        self._need("balance")
        bookings = self._need_history(key)
        return await self._changes(
            [bookings.book(user_id, booking, before=before, key=key, at=_moment(booking.at))]
        )

    async def bookings(self, user_id: str, *, limit: int) -> list[BookingRow]:
        """Return the newest changes of a balance, the newest first; none where no table is mapped."""
        if self._bookings is None:
            return []
        [outcome] = await self._ask([self._bookings.newest(user_id, limit)])
        return [_booking(row) for row in outcome.rows]

    async def booking_of(self, user_id: str, key: str) -> BookingRow | None:
        """Return the change that was made under a key, if one was."""
        [outcome] = await self._ask([self._need_history(key).of_key(user_id, key)])
        return next((_booking(row) for row in outcome.rows), None)

    async def _one(self, asked: Asked | None) -> UserRow | None:
        found = await self._rows(asked)
        if len(found) > 1:
            title = f"several users are meant: {found[0].id!r}, {found[1].id!r}"
            detail = f"the table {self._mapping.table!r} of users has them more than once"
            raise NodeError(title, type="user.ambiguous", detail=detail, is_transient=False)
        return found[0] if found else None

    async def _rows(self, asked: Asked | None) -> list[UserRow]:
        if asked is None:  # no column is mapped
            return []
        try:
            [outcome] = await self._ask([asked])
        except NodeError as error:
            if _state(error).startswith(_NOT_A_VALUE):
                return []
            raise
        return [self._user(row) for row in outcome.rows]

    async def _changes(self, steps: Sequence[Asked]) -> bool:
        """Return whether the last step changed something; what the table holds unique stands in the way."""
        try:
            outcomes = await self._ask(steps)
        except NodeError as error:
            if error.type == _TWICE and _state(error) == "23505":
                return False
            raise
        return outcomes[-1].count > 0

    async def _ask(self, steps: Sequence[Asked]) -> list[Outcome]:
        ready = [Ready(one.text, one.values, has_rows=one.has_rows) for one in steps]
        try:
            return await self._connections.run_own(self._mapping.connection, ready)
        except NotFoundError as error:
            msg = f"[users] connection: {error}"
            raise SettingsError(msg) from error

    def _facts(self, user: UserRow) -> dict[str, Any]:
        """Return what is written of a user; what may be unique is null where it is not known."""
        return {
            "id": user.id,
            "name": user.name,
            "phone": user.phone or None,
            "email": user.email or None,
            "telegram_id": None if user.telegram_id is None else str(user.telegram_id),
            "telegram_name": user.telegram_name,
            "data": json.dumps(decode(json.loads(user.data)), default=str),
        }

    def _user(self, row: dict[str, Any]) -> UserRow:
        """Return a user as we keep them."""
        return UserRow(
            id=row["id"],
            name=row["name"],
            phone=self._phone(row["phone"]),
            email=row["email"].strip().lower(),
            telegram_id=int(row["telegram_id"]) if row["telegram_id"].isdecimal() else None,
            telegram_name=row["telegram_name"],
            balance=row["balance"] or "0",
            data=_kept(row["data"]),
            created_at=row["created_at"] or 0,
            updated_at=row["updated_at"] or 0,
        )

    def _phone(self, text: str) -> str:
        try:
            return parse_phone(text, region=self._region) if text else ""
        except ValueError:
            return text

    def _refuse_unmapped(self, user: UserRow) -> None:
        for field in ("name", "phone", "email", "telegram_id", "telegram_name"):
            if getattr(user, field):
                self._need(field)
        if user.data not in {"", "{}"}:
            self._need("data")
        if Decimal(user.balance):
            self._need("balance")

    def _need(self, field: str) -> None:
        if not getattr(self._mapping.columns, field):
            msg = f"no column of {self._mapping.table!r} is mapped to {field!r}: [users.columns] says which"
            raise SettingsError(msg)

    def _need_history(self, key: str) -> BookingSql:
        if self._bookings is None:
            msg = "balances are only read: [users.history] names no table for their changes"
            raise SettingsError(msg)
        if key and not self._bookings.has_key:
            msg = "a key needs a column: [users.history.columns] maps none to 'key'"
            raise SettingsError(msg)
        return self._bookings


def _state(error: NodeError) -> str:
    """Return the code that PostgreSQL gives an error, if it is its."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def _moment(stamp: int) -> str:
    return datetime.fromtimestamp(stamp / 1e6, UTC).isoformat()


def _kept(text: str) -> str:
    """Return the JSON of a column in journal form; what is no object is kept as `value`."""
    found = json.loads(text, parse_float=Decimal) if text else {}
    return json.dumps(encode(normalise(found if isinstance(found, dict) else {"value": found})))


def _booking(row: dict[str, Any]) -> BookingRow:
    return BookingRow(row["at"] or 0, row["amount"] or "0", row["balance"] or "0", row["reason"])
