"""Alerts and promises: the rules, what people were told of, and how workflows stand to what was promised."""

from collections.abc import Sequence

from markupsafe import Markup

from flowforge_lab.services import AlertFiring, AlertRule, Standing
from flowforge_lab.ui.dashboard.copied import RestsInACopy, resting
from flowforge_lab.ui.dashboard.markup import (
    badge,
    button,
    empty,
    pill,
    section,
    value,
    when,
)
from flowforge_lab.ui.dashboard.page import Told, head
from flowforge_lab.ui.dashboard.table import Column, Rows, table
from flowforge_lab.values import lasted

_TONES = {"info": "live", "warning": "warn", "critical": "bad", "error": "bad"}
_CHECK = "/api/alerts/check"
_SHOWN = 100


class Alerts(RestsInACopy):
    """The rules in `alerts/*.yaml`, the firings of ninety days, and the promises in `slo.yaml`."""

    name = "alerts"
    title = "Alerts"
    group = "Observe"
    reads = "/api/alerts"
    looks_every = 10

    async def load(self) -> Markup:
        """Return rules, promises and firings."""
        parts = self.desk.parts
        rules, fired, standings = (
            parts.alerts.rules(),
            await parts.alerts.fired(),
            await parts.slos.standings(),
        )
        may = self.desk.rights.may("POST", _CHECK)
        actions = button("Check now", "check", picture="check") if rules and may else ""
        told = head(self.title, _many(len(rules)), actions=actions)
        if not (rules or fired or standings):
            return told + empty(
                "No rule yet",
                "A rule is a question to the history in SQL. Put one into alerts/NAME.yaml: it tells people when it finds a row.",
                command="flowforge alerts --help",
                image="alerts",
            )
        told += self.copied("nobody asks its rules by themselves here")
        rested = _rules(rules, is_copy=self.is_copy)
        return told + Markup("{}{}{}").format(_promises(standings), _fired(fired), rested)

    async def do_check(self, _told: Told, _picked: Sequence[str]) -> str:
        """Ask all active rules now; people are told of what is not silent."""
        self.desk.rights.refuse("POST", _CHECK)
        found = await self.desk.parts.alerts.check()
        return f"{_many(len(found))} fired" if found else "No rule fired"


def _many(rules: int) -> str:
    return f"{rules} rule{'' if rules == 1 else 's'}"


def _promises(found: Sequence[Standing]) -> Markup:
    return (
        section(
            "Promises",
            table(_PROMISES, Rows(found, lambda one: one.workflow_id), label="Promises"),
        )
        if found
        else Markup("")
    )


def _fired(found: Sequence[AlertFiring]) -> Markup:
    if not found:
        return section(
            "Told",
            Markup('<p class="ff-help">Nobody had to be told of anything in ninety days.</p>'),
        )
    rows = Rows(found[:_SHOWN], lambda one: f"{one.rule}-{one.at.isoformat()}")
    return section(
        "Told", table(_FIRED, rows, label="Told"), f"the latest {min(len(found), _SHOWN)}"
    )


def _rules(found: Sequence[AlertRule], *, is_copy: bool) -> Markup:
    columns = (*_RULES[:2], Column("State", lambda _one: resting()), *_RULES[3:])
    return (
        section(
            "Rules",
            table(
                columns if is_copy else _RULES, Rows(found, lambda one: one.name), label="Rules"
            ),
        )
        if found
        else Markup("")
    )


def _severity(severity: str) -> Markup:
    return badge(severity, _TONES.get(severity, "plain"))


def _met(one: Standing) -> Markup:
    if one.is_met is None:
        return pill("off", "nothing ended")
    return pill("succeeded", "kept") if one.is_met else pill("failed", "broken")


def _share(part: float | None) -> str:
    return "-" if part is None else f"{part:.2%}"


def _left(budget: float | None) -> str:
    """Return what is left of the failures that were allowed; where there were more, how many times as many."""
    if budget is None or budget >= 0:
        return _share(budget)
    return f"none, {1 - budget:,.1f} times as many"


def _beside(found: str, promised: str) -> str:
    """Return what was found and what was promised, as far as there is either."""
    if promised == "-":
        return found
    return f"{promised} promised" if found == "-" else f"{found} of {promised}"


def _seconds(found: float | None) -> str:
    return "-" if found is None else lasted(found)


_PROMISES = (
    Column("Workflow", lambda one: Markup("<strong>{}</strong>").format(one.workflow_id)),
    Column("Promise", _met),
    Column(
        "Success",
        lambda one: _beside(_share(one.success), _share(one.promised_success)),
        look="is-right",
    ),
    Column(
        "p95",
        lambda one: _beside(_seconds(one.duration_p95), _seconds(one.promised_p95)),
        look="is-right",
    ),
    Column("Failures left", lambda one: _left(one.budget_left), look="is-right"),
    Column("Over", lambda one: lasted(one.window), look="is-right"),
)
_FIRED = (
    Column("Rule", lambda one: Markup("<strong>{}</strong>").format(one.rule)),
    Column("Severity", lambda one: _severity(one.severity)),
    Column("At", lambda one: when(one.at), look="is-tight"),
    Column(
        "Found",
        lambda one: Markup('<span class="ff-cut" title="{0}">{0}</span>').format(
            str(one).partition(": ")[2]
        ),
    ),
)
_RULES = (
    Column("Rule", lambda one: Markup("<strong>{}</strong>").format(one.name)),
    Column("Severity", lambda one: _severity(one.severity)),
    Column("State", lambda one: pill("on", "asks") if one.is_active else pill("off", "rests")),
    Column("Every", lambda one: lasted(one.every), look="is-right"),
    Column("Silent for", lambda one: lasted(one.cooldown), look="is-right"),
    Column(
        "Question",
        lambda one: Markup("<details><summary>SQL</summary>{}</details>").format(
            value(one.sql.strip())
        ),
    ),
)
