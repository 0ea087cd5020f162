"""What happens in this process, for everybody who wants to see it live."""

import logging
from collections.abc import Callable

from flowforge_lab.events import Entry

logger = logging.getLogger(__name__)
Reader = Callable[[Entry], None]


class Feed:
    """Hands each acknowledged entry to its readers. A reader that raises is logged and loses that entry."""

    def __init__(self) -> None:
        self._readers: dict[Reader, str] = {}

    def __call__(self, entry: Entry) -> None:
        """Hand out one entry; this is the engine's listener."""
        if not self._readers:
            return
        for reader, execution_id in list(self._readers.items()):
            if execution_id and execution_id != entry.execution_id:
                continue
            try:
                reader(entry)
            except Exception:
                logger.exception("a reader of the feed failed")

    def subscribe(self, reader: Reader, *, execution_id: str = "") -> Callable[[], None]:
        """Call `reader` for each entry (of one execution, or all) until the function returned is called."""
        self._readers[reader] = execution_id

        def unsubscribe() -> None:
            self._readers.pop(reader, None)

        return unsubscribe
