"""One workflow, opened beside the list: its graph, what is wrong with it, its versions and what changed."""

import re
from collections.abc import Sequence
from difflib import unified_diff

from markupsafe import Markup

from flowforge_lab.errors import FlowForgeError, NotFoundError, Problem
from flowforge_lab.services import VersionView, compare_documents, workflow_svg
from flowforge_lab.spec import Change, Difference, Document, Workflow

from .address import link
from .icons import icon
from .markup import badge, button, dialog, empty, join, opener, pill, section, when
from .page import Desk
from .run_fields import run_fields

_TONES = {"added": "good", "removed": "bad", "renamed": "live", "changed": "warn"}

_LINES = {"+": "good", "-": "bad"}
_WIDTH = re.compile(r'width="([\d.]+)"')
_LEAST = 0.7
"""A graph is made smaller down to this, so that it can be read; what is wider is scrolled."""


async def workflow_drawer(desk: Desk, id: str) -> Markup:
    """Return the panel of a workflow; where there is none that its reader may see, it says so."""
    try:
        if not desk.rights.may("GET", "/api/workflows", id):
            raise NotFoundError(id)
        line = await desk.parts.documents.line(id)
        document = await desk.parts.documents.read(id)
    except FlowForgeError as error:
        return _frame(
            id,
            Markup("<h2>{}</h2>").format(id),
            empty("It cannot be shown", str(error), image="workflows"),
        )
    await desk.parts.workflows.look_around()
    problems = desk.parts.workflows.validate(document)
    versions = await desk.parts.versions.all(id) if line.is_kept else []
    title = Markup("<h2>{}{}</h2><p>{}</p>{}").format(
        id,
        pill("on", "active") if line.is_active else pill("off", "not active"),
        document.workflow.description,
        _acts(desk, id, document.workflow, is_active=line.is_active),
    )
    body = join(
        (
            _graph(desk, document),
            _problems(problems),
            await _difference(desk, id, document, versions=versions),
            _versions(desk, id, versions),
        )
    )
    return _frame(id, title, body)


def _frame(id: str, title: Markup, body: Markup) -> Markup:
    return Markup(
        '<aside class="ff-drawer" data-key="drawer-{}" aria-label="Workflow {}"><header><div>{}</div>'
        '<a class="ff-icon-button" href="{}" data-go data-close aria-label="Close">{}</a></header>'
        '<div class="ff-drawer-body" tabindex="0" role="region" aria-label="Details">{}</div></aside>'
    ).format(id, id, title, link("workflows"), icon("close"), body)


def _acts(desk: Desk, id: str, workflow: Workflow, *, is_active: bool) -> Markup:
    is_own = desk.rights.may("PUT", f"/api/workflows/{id}", id)
    acts = [
        Markup('<a class="ff-button" href="{}" data-go>{}{}</a>').format(
            link("editor", workflow=id),
            icon("edit" if is_own else "workflows", size=16),
            "Edit" if is_own else "Open the canvas",
        )
    ]
    if desk.rights.may("POST", "/api/executions", id):
        acts.append(_run(id, workflow))
    acts.append(turn(desk, id, is_active=is_active))
    runs = Markup('<a class="ff-button" href="{}" data-go>{}Executions</a>').format(
        link("executions", workflow=id), icon("executions", size=16)
    )
    figures = Markup('<a class="ff-button" href="{}" data-go>{}Metrics</a>').format(
        link("metrics", workflow=id), icon("metrics", size=16)
    )
    return Markup('<div class="ff-drawer-acts">{}</div>').format(join((*acts, runs, figures)))


def turn(desk: Desk, id: str, *, is_active: bool, kind: str = "") -> Markup:
    """Return the button that lets the triggers of a workflow start it, or stops them, for who may press it."""
    act = "deactivate" if is_active else "activate"
    if not desk.rights.may("POST", f"/api/workflows/{id}/{act}", id):
        return Markup("")
    ask = f"Stop the triggers of {id}? What runs goes on." if is_active else ""
    return button(act.capitalize(), act, kind=kind, id=id, ask=ask)


