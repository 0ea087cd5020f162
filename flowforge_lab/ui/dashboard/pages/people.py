"""The people that workflows know: customers, members, whoever writes to a bot."""

from markupsafe import Markup

from flowforge_lab.nodes import User
from flowforge_lab.ui.dashboard.asking import search_field
from flowforge_lab.ui.dashboard.markup import empty, when
from flowforge_lab.ui.dashboard.page import Page, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table

_SHOWN = 100


class People(Page):
    """The directory of users, by id, a hundred at once; search goes over all."""

    name = "users"
    title = "Users"
    group = "Operate"
    reads = "/api/users"
    looks_every = 5

    async def load(self) -> Markup:
        """Return the users that fit."""
        text, after = self.desk.address.get("search"), self.desk.address.get("after")
        found = await self.desk.parts.users.all(text=text, after=after, limit=_SHOWN)
        more = found[-1].id if len(found) == _SHOWN else ""
        told = head(self.title, f"{len(found)}{' shown' if more or after else ''}")
        tools = Markup(
            '<form class="ff-tools" data-asks data-key="filters" role="search">{}</form>'
        ).format(search_field(text, "Name, phone, mail or id"))
        if not found:
            return told + tools + _nothing(text)
        following = Markup(
            '<nav class="ff-pager" aria-label="Pages"><button type="button" class="ff-button is-small" data-ask-for="after"'
            ' data-value="{}">Further users</button></nav>'
        ).format(more)
        return (
            told
            + tools
            + table(_COLUMNS, Rows(found, lambda one: one.id), label=self.title)
            + (following if more else "")
        )


def _nothing(text: str) -> Markup:
    if text:
        return empty(
            "Nobody fits",
            "Search takes part of a name, a phone number or a mail address, or an id.",
            image="search",
        )
    return empty(
        "Nobody is known yet",
        "People appear here when a node of the group `user` adds them, or by hand.",
        command="flowforge users add --name 'Ada' --phone +4915112345678",
        image="users",
    )


def _telegram(one: User) -> str:
    return f"@{one.telegram_name}" if one.telegram_name else str(one.telegram_id or "")


_COLUMNS = (
    Column("Name", lambda one: Markup("<strong>{}</strong>").format(one.name or one.id)),
    Column("Id", lambda one: Markup("<code>{}</code>").format(one.id)),
    Column("Phone", lambda one: one.phone),
    Column("Mail", lambda one: one.email),
    Column("Telegram", _telegram),
    Column("Balance", lambda one: f"{one.balance:,}", look="is-right"),
    Column("Since", lambda one: when(one.created_at), look="is-tight"),
)
