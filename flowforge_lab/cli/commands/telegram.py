"""`flowforge telegram`: who gets the updates of bots, their webhooks and menus."""

from pathlib import Path
from typing import Any

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.services import Tried
from flowforge_lab.triggers import Route

_ROUTES = ("bot", "takes", "priority", "chats", "workflow", "node")
_JUDGED = ("", "takes", "priority", "workflow", "node", "why")
_bot_option = click.option("--bot", default="", help="The connection; by default the only one.")


@click.group(
    cls=Group,
    examples=(
        "flowforge telegram routes",
        "flowforge telegram routes --try '/balance'",
        "flowforge telegram routes --press 'order:17' --bot shop_bot",
        "flowforge telegram webhook https://flows.example.org/api/telegram/shop_bot --bot shop_bot",
        "flowforge telegram webhook --off",
        "flowforge telegram menu",
    ),
)
def command() -> None:
    """Tell who gets the updates of the lab's bots, and set webhooks and menus."""


@command.command(
    cls=Command,
    examples=("flowforge telegram routes", "flowforge telegram routes --try 'hello' --group"),
)
@click.option("--try", "text", default=None, help="Tell who would get this text.")
@click.option("--press", "data", default=None, help="Tell who would get a button with this data.")
@click.option("--group", "is_group", is_flag=True, help="As in a group, not in a private chat.")
@_bot_option
@lab_option
@json_option
def routes(  # one parameter an option
    *,
    text: str | None,
    data: str | None,
    is_group: bool,
    bot: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """List which active workflows take what, the first to be asked first, or try an update on them.

    What answers a question that waits in the chat goes there before all routes.
    """
    if text is not None and data is not None:
        raise click.UsageError("give --try or --press")
    place = "group" if is_group else "private"
    with existing_lab(folder) as lab:
        if text is None and data is None:
            _list(list(lab.bots.routes(bot)), as_json=as_json)
            return
        if text is not None:
            tried = lab.bots.try_text(text, bot=bot, chat_type=place)
        else:
            tried = lab.bots.try_data(data or "", bot=bot, chat_type=place)
    _tell(tried, as_json=as_json)


def _list(found: list[Route], *, as_json: bool) -> None:
    if as_json:
        write_json([_facts(route) for route in found])
    elif not found:
        click.echo("no active workflow takes updates of a bot")
    else:
        rows = [
            (one.bot, one.rule, str(one.priority), one.chats, one.workflow_id, one.node)
            for one in found
        ]
        stdout_console().print(table_of(_ROUTES, rows))


def _tell(tried: Tried, *, as_json: bool) -> None:
    winner = tried.winner
    if as_json:
        judged = [_facts(one.route) | {"takes": one.takes, "why": one.why} for one in tried.judged]
        write_json({"bot": tried.bot, "winner": _facts(winner), "routes": judged})
        return
    rows = [
        (
            "->" if one.route is winner else "",
            one.route.rule,
            str(one.route.priority),
            one.route.workflow_id,
            one.route.node,
            one.why,
        )
        for one in tried.judged
    ]
    stdout_console().print(table_of(_JUDGED, rows))
    if winner is None:
        click.echo("nobody takes it")
    else:
        click.echo(f"{winner.workflow_id} gets it, at {winner.node}")


def _facts(route: Route | None) -> dict[str, Any]:
    if route is None:
        return {}
    return {
        "bot": route.bot,
        "workflow_id": route.workflow_id,
        "node": route.node,
        "kind": route.kind,
        "rule": route.rule,
        "priority": route.priority,
        "chats": route.chats,
    }


@command.command(
    cls=Command,
    examples=(
        "flowforge telegram webhook https://flows.example.org/api/telegram/shop_bot",
        "flowforge telegram webhook --off",
    ),
)
@click.argument("url", default="")
@click.option("--off", "is_off", is_flag=True, help="End the webhook: the bot is polled again.")
@_bot_option
@lab_option
@json_option
def webhook(url: str, *, is_off: bool, bot: str, folder: Path | None, as_json: bool) -> None:
    """Let Telegram post the updates of a bot to URL, with the connection's secret token.

    The connection says `updates = "webhook"` then, so that no host polls the bot.
    """
    if bool(url) == is_off:
        raise click.UsageError("give the URL, or --off")
    with existing_lab(folder) as lab:
        lab.bots.set_webhook(bot, url)
    if as_json:
        write_json({"bot": bot, "webhook": url})
    else:
        click.echo(f"updates are posted to {url}" if url else "the webhook is off")


@command.command(
    cls=Command, examples=("flowforge telegram menu", "flowforge telegram menu --bot shop_bot")
)
@_bot_option
@lab_option
@json_option
def menu(*, bot: str, folder: Path | None, as_json: bool) -> None:
    """Show the commands of active workflows that have a description in the menu of the bot."""
    with existing_lab(folder) as lab:
        shown = lab.bots.set_menu(bot)
    if as_json:
        write_json([{"command": one.command, "description": one.description} for one in shown])
    else:
        for one in shown:
            click.echo(f"/{one.command}  {one.description}")
        click.echo(f"{len(shown)} commands are in the menu")