def _run(id: str, workflow: Workflow) -> Markup:
    """Return the button that runs it, with a form in between where it takes inputs."""
    if not workflow.inputs:
        return button("Run now", "run", picture="play", kind="is-primary", id=id)
    fields = run_fields(id, workflow)
    form = dialog("run", f"Run {id} with", "run", fields=fields, confirm="Run")
    return opener("run", "Run now", picture="play") + form


def _graph(desk: Desk, document: Document) -> Markup:
    drawn = workflow_svg(document.workflow, desk.parts.registry)
    width = _WIDTH.search(drawn)
    least = float(width[1]) * _LEAST if width else 0.0
    return section(
        "Graph",
        Markup(
            '<div class="ff-graph" style="--least: {:.0f}px" tabindex="0" role="region" aria-label="Graph">{}</div>'
        ).format(least, Markup(drawn)),  # noqa: S704  # it escapes what it draws
    )


def _problems(problems: Sequence[Problem]) -> Markup:
    if not problems:
        return Markup("")
    items = join(
        Markup('<li class="is-{}">{}</li>').format(
            "bad" if one.severity == "error" else "warn", one
        )
        for one in problems
    )
    return section(
        "Problems", Markup('<ul class="ff-diff">{}</ul>').format(items), str(len(problems))
    )


async def _difference(
    desk: Desk, id: str, document: Document, *, versions: Sequence[VersionView]
) -> Markup:
    """Return what is different between a version, by default the active one, and the file as it is now."""
    name = desk.address.get("old") or ("active" if any(one.is_active for one in versions) else "")
    if not name:
        return Markup("")
    try:
        found = compare_documents(await desk.parts.versions.read(id, name), document)
    except FlowForgeError as error:
        return section("Changes", Markup('<p class="ff-help">{}</p>').format(error))
    since = "since the active version" if name == "active" else f"since version {name[:12]}"
    return section("Changes", _changes(found), since)


def _changes(found: Difference) -> Markup:
    if not found:
        return Markup('<p class="ff-help">The file is the same.</p>')
    items = join(
        Markup('<li class="is-{}">{}</li>').format(_TONES[one.how], _change(one))
        for one in found.changes
    )
    return Markup('<ul class="ff-diff">{}</ul>').format(items)


def _change(one: Change) -> str | Markup:
    """Return a change in a sentence; of a text of many lines, such as code, the lines that are others."""
    old, new = one.old, one.new
    is_text = isinstance(old, str) and isinstance(new, str)
    if one.how != "changed" or not is_text or "\n" not in old + new:
        return str(one)
    lines = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:]
    shown = join(
        Markup('<span class="is-{}">{}\n</span>').format(_LINES.get(line[:1], "plain"), line)
        for line in lines
    )
    place = f"~ {one.what} {one.name} {one.path}"
    return Markup('{}<pre class="ff-lines-of" tabindex="0">{}</pre>').format(place, shown)


def _versions(desk: Desk, id: str, versions: Sequence[VersionView]) -> Markup:
    if not versions:
        return section(
            "Versions",
            Markup('<p class="ff-help">None is kept yet: run, save or activate it.</p>'),
        )
    may = desk.rights.may("POST", f"/api/workflows/{id}/activate", id)
    items = join(_version(id, one, may_act=may) for one in versions)
    return section(
        "Versions", Markup('<ul class="ff-versions">{}</ul>').format(items), str(len(versions))
    )


def _version(id: str, one: VersionView, *, may_act: bool) -> Markup:
    marks = join(
        (
            badge("active", "good") if one.is_active else "",
            badge("latest", "live") if one.is_latest else "",
            *(badge(label) for label in one.labels),
        )
    )
    compare = Markup(
        '<a class="ff-button is-small is-quiet" href="{}" data-go>Compare</a>'
    ).format(link("workflows", workflow=id, old=one.digest))
    back = ""
    if may_act and not one.is_active:
        ask = f"Let triggers of {id} start version {one.short}? The file stays as it is."
        back = button("Activate", "rollback", kind="is-small", id=id, version=one.digest, ask=ask)
    return Markup(
        '<li data-key="version-{}"><code>{}</code>{}<span class="ff-dim">{}</span><span class="ff-acts">{}{}</span></li>'
    ).format(one.digest, one.short, marks, when(one.kept_at), compare, back)
