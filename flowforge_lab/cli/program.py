"""The program `flowforge`: its commands by name, each imported only when it is called."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from keyword import iskeyword

import click

from .failures import EXIT_HELP, EXIT_INTERRUPTED, EXIT_OK, tell

COMMANDS = {
    "demo": "Make a starter folder and run the flights report in it.",
    "examples": "List the examples that ship, or copy one.",
    "init": "Make a lab in a folder.",
    "lab": "Open JupyterLab on the lab, with the server beside it.",
    "run": "Run a workflow and show how it goes.",
    "validate": "Check workflow files and tell all that is wrong with them.",
    "import": "Take in workflows of n8n, Node-RED, Elyra and Kestra.",
    "picture": "Draw the graph of a workflow as an SVG file.",
    "executions": "List executions, the newest first.",
    "show": "Show an execution: its steps, values, errors and logs.",
    "cancel": "Stop an execution.",
    "resume": "Go on with executions that a crash cut off.",
    "pause": "Let nothing new start in an execution.",
    "unpause": "Let a paused execution go on.",
    "restart": "Start an execution anew, as a whole or from a step.",
    "replay": "Compute the states of an execution from its journal.",
    "backtest": "Try past executions in a workflow as it is now.",
    "record": "Write an execution as a test of its workflow.",
    "test": "Run the tests that were recorded.",
    "run-node": "Run one node of a workflow with given input.",
    "debug": "Stop a workflow at breakpoints, look, change, go on.",
    "mcp": "Offer workflows as tools to an assistant on this machine.",
    "serve": "Serve REST and webhooks, run schedules, until stopped.",
    "webhooks": "List webhooks, or send a kept request again.",
    "account": "Make, list and change accounts of people who sign in.",
    "audit": "List who changed what.",
    "projects": "Make projects of workflows, and fill them.",
    "sessions": "Make and list sessions of a project.",
    "token": "Make, list and revoke tokens for the server.",
    "activate": "Let the triggers of a workflow start it.",
    "deactivate": "Stop the triggers of a workflow.",
    "versions": "List the versions of a workflow.",
    "diff": "Tell what is different between two workflows.",
    "rollback": "Activate an earlier version of a workflow.",
    "label": "Give a version of a workflow a name.",
    "migrate": "Move executions that wait to another version.",
    "pin": "Pin outputs to a node, or list what is pinned.",
    "unpin": "Take pinned outputs away.",
    "schedules": "List when each schedule fires next.",
    "notebook": "Schedule, run and go on with notebooks.",
    "history": "Ask the history with SQL, or export it.",
    "outputs": "Print what a node gave over many executions.",
    "watch": "Print executions as they begin and end.",
    "process": "Tell how executions of a workflow really went.",
    "capacity": "Tell how long executions would wait under other limits.",
    "nodes": "List node types, or show the fields of one.",
    "schema": "Print the JSON Schema of workflow files.",
    "connections": "List connections and try them.",
    "secrets": "List, set and remove secrets; values are never shown.",
    "variables": "List, read, set, add to and remove variables.",
    "dead-letters": "List failed executions, start them anew, or dismiss them.",
    "decide": "Say what becomes of steps that a crash cut off.",
    "circuits": "List the hosts that are left alone because they fail.",
    "backup": "Write the whole lab into one file.",
    "restore": "Bring a lab back from a backup.",
    "doctor": "Examine the lab and tell what is not well.",
    "telegram": "Tell who gets the updates of bots, and set webhooks and menus.",
    "users": "List, add, change, link and credit the users of the lab.",
    "metrics": "Print the lab's metrics as Prometheus reads them.",
    "alerts": "List alert rules, try them on the past, check them now.",
    "slo": "Tell how workflows stand to what was promised.",
    "waits": "List what executions wait for.",
    "answer": "Answer what an execution waits for.",
    "queue": "Look at the queue, hold it, and work on it.",
    "worker": "Run what hosts hand out, on this or another machine.",
    "db": "Make the tables of a lab in PostgreSQL, or look at them.",
    "migrate-store": "Copy the lab's journal to PostgreSQL.",
}


class _Commands(click.Group):
    """A group whose commands are imported when they are named; the list needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(_module_of(cmd_name)).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(_unknown(name), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXIT_HELP.items()])


def _module_of(name: str) -> str:
    module = name.replace("-", "_")
    return f"{__package__}.commands.{f'{module}_' if iskeyword(module) else module}"


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f"there is no command {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(None, "--version", callback=lambda ctx, _, value: _show_version(ctx, value))
def command_line() -> None:
    """Draw a workflow in JupyterLab, run it durably, schedule it, and ask its history.

    Start with `flowforge demo`. Every command takes --json and --help.
    """


def _show_version(ctx: click.Context, is_asked: object) -> None:
    if not is_asked:
        return
    try:
        click.echo(f"flowforge {version('flowforge-lab')}")
    except PackageNotFoundError:
        click.echo("flowforge (not installed: run from its source)")
    ctx.exit()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave it with an exit code; every failure is told here and nowhere else."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever called
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that a terminal lacks ends nothing
    if arguments is not None:
        sys.exit(_run(arguments))
    code = _run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more Ctrl+C changes nothing about the end
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = command_line.main(list(arguments), prog_name="flowforge", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK
    except Exception as error:  # noqa: BLE001  # the one door to the outside; what is not ours goes on
        return tell(error, as_json="--json" in arguments)
    return code if isinstance(code, int) else EXIT_OK
