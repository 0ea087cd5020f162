"""The options of every command that starts an execution, and the inputs they give."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from flowforge_lab.engine import MAX_PRIORITY
from flowforge_lab.lab import Lab

from .given import pair, read_object

F = TypeVar("F", bound=Callable[..., Any])


def _given_key(_ctx: click.Context, _param: click.Parameter, key: str | None) -> str:
    """Return the key; an empty one is most likely a variable of a script that is not set."""
    if key is not None and not key.strip():
        msg = "expected a key, found an empty text; leave --key out to start without one"
        raise click.BadParameter(msg)
    return key or ""


_OPTIONS = (
    click.option(
        "-i",
        "--input",
        "given",
        multiple=True,
        metavar="NAME=VALUE",
        help="An input; may be repeated.",
    ),
    click.option(
        "--inputs-json",
        metavar="JSON|@FILE",
        help="All inputs as one JSON object, or from a file.",
    ),
    click.option(
        "--trigger", default="", help="The trigger node to start from, where there are several."
    ),
    click.option("--user", default="", metavar="NAME", help="For whom it is started."),
    click.option(
        "--priority",
        type=click.IntRange(-MAX_PRIORITY, MAX_PRIORITY),
        metavar="N",
        help="Of those that wait their turn the higher goes first; the workflow's own without.",
    ),
    click.option(
        "--key", callback=_given_key, help="Start only one execution of it with this key."
    ),
)


def start_options(command: F) -> F:
    """Give a command the options of a start, shown in the order above."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def inputs_of(
    lab: Lab, workflow: str, given: tuple[str, ...], *, inputs_json: str | None
) -> dict[str, Any]:
    """Return the inputs of `--inputs-json` and of `--input`; where both name one, the latter's.

    Raises:
        UsageError: they cannot be read.
    """
    texts = dict(pair(text) for text in given)
    return {**read_object(inputs_json, "--inputs-json"), **lab.text_inputs(workflow, texts)}
