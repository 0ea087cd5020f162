"""The steps of an execution as bars over time: attempts, waits, branches side by side."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from flowforge_lab.events import (
    AttemptFailed,
    Entry,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitResumed,
    VisitStarted,
    VisitSucceeded,
    spread,
)

from .markup import join, length, tone_of

MAX_LINES = 200
_ENDS = {VisitSucceeded: "succeeded", VisitFailed: "failed", VisitCancelled: "cancelled"}


class Span(msgspec.Struct, frozen=True):
    """A stretch of one visit, in microseconds: working, waiting, or an attempt that failed."""

    begins_at: int
    ends_at: int
    look: str
    told: str


class Line(msgspec.Struct):
    """One visit: when it worked and when it waited; `status` is how it ended or stands."""

    visit: int
    node: str
    begins_at: int
    ends_at: int = 0
    status: str = "running"
    spans: list[Span] = []
    is_parked: bool = False
    since: int = 0


def lines_of(entries: Sequence[Entry], now: int) -> list[Line]:
    """Return a line for each visit, in the order they began; what still goes on reaches to `now`."""
    found: dict[int, Line] = {}
    for entry in spread(entries):
        _take(found, entry)
    for line in found.values():
        if not line.ends_at:
            line.status = "waiting" if line.is_parked else "running"
            _stretch(line, now, "is-wait" if line.is_parked else "", told=line.status)
            line.ends_at = now
    return list(found.values())


def _take(found: dict[int, Line], entry: Entry) -> None:
    event, at = entry.event, entry.at
    if isinstance(event, VisitStarted):
        found[event.visit] = Line(event.visit, event.node, at, since=at)
        return
    line = found.get(getattr(event, "visit", 0))
    if line is None:
        return
    if isinstance(event, AttemptFailed):
        _stretch(
            line,
            event.started_at + int(event.duration * 1e6),
            "is-retry",
            told=f"attempt {event.attempt} failed: {event.error.title}",
        )
        _stretch(line, max(event.retry_at, line.since), "is-wait", told="waits to try again")
    elif isinstance(event, VisitParked):
        _stretch(line, at, "", told="works")
        line.is_parked = True
    elif isinstance(event, VisitResumed):
        _stretch(line, at, "is-wait", told="waits")
        line.is_parked = False
    elif type(event) in _ENDS:
        line.status = _ENDS[type(event)]
        _stretch(line, at, "is-wait" if line.is_parked else "", told=line.status)
        line.ends_at = at


def _stretch(line: Line, until: int, look: str, *, told: str) -> None:
    if until > line.since or not line.spans:
        line.spans.append(Span(line.since, until, look, told))
    line.since = max(until, line.since)


def timeline(entries: Sequence[Entry], now: int) -> Markup:
    """Return the bars of an execution, each visit a line under one axis of time."""
    lines = lines_of(entries, now)
    if not lines:
        return Markup('<p class="ff-help">No step has begun yet.</p>')
    first = entries[0].at
    whole = max(max(line.ends_at for line in lines) - first, 1)
    shown = join(_line(line, first, whole) for line in lines[:MAX_LINES])
    rest = len(lines) - MAX_LINES
    more = Markup('<p class="ff-help">and {:,} more steps</p>').format(rest) if rest > 0 else ""
    marks = join(
        Markup("<span>{}</span>").format(length(whole / 1e6 * part / 4)) for part in range(5)
    )
    return Markup(
        '<div class="ff-lines" role="list" aria-label="Timeline">{}<div class="ff-axis" aria-hidden="true"><span></span><div>{}</div><span></span></div></div>{}{}'
    ).format(shown, marks, more, _legend())


def _line(line: Line, first: int, whole: int) -> Markup:
    tone = "live" if line.status == "running" else tone_of(line.status)
    bars = join(
        Markup(
            '<i class="ff-bar {} is-{}" style="left:{:.3f}%;width:{:.3f}%" title="{}"></i>'
        ).format(
            span.look,
            "bad" if span.look == "is-retry" else "warn" if span.look == "is-wait" else tone,
            (span.begins_at - first) / whole * 100,
            max(span.ends_at - span.begins_at, 0) / whole * 100,
            f"{span.told}, {length(max(span.ends_at - span.begins_at, 0) / 1e6)}",
        )
        for span in line.spans
    )
    took = length((line.ends_at - line.begins_at) / 1e6)
    return Markup(
        '<div class="ff-line" role="listitem" data-key="line-{}" aria-label="{}: {}, {}"><span title="{}">{}</span>'
        '<div class="ff-track">{}</div><span>{}</span></div>'
    ).format(line.visit, line.node, line.status, took, line.node, line.node, bars, took)


def _legend() -> Markup:
    shown = (
        ("good", "", "works"),
        ("warn", "is-wait", "waits"),
        ("bad", "is-retry", "failed attempt"),
    )
    return Markup('<p class="ff-legend" aria-hidden="true">{}</p>').format(
        join(
            Markup('<span><i><b class="ff-bar {} is-{}"></b></i>{}</span>').format(
                look, tone, text
            )
            for tone, look, text in shown
        )
    )
