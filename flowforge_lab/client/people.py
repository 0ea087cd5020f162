"""The people of a lab elsewhere: its users, and who may enter, by whom what was changed."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any  # noqa: TID251  # see below

import msgspec

from flowforge_lab.access import NOBODY, Account, Change, Token
from flowforge_lab.errors import NotFoundError, RemoteError
from flowforge_lab.nodes import Booking, Link, User

from .answers import stamp, value_of, values_of
from .wire import Wire, place

if TYPE_CHECKING:  # heavy, and needed only where somebody asks for a frame
    import pandas as pd

_MOST = 1_000_000
_PAGE = 100
_ACCOUNTS = "/api/accounts"


class RemoteUsers:
    """`remote.users`, by the calls of `lab.users`; `remote.users()` is a frame."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, text: str = "") -> "pd.DataFrame":
        """Return the users, or those with a text in name, phone or e-mail address, as a frame by id."""
        import pandas as pd

        rows = [msgspec.structs.asdict(user) for user in self.list(text, limit=_MOST)]
        return pd.DataFrame(rows, columns=list(User.__struct_fields__), dtype=object)

    def list(self, text: str = "", *, after: str = "", limit: int = 100) -> Sequence[User]:
        """Return users by id, those after the id `after`."""
        found: list[User] = []
        following: str | None = after
        while following is not None and len(found) < limit:
            size = min(limit - len(found), _PAGE)
            asked = {"text": text, "after": following, "size": size}
            page = self._wire.ask("GET", "/api/users", params=asked)
            found += values_of(page["items"], User)
            following = page["next_after"]
        return found

    def get(self, id: str) -> User:
        """Return a user.

        Raises:
            NotFoundError: there is none with this id.
        """
        return value_of(self._wire.ask("GET", place("users", id)), User)

    def find(self, **contact: Any) -> User | None:
        """Return who has all of `id`, `phone`, `email` and `telegram_id` that is given."""
        given = {name: value for name, value in contact.items() if value is not None}
        try:
            return value_of(self._wire.ask("GET", "/api/users/find", params=given), User)
        except NotFoundError:
            return None

    def add(self, **facts: Any) -> User:
        """Add a user with `id`, `name`, `phone`, `email`, `telegram_id`, `balance` and `data` as given."""
        told = {**facts, "balance": str(facts.get("balance", 0))}
        return value_of(self._wire.ask("POST", "/api/users", json=told), User)

    def change(self, id: str, **facts: Any) -> User:
        """Change the fields of a user that are given, but neither id nor balance."""
        return value_of(self._wire.ask("PATCH", place("users", id), json=facts), User)

    def remove(self, id: str) -> None:
        """Remove a user with the history of the balance."""
        self._wire.ask("DELETE", place("users", id))

    def link(
        self, id: str, telegram_id: int, *, telegram_name: str = "", relink: str = "never"
    ) -> Link:
        """Let a Telegram account be a user's own; `relink` (`user`, `account`) says what may give way."""
        sent = {"telegram_id": telegram_id, "telegram_name": telegram_name, "relink": relink}
        return value_of(self._wire.ask("PUT", place("users", id, "link"), json=sent), Link)

    def unlink(self, id: str) -> bool:
        """Take the Telegram account away from a user; false if there was none."""
        return bool(self._wire.ask("DELETE", place("users", id, "link"))["is_unlinked"])

    def credit(self, id: str, amount: Any, *, reason: str = "", key: str = "") -> Booking:
        """Add an amount exactly (below 0: take it away); the same `key` changes nothing again."""
        sent = {"amount": str(amount), "reason": reason, "key": key}
        return value_of(self._wire.ask("POST", place("users", id, "credit"), json=sent), Booking)

    def history(self, id: str, *, limit: int = 100) -> Sequence[Booking]:
        """Return the newest changes of the balance, the newest first."""
        path = place("users", id, "history")
        return values_of(self._wire.ask("GET", path, params={"limit": limit}), Booking)


