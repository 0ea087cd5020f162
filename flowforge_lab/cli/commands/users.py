"""`flowforge users`: who the lab knows."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from flowforge_lab.cli.answers import plain, write_json
from flowforge_lab.cli.helped import Command, Group
from flowforge_lab.cli.options import existing_lab, json_option, lab_option
from flowforge_lab.cli.screen import stdout_console
from flowforge_lab.cli.tables import table_of
from flowforge_lab.errors import ConflictError, FlowForgeError
from flowforge_lab.lab import open_lab
from flowforge_lab.nodes import Booking, User
from flowforge_lab.services import RELINKS

F = TypeVar("F", bound=Callable[..., Any])
_COLUMNS = ("id", "name", "phone", "e-mail", "telegram", "balance")
_FIELDS = ("id", "name", "phone", "email", "balance")


def _fact_options(function: F) -> F:
    for name, text in (
        ("--data", "What else to keep, as a JSON object."),
        ("--email", "The e-mail address."),
        ("--phone", "The number, in any spelling."),
        ("--name", "The name."),
    ):
        function = click.option(name, default=None, help=text)(function)
    return function


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples=(
        "flowforge users",
        "flowforge users --find anna",
        "flowforge users add anna --name 'Anna Schmidt' --phone '+49 151 12345678'",
        "flowforge users credit anna 12.50 --reason 'summer bonus'",
        "flowforge users link anna 501",
        "flowforge users import customers.csv",
    ),
)
@click.option("--find", "text", default="", help="Only with this in name, phone or e-mail.")
@click.option("--limit", default=100, show_default=True, help="How many at most.")
@lab_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, *, text: str, limit: int, folder: Path | None, as_json: bool
) -> None:
    """List the users of the lab, look at one, add, change, link, credit and remove them."""
    if ctx.invoked_subcommand is not None:
        return
    with existing_lab(folder) as lab:
        found = lab.users.list(text, limit=limit)
    if as_json:
        write_json([_facts(user) for user in found])
    elif not found:
        click.echo("no users")
    else:
        stdout_console().print(table_of(_COLUMNS, map(_row, found)))


@command.command(cls=Command, examples=("flowforge users show anna",))
@click.argument("id")
@lab_option
@json_option
def show(id: str, *, folder: Path | None, as_json: bool) -> None:
    """Show a user, with the newest changes of the balance."""
    with existing_lab(folder) as lab:
        user, history = lab.users.get(id), lab.users.history(id)
    if as_json:
        write_json(_facts(user) | {"history": [_change(one) for one in history]})
        return
    for name, value in _facts(user).items():
        click.echo(f"{name}: {'' if value is None else value}")
    rows = [(f"{one.at:%Y-%m-%d %H:%M}", one.amount, one.balance, one.reason) for one in history]
    if rows:
        stdout_console().print(table_of(("at", "amount", "balance", "why"), rows))


@command.command(
    cls=Command,
    examples=("flowforge users add anna --name Anna --phone '0151 12345678' --balance 10",),
)
@click.argument("id", default="")
@_fact_options
@click.option("--balance", default="0", help="What the balance begins with.")
@lab_option
@json_option
def add(id: str, *, balance: str, folder: Path | None, as_json: bool, **facts: Any) -> None:
    """Add a user; an id is made where none is given."""
    with open_lab(folder) as lab:
        user = _tried(lambda: lab.users.add(id=id, balance=balance, **_given(facts)))
    _done(user, f"{user.id} is added", as_json=as_json)


@command.command(cls=Command, examples=("flowforge users set anna --email anna@example.org",))
@click.argument("id")
@_fact_options
@lab_option
@json_option
def set(id: str, *, folder: Path | None, as_json: bool, **facts: Any) -> None:  # noqa: A001  # the command's name
    """Change what is known of a user; an empty text takes a field away."""
    with existing_lab(folder) as lab:
        user = _tried(lambda: lab.users.change(id, **_given(facts)))
    _done(user, f"{id} is changed", as_json=as_json)


@command.command(
    cls=Command,
    examples=("flowforge users link anna 501", "flowforge users link anna 501 --relink user"),
)
@click.argument("id")
@click.argument("telegram_id", type=int)
@click.option("--relink", type=click.Choice(RELINKS), default="never", show_default=True)
@lab_option
@json_option
def link(id: str, telegram_id: int, *, relink: str, folder: Path | None, as_json: bool) -> None:
    """Let the Telegram account TELEGRAM_ID be the user's own.

    --relink says what may give way: the user's other account (`user`), or also the other user of the
    account (`account`).
    """
    with existing_lab(folder) as lab:
        made = lab.users.link(id, telegram_id, relink=relink)
    if made.status == "taken":
        other = made.other.id if made.other else ""
        msg = f"the account {telegram_id} is that of {other!r}; see --relink account"
        raise ConflictError(msg)
    if made.status == "different" or made.user is None:
        msg = f"{id!r} has another account; see --relink user"
        raise ConflictError(msg)
    _done(made.user, f"{id} has the account {telegram_id}", as_json=as_json)


@command.command(cls=Command, examples=("flowforge users unlink anna",))
@click.argument("id")
@lab_option
@json_option
def unlink(id: str, *, folder: Path | None, as_json: bool) -> None:
    """Take the Telegram account away from a user."""
    with existing_lab(folder) as lab:
        was_linked = lab.users.unlink(id)
        user = lab.users.get(id)
    told = f"{id} has no account any more" if was_linked else f"{id} had no account"
    _done(user, told, as_json=as_json)


@command.command(
    cls=Command,
    examples=(
        "flowforge users credit anna 12.50 --reason bonus",
        "flowforge users credit anna -- -3",
        "flowforge users credit anna 5 --key order-17",
    ),
)
@click.argument("id")
@click.argument("amount")
@click.option("--reason", default="", help="Why, for the history.")
@click.option("--key", default="", help="The same key changes nothing a second time.")
@lab_option
@json_option
def credit(  # one parameter an option
    id: str, amount: str, *, reason: str, key: str, folder: Path | None, as_json: bool
) -> None:
    """Add AMOUNT to the balance of a user, exactly; below 0 it is taken away."""
    with existing_lab(folder) as lab:
        made = _tried(lambda: lab.users.credit(id, amount, reason=reason, key=key))
    if as_json:
        write_json({"id": id, **_change(made)})
    else:
        click.echo(f"{id} has {made.balance}")


@command.command(cls=Command, examples=("flowforge users remove anna",))
@click.argument("id")
@lab_option
@json_option
def remove(id: str, *, folder: Path | None, as_json: bool) -> None:
    """Remove a user, with the history of the balance."""
    with existing_lab(folder) as lab:
        lab.users.remove(id)
    if as_json:
        write_json({"id": id, "removed": True})
    else:
        click.echo(f"{id} is removed")


@command.command("import", cls=Command, examples=("flowforge users import customers.csv",))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@lab_option
@json_option
def import_users(path: Path, *, folder: Path | None, as_json: bool) -> None:
    """Add the users of a CSV file with the columns id, name, phone, email and balance, as far as it has them.

    A row that cannot be added is told with its line; the others are.
    """
    added, faults = 0, []
    with open_lab(folder) as lab, path.open(newline="", encoding="utf-8-sig") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            facts = {name: row[name] for name in _FIELDS if row.get(name)}
            try:
                lab.users.add(**facts)
                added += 1
            except (ValueError, FlowForgeError) as error:
                faults.append({"line": line, "error": str(error)})
    if as_json:
        write_json({"added": added, "faults": faults})
        return
    for fault in faults:
        click.echo(f"line {fault['line']}: {fault['error']}", err=True)
    click.echo(f"{added} users are added, {len(faults)} are not")


def _given(facts: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in facts.items() if value is not None}
    if "data" in given:
        try:
            given["data"] = json.loads(given["data"] or "{}")
        except ValueError as error:
            msg = f"--data: {error}"
            raise click.UsageError(msg) from error
        if not isinstance(given["data"], dict):
            raise click.UsageError("--data: expected a JSON object")
    return given


def _tried(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _done(user: User, told: str, *, as_json: bool) -> None:
    if as_json:
        write_json(_facts(user))
    else:
        click.echo(told)


def _row(user: User) -> tuple[str, ...]:
    account = str(user.telegram_id or "")
    return (user.id, user.name, user.phone, user.email, account, str(user.balance))


def _facts(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "phone": user.phone,
        "email": user.email,
        "telegram_id": user.telegram_id,
        "telegram_name": user.telegram_name,
        "balance": str(user.balance),
        "data": plain(dict(user.data)),
    }


def _change(booking: Booking) -> dict[str, Any]:
    return {
        "at": booking.at.isoformat(),
        "amount": str(booking.amount),
        "balance": str(booking.balance),
        "reason": booking.reason,
    }
