"""A lab over parts that somebody else opened, such as a server: its screens call it like any other."""

import asyncio
import threading

from flowforge_lab.analysis import Frames

from .lab import Lab
from .loop import LoopThread
from .parts import Parts


class LentLoop(LoopThread):
    """The loop that is running now; calls may be made from any other thread. Closing it closes nothing."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.current_thread()

    def close(self) -> None:
        """Leave the loop to whoever runs it."""


class LentLab(Lab):
    """The lab of `parts`, which live on the loop that is running now. Closing it closes nothing.

    Its calls wait for that loop, so none may be made on it.
    """

    def __init__(self, parts: Parts) -> None:
        self.root, self.settings, self.parts = parts.root, parts.settings, parts
        self._loop = LentLoop()
        self._is_closed = True
        Frames.__init__(self, parts.store.history)
