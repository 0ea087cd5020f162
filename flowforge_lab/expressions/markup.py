"""Templates of marked up text: a value put into one is text, whatever characters it has."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from .joining import text_of

Escape = Callable[[Any], str]
_MARKDOWN = re.compile(r"([_*\[\]()~`>#+\-=|{}.!\\])")


def escape_html(value: Any) -> str:
    """Return a value as text within HTML, also within the quotes of an attribute."""
    return escape(text_of(value), quote=True).replace("&#x27;", "&#39;")


def escape_markdown(value: Any) -> str:
    """Return a value as text within Telegram's MarkdownV2, also within code and addresses of links."""
    return _MARKDOWN.sub(r"\\\1", text_of(value))


ESCAPES: Mapping[str, Escape] = {"html": escape_html, "markdown": escape_markdown}
"""How a value is put into a field, by the field's role."""
