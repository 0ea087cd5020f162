"""`flowforge alerts`: rules over the history, what they found, and what they would have found."""

from datetime import timedelta
from pathlib import Path

import click

from flowforge_lab.cli.answers import write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.services import AlertFiring, Preview
from flowforge_lab.values import format_duration, parse_duration


@click.group(
    cls=Group,
    examples=(
        "flowforge alerts list",
        "flowforge alerts check",
        "flowforge alerts preview many-failures --since 30d",
    ),
)
def command() -> None:
    """Alert rules: a question in SQL in alerts/NAME.yaml, which fires when there is any row in answer.

    `flowforge serve` asks each rule as often as it says, and tells people as of a failed execution.
    """


@command.command("list", cls=Command, examples=("flowforge alerts list --json",))
@lab_option
@json_option
def list_rules(*, folder: Path | None, as_json: bool) -> None:
    """List the rules, and when each fired last."""
    with existing_lab(folder) as lab:
        rules, fired = lab.alerts.rules(), lab.alerts.fired()
    last = {one.rule: one.at for one in reversed(fired)}
    if as_json:
        write_json([{**rule.model_dump(), "last_fired_at": last.get(rule.name)} for rule in rules])
    elif not rules:
        click.echo("no rules; write one as alerts/NAME.yaml")
    else:
        rows = [
            (
                rule.name,
                rule.severity if rule.is_active else "off",
                format_duration(rule.every),
                format_duration(rule.cooldown),
                f"{last[rule.name].astimezone():%Y-%m-%d %H:%M}" if rule.name in last else "never",
            )
            for rule in rules
        ]
        stdout_console().print(
            table_of(("rule", "severity", "every", "silent for", "fired"), rows)
        )


@command.command("check", cls=Command, examples=("flowforge alerts check many-failures",))
@click.argument("name", default="")
@lab_option
@json_option
def check_rules(name: str, *, folder: Path | None, as_json: bool) -> None:
    """Ask all active rules now, or one, and tell people of what is not silent.

    The exit code is 1 when one fires.
    """
    with existing_lab(folder) as lab:
        fired = lab.alerts.check(name)
    if as_json:
        write_json([_plain(one) for one in fired])
    elif not fired:
        click.echo("nothing fires")
    for one in [] if as_json else fired:
        click.echo(f"{one}{' (silent: people were told before)' if one.is_silent else ''}")
    if fired:
        raise click.exceptions.Exit(1)


@command.command(
    "preview",
    cls=Command,
    examples=(
        "flowforge alerts preview --since 30d",
        "flowforge alerts preview many-failures --since 12h",
    ),
)
@click.argument("name", default="")
@click.option(
    "--since", default="30d", show_default=True, help="How far to look back, as 12h or 30d."
)
@lab_option
@json_option
def preview(name: str, *, since: str, folder: Path | None, as_json: bool) -> None:
    """Tell when a rule, or each, would have fired, had it been there; nobody is told."""
    try:
        seconds = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    with existing_lab(folder) as lab:
        begun = lab.parts.clock.now() - timedelta(seconds=seconds)
        names = [name] if name else [rule.name for rule in lab.alerts.rules()]
        found = [lab.alerts.preview(one, since=begun) for one in names]
    if as_json:
        told = [_told(one) for one in found]
        write_json(told[0] if name else told)
        return
    for one in found:
        _show(one)


def _told(found: Preview) -> dict[str, object]:
    facts = {"rule": found.rule, "looks": found.looks, "matches": found.matches}
    return {**facts, "every": found.every, "fired": [_plain(one) for one in found.fired]}


def _show(found: Preview) -> None:
    for one in found.fired:
        click.echo(f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}  {one}")
    click.echo(
        f"{found.rule} would have told people {len(found.fired)} times:"
        f" it held in {found.matches} of {found.looks} looks, one every {found.every:g} s"
    )


def _plain(one: AlertFiring) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
