"""The users of a lab, as a notebook or a script sees them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.access import Audit
from flowforge_lab.nodes import Booking, Link, User
from flowforge_lab.services import Users

from .loop import LoopThread

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_MOST = 1_000_000


class LabUsers:
    """`lab.users`: who the lab knows; every call may be made from any thread. `lab.users()` is a frame."""

    def __init__(self, loop: LoopThread, users: Users, audit: Audit) -> None:
        self._loop = loop
        self._users = users
        self._audit = audit

    def __call__(self, text: str = "") -> "pd.DataFrame":
        """Return the users, or those with a text in name, phone or e-mail address, as a frame by id."""
        import pandas as pd

        rows = [msgspec.structs.asdict(user) for user in self.list(text, limit=_MOST)]
        return pd.DataFrame(rows, columns=list(User.__struct_fields__), dtype=object)

    def list(self, text: str = "", *, after: str = "", limit: int = 100) -> Sequence[User]:
        """Return users by id, those after the id `after`."""
        return self._loop.run_sync(self._users.all(text=text, after=after, limit=limit))

    def get(self, id: str) -> User:
        """Return a user.

        Raises:
            NotFoundError: there is none with this id.
        """
        return self._loop.run_sync(self._users.get(id))

    def find(self, **contact: Any) -> User | None:
        """Return who has all of `id`, `phone`, `email` and `telegram_id` that is given.

        Raises:
            ValueError: the phone or the e-mail address cannot be one.
        """
        return self._loop.run_sync(self._users.find(**contact))

    def add(self, **facts: Any) -> User:
        """Add a user with `id`, `name`, `phone`, `email`, `telegram_id`, `balance` and `data` as given.

        Raises:
            ValueError: a field cannot be that.
            ConflictError: another user has the id, phone, e-mail address or account.
        """
        added = self._loop.run_sync(self._users.add(**facts))
        self._audit.write("user.added", added.id, after=_plain(added))
        return added

    def change(self, id: str, **facts: Any) -> User:
        """Change the fields of a user that are given, but neither id nor balance.

        Raises:
            NotFoundError: there is none.
            ValueError: a field cannot be that.
            ConflictError: another user has the phone, e-mail address or account.
        """
        before = self.get(id)
        after = self._loop.run_sync(self._users.change(id, **facts))
        self._audit.write("user.changed", id, before=_plain(before), after=_plain(after))
        return after

    def remove(self, id: str) -> None:
        """Remove a user with the history of the balance.

        Raises:
            NotFoundError: there is none.
        """
        before = self.get(id)
        self._loop.run_sync(self._users.remove(id))
        self._audit.write("user.removed", id, before=_plain(before))

    def link(
        self, id: str, telegram_id: int, *, telegram_name: str = "", relink: str = "never"
    ) -> Link:
        """Let a Telegram account be a user's own; `relink` (`user`, `account`) says what may give way.

        Raises:
            NotFoundError: no such user.
        """
        asked = self._users.link(id, telegram_id, telegram_name=telegram_name, relink=relink)
        link = self._loop.run_sync(asked)
        self._audit.write("user.linked", id, after=msgspec.to_builtins(link, enc_hook=str))
        return link

    def unlink(self, id: str) -> bool:
        """Take the Telegram account away from a user; false if there was none."""
        is_unlinked = self._loop.run_sync(self._users.unlink(id))
        if is_unlinked:
            self._audit.write("user.unlinked", id)
        return is_unlinked

    def credit(self, id: str, amount: Any, *, reason: str = "", key: str = "") -> Booking:
        """Add an amount exactly (below 0: take it away); the same `key` changes nothing again.

        Raises:
            NotFoundError: no such user.
            ValueError: the amount is no decimal number.
        """
        booking = self._loop.run_sync(self._users.credit(id, amount, reason=reason, key=key))
        self._audit.write("user.credited", id, after=msgspec.to_builtins(booking, enc_hook=str))
        return booking

    def history(self, id: str, *, limit: int = 100) -> Sequence[Booking]:
        """Return the newest changes of the balance, the newest first."""
        return self._loop.run_sync(self._users.bookings(id, limit=limit))


def _plain(user: User) -> Any:
    return msgspec.to_builtins(user, enc_hook=str)
