"""One execution, opened beside the list: how it stands, its steps, its bars, its kin, its files."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from flowforge_lab.lab import going_on_of
from flowforge_lab.services import StepView, WayOn
from flowforge_lab.store import ExecutionHead
from flowforge_lab.values import lasted

from .address import link
from .bars import timeline
from .icons import icon
from .markup import badge, button, empty, facts, join, pill, problem, took, value, when
from .page import Desk
from .waiting import waits_longer, waits_of

_MAX_STEPS = 200
_MAX_LOGS = 300
_OVER = frozenset(("succeeded", "failed", "cancelled"))


async def execution_drawer(desk: Desk, id: str) -> Markup:
    """Return the panel of an execution; where there is none that its reader may see, it says so."""
    head = await desk.parts.store.journal.find_head(id)
    if head is None or not desk.rights.may("GET", "/api/executions", head.workflow_id):
        gone = empty(
            "There is no such execution",
            "It was removed by retention, or the address is wrong.",
            image="search",
        )
        return _frame(desk, id, Markup("<h2>{}</h2>").format(id), body=gone)
    body = await _body(desk, head)
    title = Markup("<h2>{}{}</h2><p><code>{}</code></p>{}").format(
        head.workflow_id, pill(head.status), head.id, _acts(desk, head)
    )
    return _frame(desk, head.id, title, body=body)


def _frame(desk: Desk, id: str, title: Markup, *, body: Markup) -> Markup:
    asked = {name: text for name, text in desk.address.asked.items() if name != "execution"}
    return Markup(
        '<aside class="ff-drawer" data-key="drawer-{}" aria-label="Execution {}"><header><div>{}</div>'
        '<a class="ff-icon-button" href="{}" data-go data-close aria-label="Close">{}</a></header>'
        '<div class="ff-drawer-body" tabindex="0" role="region" aria-label="Details">{}</div></aside>'
    ).format(id, id[-12:], title, link(desk.address.page, asked), icon("close"), body)


def _acts(desk: Desk, head: ExecutionHead) -> Markup:
    path = f"/api/executions/{head.id}/cancel"
    canvas = Markup('<a class="ff-button" href="{}" data-go>{}Open the canvas</a>').format(
        link("viewer", execution=head.id), icon("workflows", size=16)
    )
    if not desk.rights.may("POST", path, head.workflow_id):
        return Markup('<div class="ff-drawer-acts">{}</div>').format(canvas)
    acts = [canvas]
    if head.status not in _OVER:
        acts.append(
            button(
                "Cancel",
                "cancel",
                picture="stop",
                kind="is-danger",
                id=head.id,
                ask="Cancel this execution?",
            )
        )
        if head.status == "paused":
            acts.append(button("Continue", "resume", picture="play", id=head.id))
        else:
            acts.append(button("Pause", "pause", picture="pause", id=head.id))
            if not waits_longer(head, desk.parts.clock.stamp()):
                acts.append(button("Resume", "resume", picture="play", id=head.id))
    else:
        acts.append(button("Restart", "restart", picture="restart", kind="is-primary", id=head.id))
    return Markup('<div class="ff-drawer-acts">{}</div>').format(join(acts))


async def _body(desk: Desk, head: ExecutionHead) -> Markup:
    parts = desk.parts
    entries = await parts.executions.entries(head.id)
    steps = await parts.executions.steps(head.id) if entries else []
    children = await parts.store.journal.children_of(head.id)
    outcome = await parts.executions.outcome(head.id) if entries else None
    return join(
        (
            _facts(head),
            problem(head.error, key="error") if head.error else Markup(""),
            await _waits(desk, head),
            await _ways_on(desk, head),
            _section("Timeline", timeline(entries, parts.clock.stamp()))
            if entries
            else Markup(""),
            _kin(head, children, _files(desk, head.id)),
            _steps(steps, from_here=partial(_from_here, desk, head)),
            _section("Input", value(await parts.executions.inputs(head.id)))
            if entries
            else Markup(""),
            _section("Result", value(outcome.result))
            if outcome and outcome.result is not None
            else Markup(""),
            _logs(steps),
        )
    )


def _section(title: str, body: Markup, note: str = "") -> Markup:
    return Markup(
        '<section data-key="part-{}"><h3>{} <span class="ff-dim">{}</span></h3>{}</section>'
    ).format(title, title, note, body)


def _facts(head: ExecutionHead) -> Markup:
    seconds = (head.finished_at - head.created_at) / 1e6 if head.finished_at else None
    return facts(
        {
            "Started": when(head.created_at),
            "Took": took(seconds, since=head.created_at),
            "Goes on": when(head.wake_at) if head.wake_at and not head.finished_at else "",
            "Trigger": head.trigger,
            "Version": Markup("<code>{}</code>").format(head.digest[:12]),
            "User": head.user,
            "Session": head.session,
            "Chat": head.chat,
            "Key": head.key,
        }
    )


async def _waits(desk: Desk, head: ExecutionHead) -> Markup:
    found = await waits_of(desk, head)
    return _section("Waits for", found) if found else Markup("")


async def _ways_on(desk: Desk, head: ExecutionHead) -> Markup:
    """Return how the execution can go on where it stopped, and what stands in the way of it."""
    path = f"/api/executions/{head.id}/resume"
    if not desk.rights.may("POST", path, head.workflow_id):
        return Markup("")
    ways = await going_on_of(desk.parts).ways(head.id)
    if not ways:
        return Markup("")
    return _section("Go on", join(_way(head.id, way) for way in ways))


def _way(id: str, way: WayOn) -> Markup:
    told = way.told()
    lines = join(Markup("<p>{}</p>").format(line) for line in told["lines"])
    obstacles = join(
        Markup('<p class="is-obstacle">{}{}</p>').format(icon("warning", size=14), line)
        for line in told["obstacles"]
    )
    act = button("Go on", "resume", picture="play", kind="is-small", id=id, how=way.how)
    return Markup(
        '<div class="ff-way" data-how="{}"><div><strong>{}</strong>{}{}</div>{}</div>'
    ).format(
        way.how, way.title, lines, obstacles, act if way.is_possible else badge("not possible")
    )


def _kin(head: ExecutionHead, children: Sequence[ExecutionHead], files: Sequence[Path]) -> Markup:
    links = [
        _to(one, name)
        for name, one in (("parent", head.parent), ("restarted from", head.origin))
        if one
    ]
    links += [_to(child.id, f"{child.workflow_id} · {child.status}") for child in children]
    links += [
        Markup('<span class="ff-badge is-plain">{}{}</span>').format(
            icon("notebook", size=13), path.name
        )
        for path in files
    ]
    if not links:
        return Markup("")
    return _section("Related", Markup('<div class="ff-links">{}</div>').format(join(links)))


def _to(id: str, text: str) -> Markup:
    return Markup('<a class="ff-button is-small" href="{}" data-go>{}{}</a>').format(
        link("executions", execution=id), icon("child", size=14), text
    )


def _files(desk: Desk, id: str) -> list[Path]:
    folder = desk.parts.store.layout.artifacts / id
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def _from_here(desk: Desk, head: ExecutionHead, step: StepView) -> Markup:
    """Return the button that begins anew at a step, of an execution that is over: also where no step failed."""
    path = f"/api/executions/{head.id}/restart"
    can_begin = head.status in _OVER and not step.kind.startswith("trigger.")
    if not can_begin or not desk.rights.may("POST", path, head.workflow_id):
        return Markup("")
    return button(
        "Restart from here",
        "restart",
        picture="restart",
        kind="is-small",
        id=head.id,
        step=step.node,
    )


def _steps(steps: Sequence[StepView], *, from_here: Callable[[StepView], Markup]) -> Markup:
    if not steps:
        return Markup("")
    shown = join(_step(step, from_here(step)) for step in steps[:_MAX_STEPS])
    rest = len(steps) - _MAX_STEPS
    more = (
        Markup('<p class="ff-help">and {:,} more; the export has all.</p>').format(rest)
        if rest > 0
        else ""
    )
    return _section("Steps", shown + more, str(len(steps)))


def _step(step: StepView, acts: Markup) -> Markup:
    parts: list[tuple[str, Any]] = [
        ("Input", step.input),
        ("Configuration", dict(step.config)),
        ("Output", step.output),
    ]
    told = join(
        Markup("<h4>{}</h4>{}").format(name, value(given))
        for name, given in parts
        if given not in (None, {})
    )
    error = problem(f"{step.error['type']}: {step.error['title']}") if step.error else ""
    tries = badge(f"{step.attempts} attempts", "warn") if step.attempts > 1 else ""
    pinned = badge("pinned") if step.is_pinned else ""
    return Markup(
        '<details class="ff-step" data-key="step-{}"><summary>{}<strong>{}</strong><span class="ff-dim">{}</span>{}{}'
        '<span class="ff-number ff-dim">{}</span></summary><div class="ff-step-body">{}{}{}</div></details>'
    ).format(
        step.visit,
        pill("waiting" if step.status == "parked" else step.status),
        step.node,
        step.kind,
        tries,
        pinned,
        lasted(step.duration),
        acts,
        error,
        told,
    )


def _logs(steps: Sequence[StepView]) -> Markup:
    lines = [f"{step.node}  {line}" for step in steps for line in step.logs]
    if not lines:
        return Markup("")
    return _section("Log", value("\n".join(lines[:_MAX_LOGS])), str(len(lines)))
