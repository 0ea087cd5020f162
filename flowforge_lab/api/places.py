"""What a request is about, and the role it takes there: one row for each kind of address.

An address of which no row speaks is an admin's.
"""

import re
from typing import Literal

import msgspec

from flowforge_lab.access import Role

READS = frozenset(("GET", "HEAD", "OPTIONS"))
"""The methods that change nothing."""
Kind = Literal["lab", "workflow", "execution", "project", "any", "own"]


class Place(msgspec.Struct, frozen=True):
    """What a request is about: the lab, one workflow, execution or project, or any the caller may see.

    Where it is `any`, the endpoint itself looks at which workflows the caller may see or run. `own` is
    about the caller themselves, and takes no role.
    """

    kind: Kind
    id: str = ""


class Rule(msgspec.Struct, frozen=True):
    """The roles it takes to look at what is at addresses of a kind, and to change it."""

    pattern: re.Pattern[str]
    kind: Kind
    look: Role
    change: Role


def _at(pattern: str, kind: Kind, look: Role, *, change: Role) -> Rule:
    """Return the rule of an address, and of all below it unless it ends with `$`."""
    whole = pattern if pattern.endswith("$") else f"{pattern}(?:/|$)"
    return Rule(re.compile(whole), kind, look, change)


_ID = r"(?P<id>[^/]+)"
_PROJECT = rf"/api/projects/{_ID}"
_RULES = (
    _at(r"/api/(?:me|sessions)", "own", "viewer", change="viewer"),
    # of one workflow
    _at(
        rf"/api/workflows/{_ID}/(?:backtest|debug|migrate|nodes)",
        "workflow",
        "viewer",
        change="operator",
    ),
    _at(rf"/api/workflows/{_ID}", "workflow", "viewer", change="editor"),
    _at(rf"/api/cron/(?:de)?activate/{_ID}$", "workflow", "editor", change="editor"),
    _at(rf"/api/webhooks-test/{_ID}", "workflow", "operator", change="operator"),
    _at(
        rf"/api/projects/[^/]+/workflows/{_ID}/(?:executions|stream)",
        "workflow",
        "viewer",
        change="operator",
    ),
    _at(r"/api/projects/[^/]+/workflows/[^/]+$", "lab", "viewer", change="admin"),
    # of one project
    _at(rf"{_PROJECT}/(?:workflows|variables)", "project", "viewer", change="editor"),
    _at(rf"{_PROJECT}/(?:executions|sessions)", "project", "viewer", change="operator"),
    _at(rf"{_PROJECT}$", "project", "viewer", change="admin"),
    # of one execution
    _at(rf"/api/executions/{_ID}", "execution", "viewer", change="operator"),
    # of any that the caller may see
    _at(r"/api/projects$", "any", "viewer", change="admin"),
    _at(r"/api/workflows$", "any", "viewer", change="editor"),
    _at(r"/api/executions$", "any", "viewer", change="operator"),
    _at(r"/api/cron$", "any", "viewer", change="admin"),
    _at(r"/api/node-types", "any", "viewer", change="admin"),
    _at(r"/api/dead-letters", "any", "viewer", change="operator"),
    _at(r"/api/history/query$", "lab", "operator", change="operator"),
    _at(r"/api/history/export$", "lab", "operator", change="operator"),
    _at(r"/api/history", "any", "viewer", change="admin"),
    _at(r"/api/events/stream$", "any", "viewer", change="admin"),
    # of the lab
    _at(r"/api/waits", "lab", "viewer", change="operator"),
    _at(r"/api/queue", "lab", "viewer", change="operator"),
    _at(r"/api/crashed$", "lab", "viewer", change="operator"),
    _at(r"/api/cron/deliveries$", "lab", "viewer", change="admin"),
    _at(r"/api/variables", "lab", "viewer", change="editor"),
    _at(r"/api/users", "lab", "operator", change="editor"),
    _at(r"/api/secrets", "lab", "viewer", change="admin"),
    _at(r"/api/connections", "lab", "viewer", change="operator"),
    _at(r"/api/webhooks$", "lab", "viewer", change="admin"),
    _at(r"/api/bots/[^/]+/(?:webhook|menu)$", "lab", "editor", change="editor"),
    _at(r"/api/bots", "lab", "viewer", change="operator"),
    _at(r"/api/notebooks", "lab", "viewer", change="editor"),
    _at(r"/api/alerts", "lab", "viewer", change="operator"),
    _at(r"/api/(?:slo|circuits|rates|metrics)$", "lab", "viewer", change="admin"),
    _at(r"/metrics$", "lab", "viewer", change="admin"),
    _at(r"/api/(?:accounts|tokens|audit)", "lab", "admin", change="admin"),
    _at(r"/api/lab$", "lab", "viewer", change="admin"),
    _at(r"/api/lab", "lab", "admin", change="admin"),
    # of assistants: each tool looks at what its caller may run
    _at(r"/mcp/?$", "any", "viewer", change="viewer"),
    # of the dashboard: what it shows, it asks for as whoever looks
    _at(r"/(?:ws)?$", "any", "viewer", change="admin"),
    _at(r"/(?:static|components)", "any", "viewer", change="admin"),
    _at(
        r"/(?!api(?:/|$)).*$", "lab", "viewer", change="admin"
    ),  # what is no address of the API is a screen
)
_SCREEN = re.compile(r"/($|ws$|static/|components/)")
_WITHOUT_RULE = Rule(re.compile(""), "lab", "admin", "admin")
_CREATES = frozenset((("POST", "/api/workflows"), ("POST", "/api/projects")))
"""Where a list of what the caller may see is also where something new is made: that takes the lab."""


def rule_of(path: str) -> Rule | None:
    """Return the first rule that speaks of an address."""
    return next((rule for rule in _RULES if rule.pattern.match(path)), None)


def place_of(method: str, path: str) -> Place:
    """Return what a request is about."""
    rule = rule_of(path) or _WITHOUT_RULE
    if (method, path) in _CREATES:
        return Place("lab")
    found = rule.pattern.match(path)
    id = found["id"] if found is not None and "id" in rule.pattern.groupindex else ""
    return Place(rule.kind, id)


def is_of_screen(path: str) -> bool:
    """Whether an address is the dashboard's."""
    return _SCREEN.match(path) is not None


def needed_role(method: str, path: str) -> Role:
    """Return the role that a request takes."""
    rule = rule_of(path) or _WITHOUT_RULE
    return rule.look if method in READS else rule.change


def is_under(path: str, place: str) -> bool:
    """Whether a path is a place or lies below it."""
    return path == place or path.startswith(f"{place}/")
