"""Foreign documents as plain values: read within limits, whole characters only, without credentials."""

import json
import re
from collections.abc import Mapping
from typing import Any

from flowforge_lab.errors import DocumentError, Problem
from flowforge_lab.spec import load_yaml, plain_yaml

MAX_BYTES = 10_000_000
MAX_NODES = 2_000
MAX_KEPT_CHARS = 20_000
LEFT_OUT = "(left out: credentials are not taken over)"
_MAX_DEPTH = 60
_HALVES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_SECRETS = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|api_?-?key|authorization|credential|private_?key|cookie",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}|(?<=://)[^/\s:@{}]+:[^/\s@{}]+(?=@)"
)
_TEMPLATE = ("{{", "=")


def read_json(text: str) -> Any:
    """Return what JSON says.

    Raises:
        DocumentError: it is none, too large or too deep.
    """
    refuse_large(text)
    try:
        return clean(json.loads(text))
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        msg = f"expected JSON: {why}"
        raise refusal(msg) from error


def read_yaml(text: str) -> Any:
    """Return what YAML says.

    Raises:
        DocumentError: it is none, too large, too deep, or grows when its aliases are followed.
    """
    refuse_large(text)
    return clean(plain_yaml(load_yaml(_CONTROLS.sub("", _HALVES.sub("\ufffd", text)))))


def refuse_large(text: str) -> None:
    """Do nothing where a text is small enough.

    Raises:
        DocumentError: it is not.
    """
    if len(text) > MAX_BYTES:
        msg = f"expected at most {MAX_BYTES:,} characters, found {len(text):,}"
        raise refusal(msg)


def refusal(message: str) -> DocumentError:
    """Return the error of a document that cannot be imported at all."""
    return DocumentError(message, [Problem("import", message)])


def clean(value: Any, depth: int = 0) -> Any:
    """Return a value in which all texts are whole and printable, all keys texts, and nothing endless."""
    if depth > _MAX_DEPTH:
        return "(nested deeper than is read)"
    if isinstance(value, Mapping):
        return {_whole(str(key)): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    if isinstance(value, bool | int | float) or value is None:
        return value
    return _whole(str(value))


def _whole(text: str) -> str:
    return _CONTROLS.sub("", _HALVES.sub("\ufffd", text))


# -- what one expects, or nothing


def table(value: Any) -> dict[str, Any]:
    """Return a mapping, or an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the mappings in a list."""
    return [one for one in rows(value) if isinstance(one, dict)]


def words(value: Any) -> str:
    """Return a text; numbers as text, anything else as none."""
    if isinstance(value, bool):
        return str(value).lower()
    return (
        value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    )


def number(value: Any) -> float | None:
    """Return a number, also one that is written as text; nothing for any other."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) < 1e15 else None  # noqa: PLR2004  # all that lengths and places may be


def place(x: Any, y: Any) -> tuple[float, float] | None:
    """Return where a node stands, if that can be told."""
    at = number(x), number(y)
    if at[0] is None or at[1] is None or max(abs(at[0]), abs(at[1])) > 1e8:  # noqa: PLR2004  # of a canvas
        return None
    return round(at[0], 1), round(at[1], 1)


# -- credentials


def without_secrets(value: Any, key: str = "") -> Any:
    """Return a value without what looks like credentials; expressions are left as they are."""
    if isinstance(value, dict):
        named = words(value.get("name")) or words(value.get("key"))
        return {
            name: without_secrets(item, named if name == "value" and named else name)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item, key) for item in value]
    if not isinstance(value, str):
        return value
    return LEFT_OUT if is_secret(key, value) else _IN_TEXT.sub(LEFT_OUT, value)


def is_secret(key: str, value: Any) -> bool:
    """Whether a text under a name looks like a credential that is written out."""
    if not isinstance(value, str) or not value or value.startswith(_TEMPLATE):
        return False
    return _SECRETS.search(key) is not None or _IN_TEXT.search(value) is not None


def kept(value: Any) -> str:
    """Return the original of a node as text for its notes, without credentials."""
    text = json.dumps(without_secrets(value), ensure_ascii=False, indent=1)
    if len(text) > MAX_KEPT_CHARS:
        return f"{text[:MAX_KEPT_CHARS]}\n... ({len(text):,} characters in all)"
    return text
