"""Which table and columns of a PostgreSQL database stand for users, as `[users]` in the lab's file says."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flowforge_lab.errors import SettingsError

_MAX_NAME_BYTES = 63  # PostgreSQL cuts longer ones, and means another table


class UserColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The column of each field of a user; one that is empty has none."""

    id: str
    name: str = ""
    phone: str = ""
    email: str = ""
    telegram_id: str = ""
    telegram_name: str = ""
    balance: str = ""
    data: str = ""
    created_at: str = ""
    updated_at: str = ""


class BookingColumns(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The column of each field of a change of a balance; `id` grows with every change."""

    user: str
    at: str
    amount: str
    balance: str
    reason: str = ""
    key: str = ""
    id: str = ""


class BookingMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table of the changes of balances."""

    table: str
    columns: BookingColumns


class UserMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The connection, and where in its database users are; without `history` balances are only read."""

    connection: str
    table: str
    columns: UserColumns
    schema: str = "public"
    history: BookingMapping | None = None


def parse_mapping(written: Mapping[str, Any], where: str) -> UserMapping:
    """Return what is written of where users are.

    Raises:
        SettingsError: it is no mapping; the text begins with `where`.
    """
    try:
        mapping = msgspec.convert(written, UserMapping)
    except msgspec.ValidationError as error:
        msg = f"{where}: {error}"
        raise SettingsError(msg) from error
    for place, name in _names(mapping):
        if "\0" in name or len(name.encode()) > _MAX_NAME_BYTES:
            msg = f"{where}: {place}: no table or column of PostgreSQL is called {name!r:.80}"
            raise SettingsError(msg)
    for place in ("connection", "table", "schema"):
        if not getattr(mapping, place):
            msg = f"{where}: {place}: expected a name, found none"
            raise SettingsError(msg)
    return mapping


def _names(mapping: UserMapping) -> Iterator[tuple[str, str]]:
    yield "table", mapping.table
    yield "schema", mapping.schema
    yield from _columns("columns", mapping.columns)
    if mapping.history is not None:
        yield "history.table", mapping.history.table
        yield from _columns("history.columns", mapping.history.columns)


def _columns(place: str, columns: UserColumns | BookingColumns) -> Iterator[tuple[str, str]]:
    for field, name in msgspec.structs.asdict(columns).items():
        yield f"{place}.{field}", name
