"""Long work is told as it goes on; it ends with its listener."""

import asyncio
from contextlib import aclosing

import pytest

from flowforge_lab.api.progress import Progress, event, told
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import QueryError


def telling(work, progress, *, is_wanted=lambda: True):
    def tell(found):
        yield event("end", b"%d" % found)

    return told(work, progress, clock=SystemClock(), is_wanted=is_wanted, tell=tell)


def texts_of(work, progress):
    async def collected():
        async with aclosing(telling(work, progress)) as texts:
            return [text async for text in texts]

    return asyncio.run(collected())


def test_progress_and_then_the_end():
    progress = Progress(2)

    async def work():
        progress.tell(2, 2)
        return 7

    assert texts_of(work, progress)[-2:] == [
        b'event: progress\ndata: {"done":2,"total":2}\n\n',
        b"event: end\ndata: 7\n\n",
    ]


def test_what_goes_wrong_is_told_as_a_problem():
    async def work():
        raise QueryError("no such column")

    text = texts_of(work, Progress(1))[-1]

    assert text.startswith(b"event: error\n")
    assert b'"code":"query.invalid"' in text
    assert b"no such column" in text


@pytest.mark.parametrize("leaves", [True, False])
def test_work_is_cancelled_when_nobody_listens_or_wants_it(leaves):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def listen():
        def wanted():
            return leaves or not begun.is_set()

        async with aclosing(telling(work, Progress(1), is_wanted=wanted)) as texts:
            first = await anext(texts)
            await begun.wait()
            return [first, *([] if leaves else [text async for text in texts])]

    assert asyncio.run(listen()) == [b'event: progress\ndata: {"done":0,"total":1}\n\n']
    assert ended.is_set()
