"""Who asks, and how an answer finds its way to exactly that page."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flowforge_lab.errors import FlowForgeError

logger = logging.getLogger(__name__)
Message = dict[str, Any]
_MAX_NOTICE = 600
S = TypeVar("S")


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


class Views:
    """The views of one session. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: list[View] = []

    def join(self, view: View) -> None:
        """Take a view in; joining twice counts once."""
        with self._lock:
            if view not in self._views:
                self._views.append(view)

    def leave(self, view: View) -> None:
        """Let a view go."""
        with self._lock:
            if view in self._views:
                self._views.remove(view)

    def tell(self, message: Message) -> None:
        """Hand a message to every view."""
        with self._lock:
            views = list(self._views)
        for view in views:
            tell(view, message)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._views.clear()


def answer_by(
    answers: Mapping[str, Callable[[S, Asker, Any], None]], session: S, view: View, *, message: Any
) -> None:
    """Do what a page asks for, by the kind of its message. What cannot be done is told to that page."""
    kind = message.get("kind") if isinstance(message, Mapping) else None
    respond = answers.get(str(kind))
    if respond is None:
        logger.debug("message of an unknown kind", extra={"kind": kind})
        return
    asker = Asker(view, str(message.get("client", "")), message.get("seq"))
    try:
        respond(session, asker, message)
    except FlowForgeError as error:
        asker.tell(_notice(str(error)))
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("malformed message", extra={"kind": kind}, exc_info=True)
        asker.tell(_notice(f"the page sent something malformed: {error!r}"))


def _notice(text: str) -> Message:
    shown = text if len(text) <= _MAX_NOTICE else f"{text[:_MAX_NOTICE]}…"
    return {"kind": "notice", "text": shown, "tone": "error"}
