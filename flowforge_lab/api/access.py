"""Who asks, and whether they may: the terms under which a server lets somebody in."""

import asyncio
import hmac
import ipaddress
import math
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import msgspec

from flowforge_lab.access import (
    NOBODY,
    ROLES,
    Actor,
    Gatehouse,
    Role,
    Token,
    Way,
    act_as,
    higher,
    is_proof,
    may,
)
from flowforge_lab.access import Account as Person
from flowforge_lab.clients import Pacer
from flowforge_lab.clock import Clock
from flowforge_lab.settings import Settings
from flowforge_lab.values import Rate, parse_rate

from .places import READS, is_under

LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
SESSION_COOKIE, PROOF_COOKIE, PROOF_HEADER = (
    "flowforge_session",
    "flowforge_csrf",
    "x-csrf-token",
)
_OPEN = (
    "/health",
    "/api/telegram",
    "/api/qstash",
    "/api/resume",
    "/waits",
    "/api-docs",
    "/login",
    "/api/login",
    "/api/logout",
)
_HOOKS = "/api/webhooks/"
_GUESSES = (Rate(10, 300.0), Rate(100, 300.0), Rate(100, 300.0))
"""Of a password: for a name from one address, for the name from anywhere, and for the address."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks. Without `token_id` and `session_id` it is whoever sits at this machine and needs none."""

    name: str
    role: str
    roles: Mapping[str, str] = {}
    token_id: str = ""
    session_id: str = ""
    address: str = ""
    projects: Mapping[str, str] = {}

    @property
    def way(self) -> Way:
        """By what they were let in."""
        return "token" if self.token_id else "session" if self.session_id else "local"

    def may(self, needed: Role, workflow_id: str = "") -> bool:
        """Whether they have a role in the lab, or at least in one workflow of it."""
        return may(higher(self.role, self.roles.get(workflow_id, NOBODY)), needed)

    def may_in(self, needed: Role, project: str) -> bool:
        """Whether they have a role in the lab, or at least in one project of it."""
        return may(higher(self.role, self.projects.get(project, NOBODY)), needed)

    def may_somewhere(self, needed: Role) -> bool:
        """Whether they have a role in the lab or in any workflow or project of it."""
        roles = (self.role, *self.roles.values(), *self.projects.values())
        return any(may(role, needed) for role in roles)

    @property
    def workflows(self) -> tuple[str, ...] | None:
        """Those that they may look at; `None` where these are all."""
        if self.may("viewer"):
            return None
        return tuple(sorted(id for id, role in self.roles.items() if role in ROLES))


