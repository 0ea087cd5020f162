"""Expressions written by an enemy: each is an ordinary error, and neither memory nor loop suffers."""

import asyncio
import contextlib
import os
import resource
import signal
import time
from pathlib import Path

import pytest

from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import Evaluator, Limits, compile_value

from .conftest import SCOPE

ATTACKS = [
    "().__class__.__bases__[0].__subclasses__()",
    "input.__class__",
    "input['__class__'].x",
    "getattr(input, '__class__')",
    "(lambda: 0).__globals__",
    "__import__('os').system('id')",
    "open('/etc/passwd').read()",
    "eval('1')",
    "exec('1')",
    "globals()",
    "os.environ",
    "json.codecs.open('/etc/passwd')",
    "re.enum.sys.modules",
    "math.__loader__",
    "'{0.__class__.__mro__}'.format(input)",
    "'{0.x.__init__.__globals__}'.format(input)",
    "f'{input.__class__}'",
    "str.__subclasses__(str)",
    "type(input)",
    "breakpoint()",
    "[0] * 10**9",
    "'a' * 10**10",
    "list(range(10**9))",
    "[x for x in range(10**12)]",
    "[[y for y in range(10**6)] for x in range(10**6)]",
    "'%1000000000d' % 1",
    "f'{1:>10000000000}'",
    "','.join(['x' * 10**6] * 10**4)",
    "(lambda f: f(f))(lambda f: f(f))",
    "[f(f) for f in [lambda g: g(g)]]",
    "re.match('(a+)+$', 'a' * 40 + 'b') and 1 / 0 or nope",
    "sum(sum(range(10**5)) for _ in range(10**9))",
    "json.loads('[' * 100000)",
    "_get(input, '__class__')",
    "bytes(10**10)",
    "[{'n': 10 ** 4500}]",
    "'{:>{}}'.format(1, 10**10)",
    "input.x.to_bytes(10**10)",
    "print('x' * 10**7) or nope",
    "{**{n: n for n in range(10**8)}}",
    "sorted(range(10**9), key=lambda n: -n)",
    "re.sub('x', 'y' * 10**6, 'x' * 10**6)",
]
ENDLESS = "[0 for n in range(10**15) if n < 0]"
CLOCK = SystemClock()
SLOW_ATTACKS = ["10**8**8", "pow(10**8, 10**8)", "(10**8)**(10**6)", "1 << 10**11"]


@pytest.mark.slow
@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_is_an_ordinary_error(runner, evaluator, text):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(ExpressionError):
        runner.run(attempt(evaluator, text))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("text", SLOW_ATTACKS)
def test_a_giant_number_is_an_ordinary_error(runner, evaluator, text):
    with pytest.raises(ExpressionError, match=r"longer than|needs more than|4,000 digits"):
        runner.run(attempt(evaluator, text))


async def attempt(evaluator: Evaluator, text: str) -> None:
    compiled = compile_value("{{ " + text + " }}")
    for _, problem in compiled.problems:
        raise problem
    await evaluator.render(compiled, SCOPE)


@pytest.mark.slow
def test_an_endless_expression_ends_and_the_loop_goes_on_meanwhile(runner):
    message, pauses = runner.run(watch_the_loop_during(ENDLESS))

    assert "longer than the 0.3 s" in message
    assert max(pauses) < 0.3
    assert len(pauses) > 10


async def watch_the_loop_during(text: str) -> tuple[str, list[float]]:
    evaluator = Evaluator(Limits(max_seconds=0.3))
    pauses: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        busy = tasks.create_task(outcome(evaluator, text))
        while not busy.done():
            start = time.monotonic()
            await CLOCK.sleep(0.005)
            pauses.append(time.monotonic() - start)
    await evaluator.close()
    return str(busy.result()), pauses


async def outcome(evaluator: Evaluator, text: str) -> object:
    try:
        return await evaluator.render(compile_value("{{ " + text + " }}"), SCOPE)
    except ExpressionError as error:
        return str(error)


