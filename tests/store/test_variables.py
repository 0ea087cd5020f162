import asyncio
import subprocess
import sys
import time

import pytest

from flowforge_lab.errors import StoreError
from flowforge_lab.store import Variable

from .conftest import BOTH

KEEPERS = BOTH


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


def test_swaps_by_value_and_not_by_the_way_it_is_written(open_lab):
    table = open_lab().variables

    async def work():
        await table.set(variable({"a": 1e-05, "b": [1]}))
        return (
            await table.swap(variable("yes"), expected={"b": [1.0], "a": 0.00001}),
            await table.swap(variable("yes"), expected={"b": [1], "a": 0.00001}),
            await table.swap(variable(2), expected=1),
        )

    assert asyncio.run(work()) == (False, True, False)


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


def test_adds_to_a_number_and_counts_from_nothing(open_lab):
    table = open_lab().variables

    async def work():
        return [
            await table.increment(("user", "ann", "count")),
            await table.increment(("user", "ann", "count"), by=10**30),
            await table.increment(("user", "ann", "count"), by=-(10**30)),
            await table.increment(("user", "ann", "ratio"), by=0.5),
            await table.increment(("user", "ann", "ratio")),
        ]

    assert asyncio.run(work()) == [1, 10**30 + 1, 1, 0.5, 1.5]


def test_adds_decimals_exactly(open_lab):
    table = open_lab().variables

    async def add(*numbers):
        await table.remove("user", "ann", "money")
        for number in numbers:
            total = await table.increment(("user", "ann", "money"), by=number)
        return total

    async def work():
        return [
            await add({"$decimal": "0.1"}, {"$decimal": "0.2"}),
            await add(10**40, {"$decimal": "1E-40"}),
            await add({"$decimal": "1.10"}, 0.1, 2),
        ]

    assert [total["$decimal"] for total in asyncio.run(work())] == [
        "0.3",
        f"{10**40}.{'0' * 39}1",
        "3.20",
    ]


@pytest.mark.parametrize(
    ("value", "by"),
    [
        ("one", 1),
        (True, 1),
        (1, False),
        ([1], 1),
        ({"a": 1}, 1),
        (1, "1"),
        (1, None),
        (1e308, 1e308),
        ({"$decimal": "NaN"}, 1),
        ({"$decimal": "ten"}, 1),
        ({"$decimal": "1E+9999"}, {"$decimal": "1"}),
    ],
)
def test_refuses_to_add_what_is_no_number_and_leaves_the_rest(open_lab, value, by):
    table = open_lab().variables

    async def work():
        await table.set(variable(value))
        with pytest.raises(StoreError):
            await table.increment(("user", "ann", "limit"), by=by)
        return (await table.find("user", "ann", "limit")).value

    assert asyncio.run(work()) == value


def test_adding_keeps_the_time_to_live_and_starts_anew_after_it(open_lab):
    table = open_lab().variables
    now = int(time.time() * 1e6)
    soon, later = now + 10**9, now + 10**10

    async def work():
        for name, ends in (("old", now - 1), ("young", soon)):
            await table.set(variable(5, name=name, expires_at=ends))
            await table.increment(("user", "ann", name), by=2, expires_at=later)
        return [(one.name, one.value, one.expires_at) for one in await table.all("user", "ann")]

    assert asyncio.run(work()) == [("old", 2, later), ("young", 7, soon)]


@pytest.mark.parametrize("start", [1e16, 1.5e-7, 1e22, 123456789.25, -2.5e300, 1e-5])
def test_a_sum_can_be_swapped_like_any_other_value(open_lab, start):
    table = open_lab().variables

    async def work():
        total = await table.increment(("user", "ann", "limit"), by=start)
        return await table.swap(variable("next"), expected=total)

    assert asyncio.run(work())


HAMMER = """
import asyncio, sys
from pathlib import Path
from flowforge_lab.clock import SystemClock
from flowforge_lab.store import Target, Terms, Variable, open_store

async def work(table):
    for _ in range(200):
        await table.increment(("project", "", "count"), by=3)
        while True:
            found = await table.find("project", "", "swapped")
            count = found.value if found else None
            if await table.swap(Variable("project", "", "swapped", (count or 0) + 1, None), expected=count):
                break

target = Target(*sys.argv[2:]) if sys.argv[2:] else None
store = open_store(Path(sys.argv[1]), clock=SystemClock(), terms=Terms(linger=0.3), target=target)
asyncio.run(work(store.variables))
store.close()
"""


@pytest.mark.slow
def test_two_processes_that_hammer_a_variable_lose_no_step(open_lab, folder, keeper, request):
    table = open_lab().variables
    command = [sys.executable, "-c", HAMMER, str(folder)]
    if keeper == "postgres":
        target = request.getfixturevalue("target")
        command += [target.url, target.schema]

    codes = [process.wait(25) for process in [subprocess.Popen(command) for _ in range(2)]]

    async def work():
        return [(await table.find("project", "", name)).value for name in ("count", "swapped")]

    assert codes == [0, 0]
    assert asyncio.run(work()) == [1200, 400]
