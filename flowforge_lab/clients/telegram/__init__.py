"""Telegram's Bot API: its methods, its pace, its markup."""

from .client import ChatId, TelegramClient, Upload
from .html import parse_html
from .markdown import parse_markdown
from .marked import MAX_CAPTION, MAX_TEXT, Marked, MarkupError, Span, split, units
from .settings import Bot, TelegramConnection, bot_of

__all__ = [
    "MAX_CAPTION",
    "MAX_TEXT",
    "Bot",
    "ChatId",
    "Marked",
    "MarkupError",
    "Span",
    "TelegramClient",
    "TelegramConnection",
    "Upload",
    "bot_of",
    "parse_html",
    "parse_markdown",
    "split",
    "units",
]
