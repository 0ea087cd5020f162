"""Who asks, and how an answer finds its way to exactly that page."""

import logging
from dataclasses import dataclass
from typing import Any, Protocol

logger = logging.getLogger(__name__)
Message = dict[str, Any]


class View(Protocol):
    """A place where the editor is shown. `send` may be called from any thread, and must not block."""

    def send(self, message: Message) -> None:
        """Hand a message of JSON values to the browser."""


@dataclass(frozen=True)
class Asker:
    """Who asked: a host, and which of the pages behind it, since one widget may be shown twice."""

    view: View
    client: str
    seq: int | None = None

    def tell(self, message: Message) -> None:
        """Answer this page alone."""
        tell(self.view, {**message, "to": self.client})


def tell(view: View, message: Message) -> None:
    """Hand a message to a view; one that is gone is logged, so that it does not stop the others."""
    try:
        view.send(message)
    except Exception:  # a host may raise anything once its page is closed
        logger.warning("a view did not take a message", exc_info=True)