LOCAL = Caller("local", "admin")
BESIDE = Caller("local", "admin")
"""A program that started this server along with itself, lets people in and speaks for them."""
BESIDE_HEADER = "x-flowforge-beside"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a server can be reached, and how often it may be asked; empty rates set no limit.

    `origins` are those of pages that may call beside our own; `public_url` is where others reach it.
    """

    host: str = "127.0.0.1"
    public_url: str = ""
    origins: tuple[str, ...] = ()
    caller_rate: str = ""
    address_rate: str = ""
    beside_key: str = ""


def terms_of(settings: Settings, host: str, *, beside_key: str = "") -> Terms:
    """Return the terms of a server that listens at `host`, as the settings have them.

    Whoever shows `beside_key` is whoever started it.
    """
    return Terms(
        host=host,
        beside_key=beside_key,
        public_url=settings.public_url,
        origins=tuple(settings.allowed_origins.split()),
        caller_rate=settings.caller_rate,
        address_rate=settings.address_rate,
    )


class Access:
    """The terms of one server: it asks who somebody is once others can reach it, or it knows of anybody.

    Others can where it listens to more than this machine, or has a public name that leads to it.
    """

    def __init__(self, gatehouse: Gatehouse, clock: Clock, terms: Terms) -> None:
        self._gatehouse = gatehouse
        self._pacer = Pacer(clock)
        self._rates = (_rate(terms.caller_rate), _rate(terms.address_rate))
        self.is_local = is_loopback(terms.host)
        self.origins = frozenset(terms.origins)
        known = (urlsplit(terms.public_url).hostname or "") if terms.public_url else ""
        self.names = LOCAL_NAMES | {known, terms.host.strip("[]")} - {""}
        self.has_public_name = bool(known) and not is_loopback(known)
        self.is_secure = terms.public_url.startswith("https://")
        self._beside_key = terms.beside_key.encode()

    @property
    def asks_who(self) -> bool:
        """Whether a caller has to say who they are."""
        return not self.is_local or self.has_public_name or not self._gatehouse.is_empty

    @property
    def has_accounts(self) -> bool:
        """Whether somebody can sign in."""
        return not self._gatehouse.accounts.is_empty

    def is_open(self, path: str) -> bool:
        """Whether an address asks for nobody: it has its own way to know who calls, or tells nothing."""
        return path.startswith(_HOOKS) or any(is_under(path, place) for place in _OPEN)

    def find(self, headers: Mapping[str, str], address: str = "") -> Caller | None:
        """Return who shows a token or a session, if it is anybody the lab knows."""
        shown = headers.get(BESIDE_HEADER, "").encode()
        if self._beside_key and hmac.compare_digest(shown, self._beside_key):
            return BESIDE
        authorization = headers.get("authorization", "")
        if authorization:
            return self._of_token(authorization, address)
        return self._of_session(cookie_of(headers), address)

    def _of_token(self, authorization: str, address: str) -> Caller | None:
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = self._gatehouse.tokens.find(text.strip())
        if token is None:
            return None
        return self._caller(token, token_id=token.id, address=address)

    def _of_session(self, cookie: str, address: str) -> Caller | None:
        session = self._gatehouse.sessions.find(cookie)
        person = None if session is None else self._gatehouse.accounts.find(session.account)
        if session is None or person is None:
            return None
        return self._caller(person, session_id=session.id, address=address)

    def _caller(self, known: Token | Person, **shown: str) -> Caller:
        """Return somebody with the roles that they have now in workflows and projects."""
        workflows, projects = self._gatehouse.projects.reached(known.roles)
        return Caller(known.name, known.role, workflows, projects=projects, **shown)

    def is_forged(self, method: str, caller: Caller, headers: Mapping[str, str]) -> bool:
        """Whether a change comes by a cookie alone: a page of somebody else may have sent it."""
        if not caller.session_id or method in READS:
            return False
        return not is_proof(headers.get(PROOF_HEADER, ""), cookie_of(headers))

    def still_sees(self, caller: Caller, workflow_id: str) -> bool:
        """Whether somebody who was let in before may still look: that can end while a stream is open."""
        now = self.renew(caller)
        return now is not None and now.may("viewer", workflow_id)

    def renew(self, caller: Caller) -> Caller | None:
        """Return who was let in before with the roles they have now; nobody where that is over."""
        known: Token | Person | None
        if caller is BESIDE:
            return caller
        if caller.token_id:
            known = self._gatehouse.tokens.valid(caller.token_id)
        elif caller.session_id:
            is_over = not self._gatehouse.sessions.is_valid(caller.session_id)
            known = None if is_over else self._gatehouse.accounts.find(caller.name)
        else:
            return None if self.asks_who else caller
        if known is None:
            return None
        shown = {name: getattr(caller, name) for name in ("token_id", "session_id", "address")}
        return self._caller(known, **shown)

    # -- how often

    def too_soon(self, caller: Caller) -> int:
        """Take a turn, and return after how many seconds there is one again; 0 where this was one."""
        who = caller.token_id or caller.session_id
        if not who:
            return 0
        for key, rate in zip((f"who:{who}", f"from:{caller.address}"), self._rates, strict=True):
            if rate is not None and (delay := self._taken(key, rate)):
                return delay
        return 0

    def too_many_strangers(self, address: str) -> int:
        """Take a turn of whoever shows nothing that the lab knows; what comes back is as for `too_soon`."""
        rate = self._rates[1]
        return 0 if rate is None else self._taken(f"from:{address}", rate)

    async def sign_in(self, name: str, password: str, *, address: str) -> Person | int | None:
        """Return whose name and password this is, or after how many seconds one may try again.

        A password that is right uses up no try.
        """
        tries = tuple(
            zip(
                (f"guess:{name}@{address}", f"guess:{name}", f"guess@{address}"),
                _GUESSES,
                strict=True,
            )
        )
        for key, rate in tries:
            if delay := self._taken(key, rate):
                return delay
        person = await asyncio.to_thread(self._gatehouse.accounts.check, name, password)
        if person is not None:
            for key, rate in tries:
                self._pacer.give_back(key, rate)
        with act_as(Actor(name, "session", address)):
            did = "opened" if person is not None else "refused"
            await self._gatehouse.audit.note(f"session.{did}", name)
        return person

    def _taken(self, key: str, rate: Rate) -> int:
        delay = self._pacer.reserve(key, rate)
        if delay:
            self._pacer.give_back(key, rate)
        return math.ceil(delay)

    # -- where from

    def accepts_host(self, host: str) -> bool:
        """Whether a request is meant for this server, and not led here by a foreign name."""
        return not self.is_local or hostname(host) in self.names

    def accepts_origin(self, origin: str, host: str) -> bool:
        """Whether the page that sends a request is our own, or one that is allowed to."""
        if origin in self.origins:
            return True
        parts = urlsplit(origin)
        return bool(parts.netloc) and parts.netloc.lower() == host.lower()


def cookie_of(headers: Mapping[str, str]) -> str:
    """Return what the cookie of our sessions holds."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def hostname(host: str) -> str:
    """Return the name in a `Host` header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def is_loopback(host: str) -> bool:
    """Whether an address to listen at can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Return who the guard let in."""
    found: Caller = scope.get("state", {}).get("caller", LOCAL)
    return found


def _rate(text: str) -> Rate | None:
    return parse_rate(text) if text else None
