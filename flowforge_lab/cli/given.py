"""Values given on the command line: `NAME=VALUE`, JSON, or the JSON in a file."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click


def pair(text: str, option: str = "--input") -> tuple[str, str]:
    """Return name and value of `NAME=VALUE`.

    Raises:
        UsageError: it has no name or no sign; the text names the option.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        msg = f"{option} takes NAME=VALUE, found {text!r}"
        raise click.UsageError(msg)
    return name.strip(), value


def read_json(text: str, option: str) -> Any:
    """Return the value of a JSON text, or of the file named by `@FILE`.

    Raises:
        UsageError: it is no JSON, or there is no such file.
    """
    try:
        return json.loads(Path(text[1:]).read_text(encoding="utf-8") if text[:1] == "@" else text)
    except OSError as error:
        msg = f"{option}: cannot read {text[1:]}: {error.strerror}"
        raise click.UsageError(msg) from error
    except ValueError as error:
        msg = f"{option} is not JSON: {error}"
        raise click.UsageError(msg) from error


def read_object(text: str | None, option: str) -> dict[str, Any]:
    """Return a JSON object, empty where no text is given.

    Raises:
        UsageError: it is something else.
    """
    found = {} if text is None else read_json(text, option)
    if not isinstance(found, dict):
        msg = f"{option} takes an object, found {type(found).__name__}"
        raise click.UsageError(msg)
    return found


def json_pairs(texts: Iterable[str], option: str) -> dict[str, Any]:
    """Return the values of `NAME=JSON` or `NAME=@FILE`, by name.

    Raises:
        UsageError: one is no such pair.
    """
    return {
        name: read_json(value, f"{option} {name}")
        for name, value in (pair(text, option) for text in texts)
    }
