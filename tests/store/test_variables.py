import asyncio
import time

from flowforge_lab.store import Variable


def variable(value: object, *, name: str = "limit", expires_at: int | None = None) -> Variable:
    return Variable("user", "ann", name, value, expires_at)


def test_gives_back_any_json_value(open_lab):
    table, other = open_lab().variables, open_lab().variables
    value = {"list": [1, 2.5, None, "ž"], "big": 10**15}

    async def work():
        await table.set(variable(value))
        return await other.find("user", "ann", "limit"), await other.find("user", "bob", "limit")

    assert asyncio.run(work()) == (variable(value), None)


def test_the_value_none_removes_it(open_lab):
    table = open_lab().variables

    async def work():
        await table.set(variable(1))
        await table.set(variable(None))
        return await table.find("user", "ann", "limit"), await table.remove("user", "ann", "limit")

    assert asyncio.run(work()) == (None, False)


def test_an_expired_value_is_not_there_and_goes(open_lab):
    table = open_lab().variables
    past = int(time.time() * 1e6) - 1

    async def work():
        await table.set(variable(1, name="old", expires_at=past))
        await table.set(variable(2, name="young", expires_at=past + 10**9))
        return (
            await table.find("user", "ann", "old"),
            await table.all("user", "ann"),
            await table.expire(),
        )

    old, [young], count = asyncio.run(work())
    assert (old, young.name, count) == (None, "young", 1)


def test_swaps_only_what_is_as_expected(open_lab):
    table = open_lab().variables

    async def work():
        return (
            await table.swap(variable(1), expected=5),
            await table.swap(variable(1), expected=None),
            await table.swap(variable(9), expected=None),
            await table.swap(variable(2), expected=1),
            (await table.find("user", "ann", "limit")).value,
        )

    assert asyncio.run(work()) == (False, True, False, True, 2)


def test_a_counter_swapped_by_two_processes_loses_no_step(open_lab):
    tables = [open_lab().variables, open_lab().variables]

    async def add(table) -> None:
        for _ in range(10):
            while True:
                found = await table.find("user", "ann", "limit")
                count = found.value if found else None
                if await table.swap(variable((count or 0) + 1), expected=count):
                    break

    async def work():
        await asyncio.gather(*(add(table) for table in tables for _ in range(2)))
        return (await tables[0].find("user", "ann", "limit")).value

    assert asyncio.run(work()) == 40
