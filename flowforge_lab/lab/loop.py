"""The one place where synchronous callers meet the asynchronous core."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from flowforge_lab.errors import StoreUnavailableError

T = TypeVar("T")


class LoopThread:
    """An event loop in a thread of its own, so that a notebook cell or a script can simply call and wait."""

    def __init__(self, name: str = "flowforge") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop itself."""
        return self._loop

    def run_sync(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, run on the loop; an interrupt (Ctrl+C) cancels it there.

        Raises:
            StoreUnavailableError: the loop was closed.
        """
        if threading.current_thread() is self._thread:
            work.close()
            msg = "this call would wait for its own loop; use the async form inside the lab's loop"
            raise RuntimeError(msg)
        if self._loop.is_closed():
            work.close()
            msg = "this lab is closed: open it anew"
            raise StoreUnavailableError(msg)
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop and end its thread; may be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        if not self._loop.is_closed() and not self._loop.is_running():
            self._loop.close()


async def until_exit(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do what goes on in the background, to its end or that of the interpreter.

    A script may end without closing its lab: then there are no threads any more before the lab is closed.
    """
    try:
        await work()
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
