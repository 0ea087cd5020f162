"""How every failure is told, and with which exit code: the one place where the error tree meets the shell."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from flowforge_lab.errors import (
    ConflictError,
    DocumentError,
    FlowForgeError,
    NotFoundError,
    PlanError,
    Problem,
    QueryError,
    SettingsError,
    StoreError,
)

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_CONFLICT = 4
EXIT_STORE = 5
EXIT_INTERRUPTED = 130

EXIT_HELP = {
    EXIT_OK: "it went well",
    EXIT_FAILED: "the execution failed or was cancelled, or the workflow is not valid",
    EXIT_USAGE: "the command line, a query or a setting cannot be understood",
    EXIT_NOT_FOUND: "there is no such file, workflow, execution or name",
    EXIT_CONFLICT: "somebody else changed it, or it is over or there already",
    EXIT_STORE: "the lab's store cannot be opened, read or written",
    EXIT_INTERRUPTED: "interrupted from the keyboard",
}

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, EXIT_NOT_FOUND),
    (ConflictError, EXIT_CONFLICT),
    (QueryError, EXIT_USAGE),
    (StoreError, EXIT_STORE),
    (SettingsError, EXIT_USAGE),
    (click.ClickException, EXIT_USAGE),
    (FlowForgeError, EXIT_FAILED),
)


def exit_code(error: Exception) -> int:
    """Return the exit code of a failure; one that is not ours has the code of a failed execution."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), EXIT_FAILED)


def tell(error: Exception, *, as_json: bool) -> int:
    """Write a failure to stderr, for people or as one JSON document, and return its exit code.

    An error that is neither ours nor the command line's is a bug: it goes on, with its traceback.
    """
    if not isinstance(error, FlowForgeError | click.ClickException):
        raise error
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and not as_json:
        click.echo(error.format_message(), err=True)
    elif as_json:
        sys.stderr.write(json.dumps({"error": as_plain(error)}, ensure_ascii=False) + "\n")
    else:
        _show(error)
    return exit_code(error)


def as_plain(error: Exception) -> dict[str, Any]:
    """Return a failure as JSON values."""
    plain: dict[str, Any] = {
        "type": _name(error),
        "message": _message(error),
        "exit_code": exit_code(error),
    }
    if problems := problems_of(error):
        plain["problems"] = [plain_problem(problem) for problem in problems]
    return plain


def problems_of(error: Exception) -> tuple[Problem, ...]:
    """Return what is wrong with the workflow, where the error says so in detail."""
    return error.problems if isinstance(error, PlanError | DocumentError) else ()


def plain_problem(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON values, each field present."""
    return {name: getattr(problem, name) for name in problem.__struct_fields__}


def _name(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return "usage"
    words = type(error).__name__.removesuffix("Error")
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in words).strip("_")


def _message(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error)


def _show(error: Exception) -> None:
    problems = problems_of(error)
    if isinstance(error, PlanError) and problems:
        _show_problems(problems)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"Try `{error.ctx.command_path} --help`.", err=True)
    click.echo(click.style("Error: ", fg="red", bold=True) + _message(error), err=True)


def _show_problems(problems: Sequence[Problem]) -> None:
    from .screen import stderr_console
    from .tables import problems_table

    stderr_console().print(problems_table(problems))
