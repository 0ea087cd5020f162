"""SQL over a mapped table of users: identifiers are quoted, values are always bound.

Values are bound as texts of no type, so that PostgreSQL reads each as the column has it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from flowforge_lab.store import BookingRow, UserRow

from .user_mapping import BookingMapping, UserMapping

_TEXTS = ("id", "name", "phone", "email", "telegram_id", "telegram_name", "balance", "data")
_TIMES = ("created_at", "updated_at")
_UNIQUE = ("phone", "email", "telegram_id")


class Asked(msgspec.Struct, frozen=True):
    """A statement with its values."""

    text: str
    values: Mapping[str, Any] = {}
    has_rows: bool = True


def quoted(name: str) -> str:
    """Return a name as an identifier that stands for itself, whatever is in it."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


class UserSql:
    """Statements over the table of users."""

    def __init__(self, mapping: UserMapping) -> None:
        self._columns = msgspec.structs.asdict(mapping.columns)
        self._table = f"{quoted(mapping.schema)}.{quoted(mapping.table)}"
        self._id = quoted(mapping.columns.id)
        self._select = f"SELECT {', '.join(self._selected())} FROM {self._table}"

    def lock(self) -> Asked:
        """Let nobody else change who is who until the transaction is over."""
        text = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))::text AS locked"
        return Asked(text, {"lock": f"flowforge users {self._table}"})

    def where(self, field: str, value: str) -> Asked | None:
        """Ask who has exactly this."""
        name = self._columns[field]
        return self._two(f"{quoted(name)} = %(value)s", value) if name else None

    def with_digits(self, phone: str) -> Asked | None:
        """Ask who has this number, whatever stands between its digits and for its `+`."""
        name = self._columns["phone"]
        digits = f"regexp_replace({quoted(name)}::text, '[^0-9+]', '', 'g')"
        return (
            self._two(f"regexp_replace({digits}, '^00', '+') = %(value)s", phone) if name else None
        )

    def with_email(self, email: str) -> Asked | None:
        """Ask who has this address."""
        name = self._columns["email"]
        return self._two(f"lower(trim({quoted(name)}::text)) = %(value)s", email) if name else None

    def like(self, user: UserRow) -> Asked | None:
        """Ask who else has the phone, e-mail address or account of a user."""
        same, values = self._same_person(user)
        text = f"{self._select} WHERE {self._id} <> %(id)s AND {same} ORDER BY 1 LIMIT 10"
        return Asked(text, values | {"id": user.id})

    def all(self, *, text: str, after: str, limit: int) -> Asked:
        """Ask for users by id."""
        names = [self._columns[field] for field in ("name", "phone", "email")]
        seen = ", ".join(f"{quoted(name)}::text" for name in names if name)
        whole = f"lower(concat_ws(' ', {seen}))" if seen else "''"
        order = f'{self._id}::text COLLATE "C"'
        condition = (
            f"{order} > %(after)s AND (%(text)s::text = '' OR {self._id}::text = %(text)s::text"
            f" OR strpos({whole}, lower(%(text)s::text)) > 0)"
        )
        values = {"after": after, "text": text, "limit": limit}
        return Asked(f"{self._select} WHERE {condition} ORDER BY {order} LIMIT %(limit)s", values)

    def add(self, user: UserRow, facts: Mapping[str, Any], at: str) -> Asked:
        """Add a user like whom there is nobody."""
        told = self._told({**facts, "updated_at": at})
        names = [quoted(name) for name in told]
        record = f"jsonb_populate_record(NULL::{self._table}, %(record)s::jsonb)"
        same, values = self._same_person(user)
        text = (
            f"INSERT INTO {self._table} ({', '.join(names)})"
            f" SELECT {', '.join(f'r.{name}' for name in names)} FROM {record} AS r"
            f" WHERE NOT EXISTS (SELECT 1 FROM {self._table} WHERE {self._id} = %(id)s OR {same})"
            " RETURNING 1"
        )
        return Asked(text, values | {"id": user.id, "record": json.dumps(told)})

    def change(self, user: UserRow, facts: Mapping[str, Any], at: str) -> Asked:
        """Change a user, unless somebody else is like that."""
        same, values = self._same_person(user)
        others = f"SELECT 1 FROM {self._table} WHERE {self._id} <> %(id)s AND {same}"
        told = self._told({**facts, "updated_at": at}, leave=("id",))
        return self._update(
            told, f"{self._id} = %(id)s AND NOT EXISTS ({others})", values | {"id": user.id}
        )

    def remove(self, id: str) -> Asked:
        """Remove a user."""
        text = f"DELETE FROM {self._table} WHERE {self._id} = %(id)s RETURNING 1"
        return Asked(text, {"id": id})

    def release(self, id: str, account: str, at: str) -> Asked:
        """Take an account away from whoever else has it, if there is a user to have it instead."""
        told = self._told({"telegram_id": None, "telegram_name": "", "updated_at": at})
        there = f"SELECT 1 FROM {self._table} WHERE {self._id} = %(id)s"
        where = f"{self._account} = %(account)s AND {self._id} <> %(id)s AND EXISTS ({there})"
        return self._update(told, where, {"id": id, "account": account})

    def link(self, id: str, account: str, *, name: str, is_free: bool, at: str) -> Asked:
        """Give an account to a user, unless somebody has it, or with `is_free` the user has another."""
        facts = {"telegram_id": account, "telegram_name": name, "updated_at": at}
        others = f"SELECT 1 FROM {self._table} WHERE {self._account} = %(account)s"
        where = f"{self._id} = %(id)s"
        where += f" AND NOT EXISTS ({others} AND {self._id} <> %(id)s)"
        if is_free:
            where += f" AND ({self._account} IS NULL OR {self._account} = %(account)s)"
        return self._update(self._told(facts), where, {"id": id, "account": account})

    def unlink(self, id: str, at: str) -> Asked:
        """Take the account away from a user."""
        told = self._told({"telegram_id": None, "telegram_name": "", "updated_at": at})
        where = f"{self._id} = %(id)s AND {self._account} IS NOT NULL"
        return self._update(told, where, {"id": id})

    @property
    def _account(self) -> str:
        return quoted(self._columns["telegram_id"])

    def _selected(self) -> Iterable[str]:
        for field in _TEXTS:
            name = self._columns[field]
            yield f"coalesce({quoted(name)}::text, '') AS {field}" if name else f"'' AS {field}"
        for field in _TIMES:
            name = self._columns[field]
            yield f"{microseconds(name)} AS {field}" if name else f"0 AS {field}"

    def _two(self, condition: str, value: str) -> Asked:
        """Ask for at most two users: a second one is one too many."""
        return Asked(f"{self._select} WHERE {condition} ORDER BY 1 LIMIT 2", {"value": value})

    def _same_person(self, user: UserRow) -> tuple[str, dict[str, Any]]:
        facts = {
            "phone": user.phone,
            "email": user.email,
            "telegram_id": "" if user.telegram_id is None else str(user.telegram_id),
        }
        same = {field: facts[field] for field in _UNIQUE if facts[field] and self._columns[field]}
        parts = [f"{quoted(self._columns[field])} = %(same_{field})s" for field in same]
        values = {f"same_{field}": value for field, value in same.items()}
        return f"({' OR '.join(parts) or 'FALSE'})", values

    def _told(self, facts: Mapping[str, Any], *, leave: Iterable[str] = ()) -> dict[str, Any]:
        """Return facts by the columns that are mapped."""
        known = {name: value for name, value in facts.items() if name not in leave}
        return {
            self._columns[field]: value for field, value in known.items() if self._columns[field]
        }

    def _update(self, told: Mapping[str, Any], where: str, values: Mapping[str, Any]) -> Asked:
        sets = ", ".join(f"{quoted(name)} = %(set_{n})s" for n, name in enumerate(told))
        given = {f"set_{n}": value for n, value in enumerate(told.values())}
        text = f"UPDATE {self._table} SET {sets} WHERE {where} RETURNING 1"
        return Asked(text, {**values, **given})


