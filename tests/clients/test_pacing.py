"""Turns: a burst, then evenly, in order; what is cancelled gives its turn back."""

import asyncio
import time

import pytest

from flowforge_lab.clients import HttpClient, HttpPolicy, HttpRequest, Pacer
from flowforge_lab.clients.http.limits import Breaker
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import NodeError
from flowforge_lab.testing import Reply
from flowforge_lab.values import Rate, parse_rate


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.time = 1000.0

    def monotonic(self):
        return self.time


def test_gives_as_many_turns_at_once_as_the_rate_says_and_then_evenly():
    pacer = Pacer(Clock())

    waits = [pacer.reserve("k", parse_rate("4/s")) for _ in range(8)]

    assert waits == pytest.approx([0, 0, 0, 0, 0.25, 0.5, 0.75, 1.0])


def test_turns_come_back_with_time_and_never_more_than_the_rate():
    clock = Clock()
    pacer = Pacer(clock)
    for _ in range(4):
        pacer.reserve("k", Rate(4, 1.0))
    clock.time += 3600

    waits = [pacer.reserve("k", Rate(4, 1.0)) for _ in range(5)]

    assert waits == pytest.approx([0, 0, 0, 0, 0.25])


def test_one_key_does_not_wait_for_another():
    pacer = Pacer(Clock())
    pacer.reserve("a", Rate(1, 60.0))

    assert pacer.reserve("b", Rate(1, 60.0)) == 0
    assert pacer.reserve("a", Rate(1, 60.0)) == pytest.approx(60)


async def cancelled(pacer, rate):
    waiting = [asyncio.create_task(pacer.wait("k", rate)) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in waiting[1:]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def test_who_is_cancelled_while_waiting_gives_the_turn_back():
    pacer = Pacer(SystemClock())

    asyncio.run(cancelled(pacer, Rate(1, 60.0)))

    assert pacer.reserve("k", Rate(1, 60.0)) == pytest.approx(60, abs=1)


async def order(pacer, rate):
    done = []

    async def one(number):
        await pacer.wait("k", rate)
        done.append(number)

    await asyncio.gather(*(one(number) for number in range(10)))
    return done


def test_first_come_first_served():
    assert asyncio.run(order(Pacer(SystemClock()), parse_rate("2/20ms"))) == list(range(10))


@pytest.mark.slow
def test_a_host_is_asked_no_more_often_than_the_lab_says(run, server):
    rates = {"127.0.0.*": parse_rate("2/200ms"), "example.com": parse_rate("1/d")}
    http = HttpClient(HttpPolicy(private_addresses="always", host_rates=rates))
    server.tell("/a", *[Reply()] * 4)
    began = time.monotonic()

    for _ in range(4):
        run(http.send(HttpRequest(url=server.url("/a"))))

    assert 0.2 <= time.monotonic() - began < 5
    run(http.close())


def breaker(clock, told):
    return Breaker(clock, failures=3, seconds=30, window=60, on_change=told.append)


def refused(breaker):
    try:
        breaker.admit("h")
    except NodeError as error:
        return error.retry_after
    return None


def test_a_circuit_opens_lets_one_try_and_closes_again():
    clock, told = Clock(), []
    circuit = breaker(clock, told)
    for _ in range(3):
        circuit.note("h", "down")

    assert refused(circuit) == 30
    clock.time += 31
    assert circuit.views()[0].state == "half_open"
    assert refused(circuit) is None  # the one that tries
    assert refused(circuit) == 30
    circuit.note("h")
    assert refused(circuit) is None
    assert [view.state for view in told] == ["open", "closed"]


def test_a_try_that_fails_closes_the_way_for_as_long_again():
    clock, told = Clock(), []
    circuit = breaker(clock, told)
    for _ in range(3):
        circuit.note("h", "down")
    clock.time += 90  # longer than the window
    circuit.admit("h")

    circuit.note("h", "down")

    assert refused(circuit) == 30
    assert circuit.views()[0].failures == 4


def test_failures_far_apart_are_not_in_a_row():
    clock, told = Clock(), []
    circuit = breaker(clock, told)
    for _ in range(5):
        circuit.note("h", "down")
        clock.time += 61

    assert refused(circuit) is None
    assert told == []


@pytest.mark.parametrize("status", [400, 404, 429])
def test_an_answer_that_blames_us_never_opens_a_circuit(run, server, status):
    http = HttpClient(HttpPolicy(private_addresses="always", breaker_failures=1))
    server.tell("/a", *[Reply(status=status)] * 3)

    for _ in range(3):
        with pytest.raises(NodeError) as caught:
            run(http.send(HttpRequest(url=server.url("/a"))))
        assert caught.value.type == "http.status"

    assert http.circuits() == []
    run(http.close())