class RemoteTokens:
    """`remote.tokens`, by the calls of `lab.tokens`; the digests stay there."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def is_empty(self) -> bool:
        """Whether there is no token at all; one that is over counts as one."""
        return not self.all()

    def all(self) -> list[Token]:
        """Return every token, the oldest first."""
        told = self._wire.ask("GET", "/api/tokens")
        return [value_of({**one, "digest": ""}, Token, "created_at", "expires_at") for one in told]

    def create(
        self,
        name: str,
        role: str = "admin",
        *,
        roles: Mapping[str, str] | None = None,
        days: float | None = None,
    ) -> str:
        """Make a token and return it; nobody can read it again."""
        sent = {"name": name, "role": role, "roles": dict(roles or {}), "days": days}
        return str(self._wire.ask("POST", "/api/tokens", json=sent)["token"])

    def revoke(self, id: str) -> Token:
        """Take a token away, by its id or by its name, and return what it was."""
        found = next((one for one in self.all() if id in {one.id, one.name}), None)
        self._wire.ask("DELETE", place("tokens", id))
        if found is None:
            msg = f"there is no token {id!r}"
            raise NotFoundError(msg)
        return found

    def find(self, text: str) -> Token | None:
        """Refuse: who shows a token shows it to the server.

        Raises:
            RemoteError: always.
        """
        del text
        raise RemoteError("who shows a token shows it to the server: `connect(url, token)`")

    def valid(self, id: str) -> Token | None:
        """Refuse: the server looks at each request whether a token is still good.

        Raises:
            RemoteError: always.
        """
        del id
        raise RemoteError("the server looks at each request whether a token is still good")


class RemoteAccounts:
    """`remote.accounts`, by the calls of `lab.accounts`; the passwords stay there."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def is_empty(self) -> bool:
        """Whether there is no account at all."""
        return not self.all()

    def all(self) -> list[Account]:
        """Return every account, by name."""
        return [_account(one) for one in self._wire.ask("GET", _ACCOUNTS)]

    def get(self, name: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: nobody is called so.
        """
        return _account(self._wire.ask("GET", place("accounts", name)))

    def find(self, name: str) -> Account | None:
        """Return an account that may sign in."""
        try:
            found = self.get(name)
        except NotFoundError:
            return None
        return None if found.is_disabled else found

    def add(
        self,
        name: str,
        password: str,
        *,
        role: str = NOBODY,
        roles: Mapping[str, str] | None = None,
    ) -> Account:
        """Make an account and return it."""
        sent = {"name": name, "password": password, "role": role, "roles": dict(roles or {})}
        return _account(self._wire.ask("POST", _ACCOUNTS, json=sent))

    def set_password(self, name: str, password: str, *, session: str = "") -> Account:
        """Give somebody a new password, and sign them out.

        Raises:
            RemoteError: a `session` is to stay: that is for people who change their own, when signed in.
        """
        if session:
            raise RemoteError("who is signed in keeps the own session: `PUT /api/me/password`")
        return self._change(name, password=password)

    def grant(self, name: str, role: str, *, workflow: str = "") -> Account:
        """Let somebody have a role, in the lab or in one workflow; `NOBODY` takes it away."""
        return self._change(name, role=role, workflow=workflow)

    def disable(self, name: str, *, is_disabled: bool = True) -> Account:
        """Let somebody sign in no more, or again."""
        return self._change(name, is_disabled=is_disabled)

    def remove(self, name: str) -> Account:
        """Remove an account and return what it was."""
        gone = self.get(name)
        self._wire.ask("DELETE", place("accounts", name))
        return gone

    def check(self, name: str, password: str) -> Account | None:
        """Refuse: passwords are tried by signing in, and counted.

        Raises:
            RemoteError: always.
        """
        del name, password
        raise RemoteError("a password is tried by signing in: `POST /api/login`")

    def _change(self, name: str, **facts: Any) -> Account:
        return _account(self._wire.ask("PATCH", place("accounts", name), json=facts))


def _account(told: Mapping[str, Any]) -> Account:
    return value_of({**told, "password": ""}, Account, "created_at", "changed_at")


def audit_frame(
    wire: Wire, *, who: str = "", action: str = "", target: str = "", limit: int = 1000
) -> "pd.DataFrame":
    """Return what was changed in a lab, the newest first, as a frame."""
    import pandas as pd

    columns = list(Change.__struct_fields__)[:-1]
    rows: list[list[Any]] = []
    before: int | None = None
    while len(rows) < limit:
        asked = {"who": who, "action": action, "target": target, "before": before}
        given = {name: value for name, value in asked.items() if value}
        size = min(limit - len(rows), 1000)
        page = wire.ask("GET", "/api/audit", params={**given, "limit": size})
        rows += [[{**one, "at": stamp(one["at"])}[name] for name in columns] for one in page]
        if len(page) < size:
            break
        before = page[-1]["number"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["at"] = pd.to_datetime(frame["at"], unit="us", utc=True)
    return frame