def at_work(pids: set[int]) -> set[int]:
    """Return those that have used a tenth of a second: one that has not begun yet is just replaced."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks = int(facts[11]) + int(facts[12])
            if facts[0] != "Z" and ticks >= os.sysconf("SC_CLK_TCK") / 10:
                found.add(pid)
    return found


def children() -> set[int]:
    threads = Path("/proc/self/task").glob("*/children")
    return {int(pid) for thread in threads for pid in thread.read_text().split()}


def test_a_worker_killed_in_the_middle_costs_at_most_that_evaluation(runner):
    first, second = runner.run(kill_and_ask_again(times=2, seconds=20))

    assert "was killed" in first
    assert second == 3


@pytest.mark.slow
def test_a_worker_that_dies_once_is_replaced_without_a_word(runner):
    first, _ = runner.run(kill_and_ask_again(times=1, seconds=1))

    assert "longer than" in first


async def kill_and_ask_again(*, times: int, seconds: float) -> tuple[str, object]:
    evaluator = Evaluator(Limits(max_seconds=seconds, max_processes=1))
    before = children()
    async with asyncio.TaskGroup() as tasks:
        busy = tasks.create_task(outcome(evaluator, ENDLESS))
        for _ in range(times):
            while not (pids := at_work(children() - before)) and not busy.done():
                await CLOCK.sleep(0.01)
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            while pids & at_work(children()):
                await CLOCK.sleep(0.01)
    second = await outcome(evaluator, "max(1, 3)")
    await evaluator.close()
    return str(busy.result()), second


def test_a_cancelled_evaluation_leaves_at_once_and_the_next_one_works(runner):
    seconds, result = runner.run(cancel_and_ask_again())

    assert seconds < 0.5
    assert result == 3


async def cancel_and_ask_again() -> tuple[float, object]:
    evaluator = Evaluator(Limits(max_seconds=20, max_processes=1))
    async with asyncio.TaskGroup() as tasks:
        busy = tasks.create_task(outcome(evaluator, ENDLESS))
        await CLOCK.sleep(0.2)
        start = time.monotonic()
        busy.cancel()
    result = await outcome(evaluator, "max(1, 3)")
    await evaluator.close()
    return time.monotonic() - start, result


@pytest.mark.slow
def test_a_thousand_evaluations_at_once_all_answer(runner, evaluator):
    async def ask(number: int) -> object:
        compiled = compile_value(f"{{{{ [{number} for _ in input] }}}}")
        return await evaluator.render(compiled, SCOPE)

    async def ask_all() -> list[object]:
        return await asyncio.gather(*map(ask, range(1_000)))

    assert runner.run(ask_all()) == [[number] for number in range(1_000)]


def test_one_evaluation_leaves_nothing_behind_for_the_next(runner, evaluator):
    with pytest.raises(ExpressionError):
        runner.run(attempt(evaluator, "[leftover for leftover in [1]] and leftover"))


@pytest.mark.slow
def test_a_busy_sandbox_is_told_and_not_waited_for_without_end(runner):
    first, second = runner.run(ask_two_with_one_process())

    assert "longer than" in str(first)
    assert "no sandbox process was free" in str(second)


async def ask_two_with_one_process() -> tuple[object, object]:
    evaluator = Evaluator(Limits(max_seconds=0.4, max_processes=1, max_wait_seconds=0.1))
    await outcome(evaluator, "max(1, 2)")
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(outcome(evaluator, ENDLESS))
        await CLOCK.sleep(0.05)
        second = tasks.create_task(outcome(evaluator, "max(1, 2)"))
    await evaluator.close()
    return first.result(), second.result()


def test_closing_twice_and_before_use_is_fine(runner):
    evaluator = Evaluator()

    runner.run(evaluator.close())
    runner.run(evaluator.close())


def test_no_process_is_left_after_closing(runner):
    async def open_and_close() -> None:
        evaluator = Evaluator()
        await evaluator.render(compile_value("{{ max(1, 2) }}"), SCOPE)
        await evaluator.close()

    before = children()
    runner.run(open_and_close())

    assert children() <= before


@pytest.mark.parametrize("call", ["re.search", "re.fullmatch", "re.sub", "re.split", "re.findall"])
@pytest.mark.parametrize("pattern", ["(a+)+$", r"(a|aa)+\\1$", "(?=(a+)+$)b"])
def test_a_pattern_in_an_expression_keeps_nobody_waiting(runner, evaluator, call, pattern):
    more = "'', " if call == "re.sub" else ""
    hostile = compile_value(f"{{{{ {call}('{pattern}', {more}'a' * 5000 + '!') and 1 }}}}")

    async def beside():
        attacked = asyncio.ensure_future(evaluator.render(hostile, SCOPE))
        pauses = [await _pause() for _ in range(20)]
        with contextlib.suppress(ExpressionError):
            await asyncio.wait_for(attacked, 5)
        return max(pauses)

    assert runner.run(beside()) < 0.5


async def _pause():
    before = time.perf_counter()
    await asyncio.sleep(0.005)
    return time.perf_counter() - before
