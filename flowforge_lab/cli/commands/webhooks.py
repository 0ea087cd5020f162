"""`flowforge webhooks`: what is served, and a request that was kept, once more."""

from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.outcomes import outcome_code, tell_outcome
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of

_COLUMNS = ("workflow", "node", "method", "path", "credentials", "answer")


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge webhooks",
        "flowforge webhooks replay 019a2b3c",
        "flowforge webhooks replay 019a2b3c --newest",
    ),
)
@lab_option
@json_option
@click.pass_context
def command(ctx: click.Context, *, folder: Path | None, as_json: bool) -> None:
    """List the webhooks of active workflows, or send a request again that was kept.

    The path follows the address of `flowforge serve`; with /api/webhooks-test/ in its place it starts
    the workflow as its file is now.
    """
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        hooks = lab.webhooks.all()
    if as_json:
        write_json(hooks)
    elif not hooks:
        click.echo("no webhooks; `flowforge activate FILE` lets a workflow's triggers start it")
    else:
        rows = [
            (one.workflow_id, one.node, one.method, one.path, one.auth, one.answer)
            for one in hooks
        ]
        stdout_console().print(table_of(_COLUMNS, rows))


@command.command("replay")
@click.argument("execution")
@click.option("--newest", is_flag=True, help="Run the workflow as its file is now.")
@lab_option
@json_option
def replay(execution: str, *, newest: bool, folder: Path | None, as_json: bool) -> int:
    """Start once more what the request had started that EXECUTION was started by.

    The request is the one that was kept, without its credentials; nothing is asked of whoever sent it.
    The version is the one that ran, unless --newest is given.
    """
    with existing_lab(folder) as lab:
        outcome = lab.wait(lab.webhooks.replay(execution, is_newest=newest))
        tell_outcome(outcome, lab, as_json=as_json)
        return outcome_code(outcome)
