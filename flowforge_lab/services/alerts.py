"""Rules over the history that tell people, once for each cool-down, whichever host asks."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.engine import Failure
from flowforge_lab.errors import DocumentError, FlowForgeError, NotFoundError, QueryError
from flowforge_lab.events import ErrorDetail
from flowforge_lab.store import Store, Variable

from .alert_rules import AlertRule, Severity, read_rules
from .moments import microseconds, moment
from .notices import Notices

logger = logging.getLogger(__name__)
_SCOPE = "alert"  # beside the scopes that people see
_LAST = ""
_KEPT = timedelta(days=90)
_MAX_ROWS = 20
_MOST_LOOKS = 2000
_SHOWN_ROWS = 5
_MAX_CHARS = 300
_THEN = """with executions as (
  select * replace (case when finished_at <= $now then status when status in ('succeeded', 'failed',
    'cancelled') then 'running' else status end as status,
    case when finished_at <= $now then finished_at end as finished_at,
    case when finished_at <= $now then duration end as duration,
    case when finished_at <= $now then error end as error,
    case when finished_at <= $now then result end as result)
  from main.executions where started_at <= $now),
steps as (select * from main.steps where coalesce(finished_at, started_at) <= $now),
attempts as (select * from main.attempts where finished_at <= $now),
events as (select * from main.events where happened_at <= $now),
logs as (select * from main.logs where happened_at <= $now),
custom_metrics as (select * from main.custom_metrics where happened_at <= $now)
select * from ({sql}) limit {limit}"""


class AlertFiring(msgspec.Struct, frozen=True):
    """A rule that found something: what, when, and whether people were told or it was silent still."""

    rule: str
    severity: Severity
    at: datetime
    rows: Sequence[dict[str, Any]]
    is_silent: bool = False
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.rule} cannot be asked: {self.problem}"
        told = "; ".join(_row_text(row) for row in self.rows[:_SHOWN_ROWS])
        return f"{self.severity}: {self.rule}: {told}"


class Preview(msgspec.Struct, frozen=True):
    """What a rule would have done: when it would have told people, of how many looks, how far apart."""

    rule: str
    fired: Sequence[AlertFiring]
    looks: int
    matches: int
    every: float


class Alerts:
    """The alert rules of one lab."""

    def __init__(self, root: Path, store: Store, notices: Notices, *, clock: Clock) -> None:
        self._root = root
        self._store = store
        self._notices = notices
        self._clock = clock
        self._asked: dict[str, datetime] = {}
        self._complained = ""

    def rules(self) -> list[AlertRule]:
        """Return the rules as they are written now.

        Raises:
            DocumentError: with everything that is wrong in any of the files.
        """
        return read_rules(self._root)

    async def look(self) -> None:
        """Ask the rules that are due, as a host does again and again; what is wrong is logged once."""
        try:
            rules = self.rules()
        except DocumentError as error:
            if str(error) != self._complained:
                logger.warning("alert rules cannot be read: %s", error)
            self._complained = str(error)
            return
        now = self._clock.now()
        for rule in rules:
            asked = self._asked.get(rule.name)
            if rule.is_active and (asked is None or (now - asked).total_seconds() >= rule.every):
                self._asked[rule.name] = now
                await self._ask(rule, now)

    async def check(self, name: str = "") -> list[AlertFiring]:
        """Ask all active rules now, or one; return what fired, and tell people of what is not silent.

        Raises:
            NotFoundError: there is no rule of that name.
        """
        found = [
            rule for rule in self.rules() if rule.name == name or (not name and rule.is_active)
        ]
        if name and not found:
            msg = f"there is no alert rule {name!r}"
            raise NotFoundError(msg)
        now = self._clock.now()
        fired = [await self._ask(rule, now) for rule in found]
        return [one for one in fired if one is not None]

    async def fired(self) -> list[AlertFiring]:
        """Return what people were told of in the last ninety days, the latest first."""
        kept = await self._store.variables.every(_SCOPE)
        told = [
            AlertFiring(
                one.owner, one.value["severity"], moment(one.value["at"]), one.value["rows"]
            )
            for one in kept
            if one.name != _LAST
        ]
        return sorted(told, key=lambda one: one.at, reverse=True)

    async def preview(self, name: str, *, since: datetime) -> Preview:
        """Return when a rule would have told people, had it been there since then.

        It looks as often as the rule says, at most 2000 times.

        Raises:
            NotFoundError: there is no rule of that name.
            QueryError: DuckDB refused its query.
        """
        rule = next((one for one in self.rules() if one.name == name), None)
        if rule is None:
            msg = f"there is no alert rule {name!r}"
            raise NotFoundError(msg)
        now = self._clock.now()
        span = max((now - since).total_seconds(), 0.0)
        every = max(rule.every, span / _MOST_LOOKS)
        fired, matches, silent_until = [], 0, since
        looks = int(span // every) + 1
        for number in range(looks):
            at = now - timedelta(seconds=every * (looks - 1 - number))
            rows = await self._rows(rule, at)
            matches += bool(rows)
            if rows and at >= silent_until:
                fired.append(AlertFiring(rule.name, rule.severity, at, rows))
                silent_until = at + timedelta(seconds=rule.cooldown)
        return Preview(rule.name, fired, looks, matches, every)

    async def _ask(self, rule: AlertRule, now: datetime) -> AlertFiring | None:
        try:
            rows = await self._rows(rule, now)
        except QueryError as error:
            firing = AlertFiring(rule.name, rule.severity, now, (), problem=str(error))
        else:
            if not rows:
                return None
            firing = AlertFiring(rule.name, rule.severity, now, rows)
        try:
            return await self._tell(rule, firing)
        except FlowForgeError:
            logger.exception("could not tell of the alert %r", rule.name)
            return firing

    async def _tell(self, rule: AlertRule, firing: AlertFiring) -> AlertFiring:
        """Tell people, unless somebody did within the cool-down; of two hosts only one does."""
        at = microseconds(firing.at)
        last = await self._store.variables.find(_SCOPE, rule.name, _LAST)
        before = None if last is None else last.value
        until = at + int(rule.cooldown * 1e6)
        forever = at + int(_KEPT.total_seconds() * 1e6)
        mark = Variable(_SCOPE, rule.name, _LAST, {"at": at, "until": until}, forever)
        is_silent = before is not None and at < before["until"]
        if is_silent or not await self._store.variables.swap(mark, expected=before):
            return msgspec.structs.replace(firing, is_silent=True)
        kept = {"at": at, "severity": rule.severity, "rows": list(firing.rows)}
        await self._store.variables.set(Variable(_SCOPE, rule.name, str(at), kept, forever))
        await self._notices.send(_as_failure(firing))
        return firing

    async def _rows(self, rule: AlertRule, at: datetime) -> list[dict[str, Any]]:
        sql = _THEN.format(sql=rule.sql.strip().rstrip(";"), limit=_MAX_ROWS)
        found = await self._store.enclosed.query(sql, {"now": at})
        return [{name: _told(value) for name, value in row.items()} for row in found]


def _as_failure(firing: AlertFiring) -> Failure:
    """Return an alert as what people are told of; its id makes it one for every sender that remembers."""
    error = ErrorDetail(type=f"alert.{firing.severity}", title=str(firing))
    at = microseconds(firing.at)
    return Failure(f"alert:{firing.rule}:{at}", "", f"alert {firing.rule}", error, at)


def _told(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:_MAX_CHARS]


def _row_text(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