class BookingSql:
    """Statements over the table of the changes of balances."""

    def __init__(self, mapping: UserMapping, history: BookingMapping) -> None:
        columns = history.columns
        self.has_key = bool(columns.key)
        self._columns = msgspec.structs.asdict(columns)
        self._table = f"{quoted(mapping.schema)}.{quoted(history.table)}"
        self._users = f"{quoted(mapping.schema)}.{quoted(mapping.table)}"
        self._user_id = quoted(mapping.columns.id)
        self._balance = quoted(mapping.columns.balance) if mapping.columns.balance else ""
        reason = f"coalesce({quoted(columns.reason)}::text, '')" if columns.reason else "''"
        self._select = (
            f"SELECT {microseconds(columns.at)} AS at, {quoted(columns.amount)}::text AS amount,"
            f" {quoted(columns.balance)}::text AS balance, {reason} AS reason FROM {self._table}"
            f" WHERE {quoted(columns.user)} = %(user)s"
        )

    def newest(self, user: str, limit: int) -> Asked:
        """Ask for the newest changes."""
        order = [quoted(self._columns[name]) for name in ("at", "id") if self._columns[name]]
        newest = ", ".join(f"{name} DESC" for name in order)
        text = f"{self._select} ORDER BY {newest} LIMIT %(limit)s"
        return Asked(text, {"user": user, "limit": limit})

    def of_key(self, user: str, key: str) -> Asked:
        """Ask for the change under a key."""
        text = f"{self._select} AND {quoted(self._columns['key'])} = %(key)s LIMIT 1"
        return Asked(text, {"user": user, "key": key})

    def book(self, user: str, booking: BookingRow, *, before: str, key: str, at: str) -> Asked:
        """Change a balance and note it, both or neither."""
        facts = {
            "user": user,
            "at": at,
            "amount": booking.amount,
            "balance": booking.balance,
            "reason": booking.reason,
            "key": key or None,
        }
        told = {self._columns[name]: value for name, value in facts.items() if self._columns[name]}
        names = [quoted(name) for name in told]
        text = (
            f"WITH changed AS (UPDATE {self._users} SET {self._balance} = %(after)s"
            f" WHERE {self._user_id} = %(user)s AND coalesce({self._balance}, 0) = %(before)s"
            f" RETURNING 1) INSERT INTO {self._table} ({', '.join(names)})"
            f" SELECT {', '.join(f'r.{name}' for name in names)} FROM changed,"
            f" jsonb_populate_record(NULL::{self._table}, %(record)s::jsonb) AS r RETURNING 1"
        )
        values = {"user": user, "before": before, "after": booking.balance}
        return Asked(text, {**values, "record": json.dumps(told)})

    def remove(self, user: str) -> Asked:
        """Remove the history of a user."""
        text = f"DELETE FROM {self._table} WHERE {quoted(self._columns['user'])} = %(user)s"
        return Asked(text, {"user": user}, has_rows=False)


def microseconds(column: str) -> str:
    """Return the expression for a time as microseconds since 1970, UTC."""
    return f"(extract(epoch FROM {quoted(column)}) * 1000000)::bigint"
