"""Users and what talks to them, in every store; two clients at once, as two machines would."""

import asyncio

import pytest

from flowforge_lab.store import BookingRow, UserRow

from .conftest import BOTH

KEEPERS = BOTH
ANNA = UserRow(id="anna", name="Анна Schmidt", phone="+4915112345678", email="anna@example.org")


@pytest.fixture
def table(open_lab):
    return open_lab().users


@pytest.fixture
def other(table, open_lab):
    return open_lab().users


def test_a_user_is_found_by_whatever_is_known(table):
    async def work():
        await table.add(ANNA, at=1)
        await table.link("anna", 501, telegram_name="@anna", relink="never", at=2)
        return [
            await table.by_id("anna"),
            await table.by_phone(ANNA.phone),
            await table.by_email(ANNA.email),
            await table.by_telegram(501),
        ]

    found = asyncio.run(work())
    assert {user.id for user in found} == {"anna"}
    assert (found[0].telegram_name, found[0].created_at, found[0].updated_at) == ("@anna", 1, 2)


def test_users_without_phone_and_account_are_not_the_same_person(table):
    async def work():
        added = [await table.add(UserRow(id=name), at=1) for name in ("a", "b", "a")]
        return added, await table.by_phone(""), await table.like(UserRow(id="c"))

    assert asyncio.run(work()) == ([True, True, False], None, [])


@pytest.mark.parametrize(
    "text", ["anna", "SCHMIDT", "Анна", "12345", "ANNA@example", "example.org"]
)
def test_a_part_of_name_phone_or_address_finds_a_user(table, text):
    async def work():
        await table.add(ANNA, at=1)
        await table.add(UserRow(id="boris", name="Борис"), at=1)
        return [user.id for user in await table.all(text=text)]

    assert asyncio.run(work()) == ["anna"]


def test_pages_of_users_go_by_id(table):
    async def work():
        for name in ("c", "a", "ö", "b", "Z"):
            await table.add(UserRow(id=name), at=1)
        first = await table.all(limit=3)
        return [user.id for user in [*first, *await table.all(after=first[-1].id, limit=3)]]

    assert asyncio.run(work()) == ["Z", "a", "b", "c", "ö"]


def test_of_two_who_add_the_same_person_at_once_one_is_told_no(table, other):
    async def one_pair(number):
        one, two = (UserRow(id=f"{name}-{number}", phone=f"+49301{number}") for name in "ab")
        return sorted(await asyncio.gather(table.add(one, at=1), other.add(two, at=1)))

    async def work():
        return [await one_pair(number) for number in range(30)]

    assert asyncio.run(work()) == [[False, True]] * 30


def test_of_two_who_take_one_account_at_once_one_has_it(table, other):
    async def work():
        for name in ("anna", "boris"):
            await table.add(UserRow(id=name), at=1)
        links = (
            place.link(name, 501, telegram_name="", relink="never", at=2)
            for place, name in ((table, "anna"), (other, "boris"), (other, "boris"))
        )
        done = await asyncio.gather(*links)
        return done, [user.telegram_id for user in await table.all()]

    done, accounts = asyncio.run(work())
    assert sorted(accounts, key=str) == [501, None]
    assert sorted(set(done)) == [False, True]


def test_an_account_moves_only_where_that_is_wanted(table):
    async def link(name, relink):
        return await table.link(name, 501, telegram_name="", relink=relink, at=2)

    async def work():
        for name in ("anna", "boris"):
            await table.add(UserRow(id=name), at=1)
        done = [await link("anna", "never"), await link("boris", "never")]
        done += [await link("eve", "account"), await link("boris", "account")]
        return done, (await table.by_telegram(501)).id, await table.unlink("anna", at=3)

    assert asyncio.run(work()) == ([True, False, False, True], "boris", False)


def test_a_balance_that_many_change_at_once_loses_nothing_and_books_nothing_in_vain(table, other):
    async def credit(place, key):
        while True:
            before = (await place.by_id("anna")).balance
            row = BookingRow(2, "1", str(int(before) + 1), "tip")
            if await place.book("anna", row, before=before, key=key):
                return

    async def work():
        await table.add(ANNA, at=1)
        places = (table, other) * 6
        await asyncio.gather(*(credit(place, f"k{n}") for n, place in enumerate(places)))
        return (await table.by_id("anna")).balance, await table.bookings("anna", limit=50)

    balance, bookings = asyncio.run(work())
    assert balance == "12"
    assert [row.balance for row in bookings] == [str(n) for n in range(12, 0, -1)]


def test_a_booking_is_found_by_its_key_and_goes_with_its_user(table):
    async def work():
        await table.add(ANNA, at=1)
        await table.book("anna", BookingRow(2, "5", "5", "tip"), before="0", key="mail-1")
        found = await table.booking_of("anna", "mail-1")
        gone = [await table.remove("anna"), await table.remove("anna")]
        return (
            found,
            await table.booking_of("anna", ""),
            gone,
            await table.bookings("anna", limit=9),
        )

    found, unnamed, gone, left = asyncio.run(work())
    assert (found.amount, unnamed, gone, left) == ("5", None, [True, False], [])
