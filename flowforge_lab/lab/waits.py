"""What a lab's executions wait for, as a notebook or a script sees it."""

from collections.abc import Sequence
from typing import Any

from flowforge_lab.services import Answered, Waits, WaitView

from .loop import LoopThread


class LabWaits:
    """`lab.waits`: what is waited for, and the answers to it; every call may be made from any thread."""

    def __init__(self, loop: LoopThread, waits: Waits) -> None:
        self._loop = loop
        self._waits = waits

    def list(self, execution_id: str = "") -> Sequence[WaitView]:
        """Return what is waited for in the whole lab, or by one execution."""
        return self._loop.run_sync(self._waits.all(execution_id=execution_id))

    def answer(self, key: str, answer: Any, *, goes_on: bool = True) -> Answered:
        """Answer the wait for a key or a token; with `goes_on` its execution goes on in this process.

        Raises:
            PlanError: the answer is not what the wait expects; it names every fault, and the wait stays.
            ConflictError: it was answered before, or the wait is over.
            NotFoundError: nobody waits for it.
        """
        return self._loop.run_sync(self._waits.answer(key, answer, goes_on=goes_on))
