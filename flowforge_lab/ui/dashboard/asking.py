"""What the address of the executions asks for, as a question to the lab."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from markupsafe import Markup

from flowforge_lab.services import Sort, Wanted

from .address import Address
from .icons import icon
from .markup import STATUSES, join, select

SIZE = 50
SPANS = (
    ("", "Any time"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
)
_LENGTHS = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
FILTERS = ("status", "workflow", "span", "search", "sort")


def wanted_of(address: Address, now: datetime, among: tuple[str, ...] | None) -> Wanted:
    """Return which executions an address asks for; what it says wrongly is not asked."""
    sort = address.get("sort", "-started_at")
    found = tuple(one for one in address.get("status").split(",") if one in STATUSES)
    return Wanted(
        workflow_id=address.get("workflow"),
        status=found,
        search=address.get("search").strip(),
        since=since_of(address, now),
        sort=sort if sort in get_args(Sort) else "-started_at",  # type: ignore[arg-type]  # it was just looked up
        page=address.number("n"),
        size=SIZE,
        among=among,
    )


def since_of(address: Address, now: datetime, default: str = "") -> datetime | None:
    """Return when the span that is asked for begins."""
    length = _LENGTHS.get(address.get("span", default))
    return None if length is None else now - length


def is_narrowed(address: Address) -> bool:
    """Whether an address asks for some executions only."""
    return any(address.get(name) for name in ("status", "workflow", "span", "search"))


def filters(address: Address, workflows: Sequence[str]) -> Markup:
    """Return the filters of the executions."""
    chosen = address.get("status")
    chips = join(_chip(status, chosen) for status in ("", *STATUSES))
    known = (
        workflows
        if address.get("workflow") in {"", *workflows}
        else [*workflows, address.get("workflow")]
    )
    options = [("", "All workflows"), *((id, id) for id in known)]
    return Markup(
        '<form class="ff-tools" data-asks data-key="filters" role="search" aria-label="Filter executions">{}{}{}'
        '<div class="ff-chips" role="group" aria-label="Status">{}</div></form>'
    ).format(
        search_field(address.get("search"), "Id, session or chat"),
        select("workflow", "Workflow", options, chosen=address.get("workflow")),
        select("span", "Time", SPANS, chosen=address.get("span")),
        chips,
    )


def search_field(text: str, hint: str) -> Markup:
    """Return a field to search in."""
    return Markup(
        '<label class="ff-field is-search">{}<span class="ff-hidden">Search: {}</span>'
        '<input type="search" name="search" value="{}" placeholder="{}" autocomplete="off"></label>'
    ).format(icon("search", size=16), hint, text, hint)


def _chip(status: str, chosen: str) -> Markup:
    return Markup(
        '<button type="button" data-ask-for="status" data-value="{}" aria-pressed="{}">{}{}</button>'
    ).format(
        status,
        "true" if status == chosen else "false",
        icon(f"status-{status}", size=13) if status else "",
        status.capitalize() or "All",
    )
