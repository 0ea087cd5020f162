"""HTML that the server makes, shown in a browser that keeps its reader's place from one update to the next."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

ASSETS = Path(__file__).parent / "assets"


@cache
def stylesheet() -> str:
    """Return the design system as CSS."""
    return (ASSETS / "dashboard.css").read_text(encoding="utf-8")


class Fragment(JSComponent):
    """A part of the dashboard; `hear` is called with what people do in it."""

    _bundle = ASSETS / "screen.js"

    html = param.String(default="")
    part = param.String(default="main", constant=True)
    is_served = param.Boolean(default=True, constant=True)
    css = param.String(default="", constant=True)

    def __init__(self, hear: Callable[[Mapping[str, Any]], None], **params: Any) -> None:
        self._hear = hear
        super().__init__(**params)  # type: ignore[no-untyped-call]  # panel has no types

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, dict):
            self._hear(message)

    def tell(self, message: dict[str, Any]) -> None:
        """Hand a message to the browser."""
        self._send_msg(message)
