"""A page of what rests in a copied lab: it says so, and can make the lab one of its own."""

from collections.abc import Sequence

from markupsafe import Markup

from .markup import button, pill, warning
from .page import Page, Told

_ADOPT = "/api/lab/adopt"


class RestsInACopy(Page):
    """A page whose things do nothing by themselves in a lab that was copied from another place."""

    @property
    def is_copy(self) -> bool:
        """Whether the lab was copied, and has not been made one of its own."""
        return self.desk.parts.store.is_copy

    def copied(self, what: str) -> Markup:
        """Return what rests, and how to change that; nothing where the lab is no copy."""
        if not self.is_copy:
            return Markup("")
        ask = (
            "Let schedules, mailboxes and bots start workflows here, and alerts be asked?"
            " They do so in the lab it was copied from, too."
        )
        may = self.desk.rights.may("POST", _ADOPT)
        return warning(
            f"This lab was copied from another place: {what}.",
            button("Make it a lab of its own", "adopt", kind="is-small", ask=ask) if may else "",
        )

    async def do_adopt(self, _told: Told, _picked: Sequence[str]) -> str:
        """Make a copied lab one of its own, in which triggers start workflows."""
        self.desk.rights.refuse("POST", _ADOPT)
        await self.desk.parts.store.adopt()
        return "This lab is one of its own now"


def resting() -> Markup:
    """Return the state of a thing that rests because the lab is a copy."""
    return pill("off", "rests in a copy")
