"""Which workflow gets an update of a bot: by command, data, text and kind, the highest priority first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from flowforge_lab.plan import Plan, Step
from flowforge_lab.values import CompiledPattern, Groups, compile_pattern

from .incoming import Incoming

KINDS = ("trigger.command", "trigger.message", "trigger.callback")
_COMMAND, _MESSAGE, _CALLBACK = KINDS


class Route(msgspec.Struct, frozen=True):
    """One trigger node of a workflow that waits for updates of a bot; `rule` says for people which."""

    bot: str
    workflow_id: str
    digest: str
    node: str
    kind: str
    priority: int = 0
    chats: str = "any"
    command: str = ""
    data: str = ""
    pattern: str = ""
    content_types: frozenset[str] = frozenset()
    edited: bool = False
    description: str = ""

    @property
    def rule(self) -> str:
        """What it takes, for people."""
        if self.kind == _COMMAND:
            return f"/{self.command}"
        what = self.pattern and f"text like {self.pattern!r}"
        if self.kind == _CALLBACK:
            data = f"button {self.data!r}" if self.data else "any button"
            return f"button like {self.pattern!r}" if self.pattern else data
        kinds = ", ".join(sorted(self.content_types))
        return " in ".join(part for part in (what, kinds) if part) or "any message"

    @property
    def place(self) -> tuple[int, int, str, str]:
        """Where it stands: the higher priority first, then what asks for more, then by name."""
        return (-self.priority, -self._exactness, self.workflow_id, self.node)

    @property
    def _exactness(self) -> int:
        if self.command or self.data:
            return 3
        return 2 * bool(self.pattern) + bool(self.content_types)


class Found(msgspec.Struct, frozen=True):
    """A route that takes an update, with what the named groups of its pattern found."""

    route: Route
    groups: Mapping[str, str | None] = {}


class Judged(msgspec.Struct, frozen=True):
    """Why a route takes an update or does not; `why` is for people."""

    route: Route
    takes: bool
    why: str


def routes_of(plan: Plan, *, bot: str) -> list[Route]:
    """Return the routes of a plan; `bot` is that of triggers which name none."""
    return [_route(plan, step, bot) for step in plan.triggers if step.type.kind in KINDS]


def _route(plan: Plan, step: Step, bot: str) -> Route:
    told = dict(step.raw) if step.config is None else step.config.model_dump()
    return Route(
        bot=str(told.get("bot") or bot),
        workflow_id=plan.workflow.id,
        digest=plan.digest,
        node=step.id,
        kind=step.type.kind,
        priority=told.get("priority", 0),
        chats=told.get("chats", "any"),
        command=told.get("command", ""),
        data=told.get("data", ""),
        pattern=told.get("pattern", ""),
        content_types=frozenset(told.get("content_types") or ()),
        edited=told.get("edited", False),
        description=told.get("description", ""),
    )


class _Test(msgspec.Struct, frozen=True):
    route: Route
    pattern: CompiledPattern | None = None
    fault: str = ""


class Router:
    """The routes of one bot, whose name at Telegram is `username`. Immutable."""

    def __init__(self, routes: Iterable[Route], *, username: str = "") -> None:
        self.routes = tuple(sorted(routes, key=lambda route: route.place))
        self._username = username.lower()
        self._commands: dict[str, list[_Test]] = {}
        self._messages: list[_Test] = []
        self._callbacks: list[_Test] = []
        for route in self.routes:
            self._file(_test(route))

    def _file(self, test: _Test) -> None:
        if test.route.kind == _COMMAND:
            self._commands.setdefault(test.route.command, []).append(test)
        elif test.route.kind == _CALLBACK:
            self._callbacks.append(test)
        else:
            self._messages.append(test)

    def find(self, update: Incoming) -> Found | None:
        """Return the route that gets an update, if one takes it."""
        if update.is_callback:
            return self._first(self._callbacks, update)
        by_command = self._first(self._of_command(update), update)
        if by_command is None or not self._messages:
            return by_command or self._first(self._messages, update)
        ahead = [test for test in self._messages if test.route.place < by_command.route.place]
        return self._first(ahead, update) or by_command

    def takes_command(self, update: Incoming) -> bool:
        """Return whether an update is a command that some workflow is started by."""
        return self._first(self._of_command(update), update) is not None

    def explain(self, update: Incoming) -> list[Judged]:
        """Return what every route says of an update, in their order; the first that takes it gets it."""
        judged = []
        for route in self.routes:
            why = self._fault(_test(route), update)
            judged.append(Judged(route, not why, why or "takes it"))
        return judged

    def _of_command(self, update: Incoming) -> Sequence[_Test]:
        return self._commands.get(update.command, ()) if update.command else ()

    def _first(self, tests: Iterable[_Test], update: Incoming) -> Found | None:
        for test in tests:
            if not self._fault(test, update):
                return Found(test.route, _groups(test, update) or {})
        return None

    def _fault(self, test: _Test, update: Incoming) -> str:
        """Return why a route does not take an update; empty where it does."""
        route = test.route
        if route.chats != "any" and (route.chats == "group") != update.is_group:
            return f"only in {route.chats} chats"
        if update.is_callback != (route.kind == _CALLBACK):
            return "not a message" if update.is_callback else "not a button"
        if update.is_edited and not route.edited:
            return "the message was changed afterwards"
        if route.kind == _COMMAND:
            return self._fault_of_command(route, update)
        return _fault_of_text(test, update)

    def _fault_of_command(self, route: Route, update: Incoming) -> str:
        if update.command != route.command:
            return "another command" if update.command else "no command"
        if update.addressed_to and update.addressed_to != self._username:
            return "a command for another bot"
        return ""


def _fault_of_text(test: _Test, update: Incoming) -> str:
    route = test.route
    if route.data and update.data != route.data:
        return "other data"
    if route.content_types and update.content_type not in route.content_types:
        return f"a {update.content_type}"
    if test.pattern is not None and _groups(test, update) is None:
        return "the pattern does not fit"
    return test.fault


def _groups(test: _Test, update: Incoming) -> Groups | None:
    if test.pattern is None:
        return {}
    try:
        if update.is_callback:
            return test.pattern.find_whole(update.data)
        return test.pattern.find(update.text)
    except ValueError:  # far longer than Telegram lets a text be
        return None


def _test(route: Route) -> _Test:
    """Return how a route is tried; one of an older version, whose pattern is refused now, takes nothing."""
    if not route.pattern:
        return _Test(route)
    try:
        compiled = compile_pattern(route.pattern, ignores_case=route.kind != _CALLBACK)
    except ValueError as error:
        return _Test(route, fault=str(error))
    return _Test(route, compiled)


class Question(msgspec.Struct, frozen=True):
    """What is known of a question somebody may answer: the terms of its wait, and its own key."""

    own: str
    takes: tuple[str, ...] = ()
    message_id: int | None = None
    users: tuple[int, ...] = ()
    commands: bool = False
    node: str = ""


def question_from(terms: Mapping[str, Any]) -> Question | None:
    """Return the question that the terms of a wait tell; `None` where they tell of another kind of wait."""
    try:
        return msgspec.convert({name: terms[name] for name in _TERMS if name in terms}, Question)
    except msgspec.ValidationError:
        return None


_TERMS = Question.__struct_fields__


def questions_for(update: Incoming, open_ones: Sequence[Question]) -> list[Question]:
    """Return the questions that an update may answer, the one it is for first; `open_ones`: newest last.

    A press is for the message it is under. A message marked as reply to a question is for that one; else
    for the newest that takes its kind; else for the newest at all, which will say what it wants.
    """
    allowed = [one for one in open_ones if not one.users or update.user_id in one.users]
    if update.is_callback:
        return [one for one in reversed(allowed) if one.message_id in {None, update.message_id}]
    if update.is_edited:
        return []

    def rank(one: Question) -> tuple[bool, bool]:
        is_meant = update.reply_to is not None and update.reply_to == one.message_id
        takes = not one.takes or update.content_type in one.takes
        return (not is_meant, not takes)

    newest_first = allowed[::-1]
    return sorted(newest_first, key=rank)
