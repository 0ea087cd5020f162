"""What a request is about, and the role it takes there."""

import re
from typing import Literal

import msgspec

from flowforge_lab.access import Role

READS = frozenset(("GET", "HEAD", "OPTIONS"))
"""The methods that change nothing."""
_ID = r"(?P<id>[^/]+)"
_OF_WORKFLOW = tuple(
    re.compile(pattern)
    for pattern in (
        rf"/api/workflows/{_ID}(/|$)",
        rf"/api/cron/(?:de)?activate/{_ID}$",
        rf"/api/projects/[^/]+/workflows/{_ID}/",
        rf"/api/webhooks-test/{_ID}(/|$)",
    )
)
_OF_EXECUTION = re.compile(rf"/api/executions/{_ID}(/|$)")
_OF_ANY = frozenset(
    (
        ("GET", "/api/workflows"),
        ("GET", "/api/executions"),
        ("POST", "/api/executions"),
        ("GET", "/api/cron"),
        ("GET", "/api/projects"),
        ("GET", "/api/node-types"),
        ("GET", "/api/dead-letters"),
        ("POST", "/api/dead-letters/retry"),
        ("POST", "/api/dead-letters/dismiss"),
    )
)
"""Where the endpoint itself looks at which workflows the caller may see or run."""
_SCREEN = re.compile(r"/($|ws$|static/|components/)")
"""The dashboard and its files; what it shows, it asks for as whoever looks."""
_OWN = re.compile(r"/api/(me|sessions)(/|$)")
"""What everybody who is let in may do about themselves."""
_ADMINS = ("/api/accounts", "/api/audit", "/api/tokens")
_NEEDED: tuple[tuple[str, Role], ...] = (
    ("/api/secrets", "admin"),
    ("/api/executions", "operator"),
    ("/api/dead-letters", "operator"),
    ("/api/waits", "operator"),
    ("/api/queue", "operator"),
    ("/api/webhooks-test", "operator"),
    ("/api", "editor"),
)
"""What it takes to change something, by where it is; the first that fits counts."""


class Place(msgspec.Struct, frozen=True):
    """What a request is about: the lab, one workflow, one execution, or any workflows the caller may see.

    `own` is about the caller themselves, and takes no role.
    """

    kind: Literal["lab", "workflow", "execution", "any", "own"]
    id: str = ""


def place_of(method: str, path: str) -> Place:
    """Return what a request is about."""
    if _OWN.match(path):
        return Place("own")
    if (("GET" if method == "HEAD" else method), path) in _OF_ANY:
        return Place("any")
    for pattern in _OF_WORKFLOW:
        if found := pattern.match(path):
            return Place("workflow", found["id"])
    if is_of_screen(path):
        return Place("any")
    found = _OF_EXECUTION.match(path)
    return Place("lab") if found is None else Place("execution", found["id"])


def is_of_screen(path: str) -> bool:
    """Whether an address is the dashboard's."""
    return _SCREEN.match(path) is not None


def needed_role(method: str, path: str) -> Role:
    """Return the role that a request takes."""
    if any(is_under(path, place) for place in _ADMINS):
        return "admin"
    if method in READS:
        return "viewer"
    if is_under(path, "/api/projects") and "/executions" in path:
        return "operator"
    return next((role for place, role in _NEEDED if is_under(path, place)), "admin")


def is_under(path: str, place: str) -> bool:
    """Whether a path is a place or lies below it."""
    return path == place or path.startswith(f"{place}/")
