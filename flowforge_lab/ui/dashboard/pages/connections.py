"""The connections of the lab: what they lead to, and whether they answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from flowforge_lab.clients import ConnectionTest
from flowforge_lab.ui.dashboard.markup import badge, button, empty, pill
from flowforge_lab.ui.dashboard.page import Desk, Page, Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table
from flowforge_lab.values import lasted

_PATH = "/api/connections/any/test"
_SHOWN = ("url", "host", "path", "base_url", "address", "database")


class Connections(Page):
    """Each connection by name; a test calls it once. Secrets in it are never shown."""

    name = "connections"
    title = "Connections"
    group = "Set up"
    reads = "/api/connections"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._tests: dict[str, ConnectionTest] = {}

    async def load(self) -> Markup:
        """Return the connections with what came of the last test of each."""
        found = sorted(self.desk.parts.connections.items())
        may = self.desk.rights.may("POST", _PATH)
        actions = button("Test all", "test_all", picture="check") if found and may else ""
        told = head(self.title, f"{len(found)}", actions=actions)
        if not found:
            return told + empty(
                "No connection yet",
                "Name the services that workflows call in .flowforge/flowforge.toml: bots, databases, mail, HTTP.",
                command="flowforge connections --help",
                image="connections",
            )
        return told + table(
            self._columns(may_test=may), Rows(found, lambda one: one[0]), label=self.title
        )

    def _columns(self, *, may_test: bool) -> tuple[Column, ...]:
        acts = Column(
            "", lambda one: button("Test", "test", kind="is-small", name=one[0]), look="is-acts"
        )
        return (
            Column("Name", lambda one: Markup("<strong>{}</strong>").format(one[0])),
            Column("Kind", lambda one: badge(str(one[1].get("kind", "")))),
            Column("Leads to", lambda one: _place(one[1])),
            Column("Last test", lambda one: self._outcome(one[0])),
            *((acts,) if may_test else ()),
        )

    def _outcome(self, name: str) -> Markup:
        fault = self.desk.parts.clients.connections.faults.get(name)
        if fault is not None:
            status = pill("failed", "is set up wrongly")
            return Markup('{} <span class="ff-dim">{}</span>').format(status, fault)
        test = self._tests.get(name)
        if test is None:
            return Markup('<span class="ff-dim">not tested yet</span>')
        status = pill(
            "succeeded" if test.is_ok else "failed", "answers" if test.is_ok else "does not answer"
        )
        return Markup('{} <span class="ff-dim">{} · {}</span>').format(
            status, test.message, lasted(test.seconds)
        )

    async def do_test(self, told: Told, _picked: Sequence[str]) -> str:
        """Call a connection once."""
        self.desk.rights.refuse("POST", _PATH)
        test = await self._test(told["name"])
        return f"{test.name} answers" if test.is_ok else f"{test.name} does not answer"

    async def do_test_all(self, _told: Told, _picked: Sequence[str]) -> str:
        """Call each connection once."""
        self.desk.rights.refuse("POST", _PATH)
        tests = [await self._test(name) for name in self.desk.parts.connections]
        return f"{sum(one.is_ok for one in tests)} of {len(tests)} answer"

    async def _test(self, name: str) -> ConnectionTest:
        self._tests[name] = await self.desk.parts.clients.connections.test(name)
        return self._tests[name]


def _place(fields: Mapping[str, Any]) -> Markup:
    found = next((str(fields[name]) for name in _SHOWN if fields.get(name)), "")
    return Markup('<span class="ff-cut ff-dim">{}</span>').format(found.rpartition("@")[2])
