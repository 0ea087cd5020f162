"""Answers that go out in one piece."""

import asyncio

import pytest

from flowforge_lab.api.protocol import WholeAnswers

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


class Wire:
    """Notes each call that would be one of the system."""

    def __init__(self):
        self.sent = []
        self.is_closed = False

    def write(self, data):
        self.sent.append(data)

    def writelines(self, parts):
        self.sent.append(b"".join(parts))

    def close(self):
        self.is_closed = True

    def is_closing(self):
        return self.is_closed

    def get_extra_info(self, name):
        return name


def on_the_wire(use):
    """Return what went out, after `use` had a transport and a turn of the loop for each part it yields."""

    async def turns():
        wire = Wire()
        for _ in use(WholeAnswers(wire, asyncio.get_running_loop())):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return wire

    return asyncio.run(turns())


def test_a_head_goes_out_with_the_body_that_follows_it():
    def answer(transport):
        transport.write(HEAD)
        transport.write(b"ok")
        yield

    assert on_the_wire(answer).sent == [HEAD + b"ok"]


def test_a_head_that_nothing_follows_goes_out_alone_and_at_once():
    def stream(transport):
        transport.write(HEAD)
        yield
        transport.write(b"data: 1\n\n")
        yield
        transport.write(b"data: 2\n\n")

    assert on_the_wire(stream).sent == [HEAD, b"data: 1\n\n", b"data: 2\n\n"]


def test_one_answer_after_another_keeps_the_order():
    def answers(transport):
        for _ in range(2):
            transport.write(HEAD)
            transport.write(b"ok")
        transport.write(HEAD)
        transport.write(HEAD)
        yield

    assert b"".join(on_the_wire(answers).sent) == (HEAD + b"ok") * 2 + HEAD * 2


def test_closing_sends_what_was_kept_first():
    def end(transport):
        transport.write(HEAD)
        transport.close()
        yield

    wire = on_the_wire(end)
    assert (wire.sent, wire.is_closed) == ([HEAD], True)


@pytest.mark.parametrize("body", [b"", HEAD, b"x" * 1_000_000])
def test_a_body_of_any_kind_follows_its_head(body):
    def answer(transport):
        transport.write(HEAD)
        transport.write(body)
        yield

    assert b"".join(on_the_wire(answer).sent) == HEAD + body


def test_all_else_is_the_transport_itself():
    assert WholeAnswers(Wire(), None).get_extra_info("peername") == "peername"
