"""`flowforge dead-letters`: failed executions, started anew or dismissed, one or many."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from flowforge_lab.cli.answers import plain_rows, write_json
from flowforge_lab.cli.failures import EXIT_FAILED, EXIT_OK
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import LENGTH, existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.cli.words import one_line
from flowforge_lab.clock import SystemClock
from flowforge_lab.lab import Lab
from flowforge_lab.services import Begin

F = TypeVar("F", bound=Callable[..., Any])
_COLUMNS = ("execution", "workflow", "node", "error", "failed", "status")


def _filter_options(function: F) -> F:
    """Add the options that choose letters; they come as `chosen` keywords."""
    for option in reversed(
        (
            click.option("--workflow", help="Only those of this workflow id."),
            click.option("--node", help="Only those that failed at this node."),
            click.option("--error", help="Only errors of this type, such as 'http.*'."),
            click.option(
                "--since", type=LENGTH, help="Only those of the last so long, such as 2d."
            ),
        )
    ):
        function = option(function)
    return function


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge dead-letters",
        "flowforge dead-letters list --error 'http.*' --since 2d",
        "flowforge dead-letters retry 019a2b3c",
        "flowforge dead-letters retry --workflow report --version newest --from failed",
        'flowforge dead-letters dismiss --all --reason "the service was down"',
    ),
)
@lab_option
@json_option
@click.pass_context
def command(ctx: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """List failed executions that nobody has seen to, start them anew, or dismiss them."""
    if ctx.invoked_subcommand is None:
        _tell_list(folder, {}, status="open", as_json=as_json)


@command.command("list")
@click.option(
    "--status",
    default="open",
    show_default=True,
    type=click.Choice(("open", "retried", "dismissed", "all")),
)
@_filter_options
@lab_option
@json_option
def list_letters(*, status: str, folder: Path | None, as_json: bool, **chosen: Any) -> None:
    """List dead letters, the newest first."""
    _tell_list(folder, chosen, status=status, as_json=as_json)


@command.command("retry")
@click.argument("executions", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All that are open.")
@click.option(
    "--version",
    default="same",
    show_default=True,
    help="same (the one that failed), newest (the file as it is now), a label, or a digest.",
)
@click.option(
    "--from",
    "begin",
    default="start",
    show_default=True,
    type=click.Choice(("start", "failed")),
    help="Where to begin: at its start, or at the step that failed.",
)
@_filter_options
@lab_option
@json_option
def retry_letters(  # one parameter an option
    executions: tuple[str, ...],
    *,
    is_all: bool,
    version: str,
    begin: Begin,
    folder: Path | None,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Start failed executions anew, and follow each to its end or to its next wait."""
    with existing_lab(folder) as lab:
        letters = _letters(lab, executions, chosen, is_all=is_all)
        retried = plain_rows(lab.dead_letters.retry(letters, version=version, begin=begin))
        told = [{**row, "status": _followed(lab, row["retried_as"])} for row in retried]
    if as_json:
        write_json(told)
    elif not told:
        click.echo("no dead letters")
    else:
        rows = [
            (one["execution_id"], one["retried_as"], one["status"] or "", one["problem"])
            for one in told
        ]
        stdout_console().print(table_of(("execution", "retried as", "status", "problem"), rows))
    is_well = all(one["status"] in {"succeeded", "waiting", "paused"} for one in told)
    return EXIT_OK if is_well else EXIT_FAILED


def _followed(lab: Lab, execution_id: str) -> str | None:
    """Return how an execution ended or that it waits, and say so at once; `None` where there is none."""
    if not execution_id:
        return None
    status = lab.wait(execution_id, is_patient=False).status
    click.echo(f"{execution_id}  {status}", err=True)
    return status


@command.command("dismiss")
@click.argument("executions", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All that are open.")
@click.option("--reason", default="", help="Why, for the history.")
@_filter_options
@lab_option
@json_option
def dismiss_letters(  # one parameter an option
    executions: tuple[str, ...],
    *,
    is_all: bool,
    reason: str,
    folder: Path | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Take dead letters off the list; the executions stay in the history."""
    with existing_lab(folder) as lab:
        letters = _letters(lab, executions, chosen, is_all=is_all)
        dismissed = lab.dead_letters.dismiss(letters, reason=reason)
    if as_json:
        write_json({"dismissed": dismissed})
    else:
        click.echo(f"{len(dismissed)} dismissed")


def _letters(
    lab: Lab, executions: tuple[str, ...], chosen: dict[str, Any], *, is_all: bool
) -> list[str]:
    """Return the ids meant: those named, or the open ones that fit the filters."""
    if executions:
        return [lab.get(execution).id for execution in executions]
    if not is_all and not any(chosen.values()):
        msg = "name executions, a filter such as --workflow, or --all"
        raise click.UsageError(msg)
    return [str(one) for one in _frame(lab, chosen, status="open")["execution_id"]]


def _frame(lab: Lab, chosen: dict[str, Any], *, status: str) -> Any:
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    if "since" in given:
        given["since"] = SystemClock().now() - timedelta(seconds=given["since"])
    return lab.dead_letters(status=None if status == "all" else status, **given)  # type: ignore[arg-type]  # one of the choices


def _tell_list(folder: Path | None, chosen: dict[str, Any], *, status: str, as_json: bool) -> None:
    with existing_lab(folder) as lab:
        rows = plain_rows(_frame(lab, chosen, status=status))
    if as_json:
        write_json(rows)
    elif not rows:
        click.echo("no dead letters")
    else:
        stdout_console().print(table_of(_COLUMNS, map(_row, rows)))


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    error = one_line(f"{row['error_type']}: {row['error_title']}", 80)
    failed = str(row["failed_at"])[:19].replace("T", " ")
    return (
        row["execution_id"],
        row["workflow_id"],
        row["node"] or "",
        error,
        failed,
        row["status"],
    )
