"""The secrets of the lab: their names. A value goes in and is never shown."""

from collections.abc import Sequence

from markupsafe import Markup

from flowforge_lab.ui.dashboard.markup import button, dialog, empty, field, opener
from flowforge_lab.ui.dashboard.page import Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_PATH = "/api/secrets/any"


class Secrets(Page):
    """Names to look at; who may, sets a value or removes it."""

    name = "secrets"
    title = "Secrets"
    group = "Set up"
    reads = "/api/secrets"
    looks_every = 10

    async def load(self) -> Markup:
        """Return the names."""
        names = self.desk.parts.secrets.names()
        may = self.desk.rights.may("PUT", _PATH)
        told = head(
            self.title, f"{len(names)}; values are never shown", actions=_form() if may else ""
        )
        if not names:
            return told + empty(
                "No secret yet",
                "Tokens and passwords live here, locked; workflows name them as secrets.NAME.",
                command="flowforge secrets set NAME",
                image="secrets",
            )
        columns = [
            Column("Name", lambda name: Markup("<strong>{}</strong>").format(name)),
            Column("In a workflow", _named),
        ]
        if may:
            columns.append(Column("", _gone, look="is-acts"))
        return told + table(columns, Rows(names, str), label=self.title)

    async def do_set(self, told: Told, _picked: Sequence[str]) -> str:
        """Keep a value under a name."""
        self.desk.rights.refuse("PUT", _PATH)
        self.desk.parts.secrets.set(told["name"].strip(), told["value"])
        return f"Kept {told['name'].strip()}"

    async def do_remove(self, told: Told, _picked: Sequence[str]) -> str:
        """Remove a secret."""
        self.desk.rights.refuse("DELETE", _PATH)
        self.desk.parts.secrets.remove(told["name"])
        return f"Removed {told['name']}"


def _named(name: str) -> Markup:
    return Markup("<code>secrets.{}</code>").format(name)


def _gone(name: str) -> Markup:
    ask = f"Remove the secret {name!r}? Workflows that name it fail."
    return button("Remove", "remove", kind="is-small is-quiet", name=name, ask=ask)


def _form() -> Markup:
    fields = (
        field("name", "Name", required="required", maxlength="128"),
        field("value", "Value", kind="password", required="required", autocomplete="off"),
    )
    return opener("new", "Set a secret") + dialog(
        "new", "Set a secret", "set", fields=fields, confirm="Keep it"
    )
