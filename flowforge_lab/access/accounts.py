"""People who may sign in: their roles, and the slow hash of their passwords."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING  # noqa: TID251  # argon2 is loaded by whoever checks a password

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.errors import ConflictError, NotFoundError
from flowforge_lab.spec import did_you_mean

from .audit import Audit
from .kept import Kept
from .roles import NOBODY, refuse_roles
from .sessions import Sessions

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE = "accounts.json"
_MIN_PASSWORD, _MAX_PASSWORD = 12, 1024
_MAX_NAME = 100


class Account(msgspec.Struct, frozen=True):
    """One person; times are microseconds since 1970, UTC. `roles` are those in single workflows."""

    name: str
    role: str
    password: str
    created_at: int
    changed_at: int
    roles: dict[str, str] = {}
    is_disabled: bool = False


class Accounts:
    """The accounts of the lab whose `.flowforge` is `folder`.

    Whoever may not sign in any more, or has another password, is signed out of `sessions`.
    """

    def __init__(self, folder: Path, clock: Clock, *, audit: Audit, sessions: Sessions) -> None:
        self._kept = Kept(folder / FILE, Account, clock)
        self._sessions = sessions
        self._clock = clock
        self._audit = audit

    @property
    def is_empty(self) -> bool:
        """Whether there is no account at all."""
        return not self._kept.read()

    def all(self) -> list[Account]:
        """Return every account, by name."""
        return sorted(self._kept.read().values(), key=lambda one: one.name)

    def get(self, name: str) -> Account:
        """Return an account.

        Raises:
            NotFoundError: nobody is called so.
        """
        return _of(self._kept.read(), name)

    def find(self, name: str) -> Account | None:
        """Return an account that may sign in."""
        found = self._kept.read().get(name)
        return None if found is None or found.is_disabled else found

    def check(self, name: str, password: str) -> Account | None:
        """Return the account if this is its password; slow (0.1 s), and as slow if there is none."""
        from argon2.exceptions import VerificationError

        found = self.find(name)
        try:
            _hasher().verify(_nobodys() if found is None else found.password, password)
        except VerificationError:
            return None
        return found

    def add(
        self,
        name: str,
        password: str,
        *,
        role: str = NOBODY,
        roles: Mapping[str, str] | None = None,
    ) -> Account:
        """Make an account and return it.

        Raises:
            ValueError: the name, the password or a role cannot be one.
            ConflictError: somebody is called so.
        """
        if not 0 < len(name) <= _MAX_NAME or not name.isprintable() or name != name.strip():
            msg = f"a name is 1 to {_MAX_NAME} letters that can be printed, found {name!r}"
            raise ValueError(msg)
        refuse_roles(role, roles or {})
        now = self._clock.stamp()
        account = Account(name, role, _hashed(password), now, now, dict(roles or {}))
        with self._kept.change() as accounts:
            if name in accounts:
                msg = f"there is an account {name!r} already"
                raise ConflictError(msg)
            accounts[name] = account
        self._audit.write("account.created", name, after=_told(account))
        return account

    def set_password(self, name: str, password: str, *, session: str = "") -> Account:
        """Give somebody a new password, and sign them out but for one session.

        Raises:
            ValueError: it is too short or too long.
            NotFoundError: nobody is called so.
        """
        account = self._change(name, password=_hashed(password))
        self._sessions.end_of(name, but=session)
        return account

    def grant(self, name: str, role: str, *, workflow: str = "") -> Account:
        """Let somebody have a role, in the lab or in one workflow; `NOBODY` takes it away.

        `workflow` may be `PROJECT/*`: all that are in a project, now and later.

        Raises:
            ValueError: it is no role.
            NotFoundError: nobody is called so.
        """
        refuse_roles(role, {workflow: role} if role and workflow else {})
        if not workflow:
            return self._change(name, role=role)
        roles = {id: one for id, one in self.get(name).roles.items() if id != workflow}
        return self._change(name, roles={**roles, workflow: role} if role else roles)

    def disable(self, name: str, *, is_disabled: bool = True) -> Account:
        """Let somebody sign in no more, or again.

        Raises:
            NotFoundError: nobody is called so.
        """
        account = self._change(name, is_disabled=is_disabled)
        if is_disabled:
            self._sessions.end_of(name)
        return account

    def remove(self, name: str) -> Account:
        """Remove an account and return what it was.

        Raises:
            NotFoundError: nobody is called so.
        """
        with self._kept.change() as accounts:
            gone = accounts.pop(_of(accounts, name).name)
        self._sessions.end_of(name)
        self._audit.write("account.removed", name, before=_told(gone))
        return gone

    def _change(self, name: str, **facts: object) -> Account:
        with self._kept.change() as accounts:
            before = _of(accounts, name)
            after = msgspec.structs.replace(before, changed_at=self._clock.stamp(), **facts)
            accounts[name] = after
        told = {"before": _told(before), "after": _told(after)}
        action = "account.password" if before.password != after.password else "account.changed"
        self._audit.write(action, name, **told)
        return after


def _of(accounts: Mapping[str, Account], name: str) -> Account:
    if name not in accounts:
        near = did_you_mean(name, accounts)
        msg = f"there is no account {name!r}" + (f"; {near}" if near else "")
        raise NotFoundError(msg)
    return accounts[name]


def _told(account: Account) -> dict[str, object]:
    """Return what the log of changes says of an account."""
    return {
        "role": account.role,
        "roles": account.roles,
        "is_disabled": account.is_disabled,
    }


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys() -> str:
    """Return the hash that is checked where there is no account, so that a guess at names takes as long."""
    return _hasher().hash("nobody has this password")


def _hashed(password: str) -> str:
    if not _MIN_PASSWORD <= len(password) <= _MAX_PASSWORD:
        msg = f"a password has {_MIN_PASSWORD} to {_MAX_PASSWORD:,} characters, found {len(password)}"
        raise ValueError(msg)
    return _hasher().hash(password)
