"""Telegram's HTML, read as its servers read it."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from .marked import Marked, MarkupError, Span, ordered

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_REFERENCE = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
}
_MAX_CODE_POINT = 0x10FFFF


class _Open(msgspec.Struct):
    tag: str
    type: str
    start: int
    facts: dict[str, Any]


def parse_html(source: str) -> Marked:
    """Return the text and formatting of Telegram's HTML.

    Raises:
        MarkupError: a tag is unknown, not closed, or closed by another one.
    """
    text: list[str] = []
    size, position = 0, 0
    opened: list[_Open] = []
    spans: list[Span] = []
    while position < len(source):
        end = source.find("<", position)
        if end != position:
            piece = _plain(source[position : end if end >= 0 else len(source)])
            text.append(piece)
            size += len(piece)
            position = end if end >= 0 else len(source)
            continue
        found = _tag_at(source, position)
        if found.group(1):
            _close(opened, spans, tag=found.group(2).lower(), size=size)
        else:
            opened.append(_opening(found, position, size))
        position = found.end()
    if opened:
        msg = f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"'
        raise MarkupError(msg)
    return Marked("".join(text), ordered(spans))


def _plain(piece: str) -> str:
    return _REFERENCE.sub(_character, piece)


def _character(found: re.Match[str]) -> str:
    name = found.group(1)
    if name in _NAMED:
        return _NAMED[name]
    code = int(f"0{name[1:]}", 16) if name[1] == "x" else int(name[1:])
    return chr(code) if 0 < code <= _MAX_CODE_POINT else found.group()


def _tag_at(source: str, position: int) -> re.Match[str]:
    found = _TAG.match(source, position)
    if found is None:
        offset = len(source[:position].encode())
        msg = f"Unclosed start tag at byte offset {offset}"
        raise MarkupError(msg)
    return found


def _opening(found: re.Match[str], position: int, size: int) -> _Open:
    tag = found.group(2).lower()
    attributes = {
        name.lower(): _plain(value.strip("\"'"))
        for name, value in _ATTRIBUTE.findall(found.group(3))
    }
    kind = _kind_of(tag, attributes)
    if kind is None:
        offset = len(found.string[:position].encode())
        msg = f'Unsupported start tag "{tag}" at byte offset {offset}'
        raise MarkupError(msg)
    type, facts = kind
    return _Open(tag, type, size, facts)


def _kind_of(tag: str, attributes: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "a": ("text_link", {"url": attributes.get("href", "")}),
        "blockquote": (
            "expandable_blockquote" if "expandable" in attributes else "blockquote",
            {},
        ),
    }
    language = attributes.get("class", "")
    if tag == "code" and language.startswith("language-"):
        return "code", {"language": language.removeprefix("language-")}
    if attributes.get("class") == "tg-spoiler":
        found["span"] = ("spoiler", {})
    if attributes.get("emoji-id"):
        found["tg-emoji"] = ("custom_emoji", {"custom_emoji_id": attributes["emoji-id"]})
    return (_SIMPLE[tag], {}) if tag in _SIMPLE else found.get(tag)


def _close(opened: list[_Open], spans: list[Span], *, tag: str, size: int) -> None:
    if not opened or opened[-1].tag != tag:
        expected = f', expected "</{opened[-1].tag}>"' if opened else ""
        msg = f'Unmatched end tag "</{tag}>"{expected}'
        raise MarkupError(msg)
    top = opened.pop()
    if top.type == "text_link" and not top.facts["url"]:
        return  # a link without an address is text
    language = top.facts.pop("language", "") if top.type == "code" else ""
    if language and opened and opened[-1].type == "pre":
        opened[-1].facts["language"] = language
        return
    spans.append(Span(top.type, top.start, size, top.facts))
