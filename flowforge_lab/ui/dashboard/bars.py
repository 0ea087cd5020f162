"""The steps of an execution as bars over time: attempts, waits, branches side by side."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup

from flowforge_lab.events import Entry
from flowforge_lab.services import Recording
from flowforge_lab.values import lasted

from .markup import join, tone_of

MAX_LINES = 200
_OVER = frozenset({"succeeded", "failed", "cancelled"})
_WAITS = frozenset({"waiting", "retrying"})


class Span(NamedTuple):
    """A stretch of one visit, in seconds since the execution began: work, a wait, a failed attempt."""

    begins: float
    ends: float
    look: str
    told: str


class Line(msgspec.Struct, frozen=True):
    """One visit; `status` is how it ended or stands."""

    visit: int
    node: str
    status: str
    spans: tuple[Span, ...]


def lines_of(entries: Sequence[Entry], now: int) -> list[Line]:
    """Return a line for each visit, in the order they began; what still goes on reaches to `now`."""
    recording = Recording()
    for entry in entries:
        recording.apply(entry)
    until = (now - entries[0].at) / 1e6 if entries else 0.0
    return [_line_of(visit, until) for visit in recording.visits.values() if "seeded" not in visit]


def _line_of(visit: Mapping[str, Any], until: float) -> Line:
    marks = visit["marks"]
    status = marks[-1][2]
    if status not in _OVER:
        status = "waiting" if status in _WAITS else "running"
        marks = [*marks, [0, max(until, marks[-1][1]), status]]
    return Line(visit["n"], visit["node"], status, tuple(_spans(marks, dict(visit["tries"]))))


def _spans(marks: Sequence[Any], tries: Mapping[int, str]) -> Iterator[Span]:
    for (_, begins, state), (seq, ends, _) in pairwise(marks):
        if state in _WAITS:
            yield Span(begins, ends, "is-wait", "waits")
        elif seq in tries:
            yield Span(begins, ends, "is-retry", f"attempt failed: {tries[seq]}")
        else:
            yield Span(begins, ends, "", "works")


def timeline(entries: Sequence[Entry], now: int) -> Markup:
    """Return the bars of an execution, each visit a line under one axis of time."""
    lines = lines_of(entries, now)
    if not lines:
        return Markup('<p class="ff-help">No step has begun yet.</p>')
    whole = max(1e-6, *(line.spans[-1].ends for line in lines))
    shown = join(_line(line, whole) for line in lines[:MAX_LINES])
    rest = len(lines) - MAX_LINES
    more = Markup('<p class="ff-help">and {:,} more steps</p>').format(rest) if rest > 0 else ""
    marks = join(Markup("<span>{}</span>").format(lasted(whole * part / 4)) for part in range(5))
    return Markup(
        '<div class="ff-lines" role="list" aria-label="Timeline">{}<div class="ff-axis" aria-hidden="true"><span></span><div>{}</div><span></span></div></div>{}{}'
    ).format(shown, marks, more, _legend())


def _line(line: Line, whole: float) -> Markup:
    tone = "live" if line.status == "running" else tone_of(line.status)
    bars = join(
        Markup(
            '<i class="ff-bar {} is-{}" style="left:{:.3f}%;width:{:.3f}%" title="{}"></i>'
        ).format(
            span.look,
            "bad" if span.look == "is-retry" else "warn" if span.look == "is-wait" else tone,
            span.begins / whole * 100,
            (span.ends - span.begins) / whole * 100,
            f"{span.told}, {lasted(span.ends - span.begins)}",
        )
        for span in line.spans
    )
    took = lasted(line.spans[-1].ends - line.spans[0].begins)
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
