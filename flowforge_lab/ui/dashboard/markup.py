"""Words, times and small pieces as HTML. Whatever comes from outside is escaped by `Markup.format`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from flowforge_lab.values import lasted

from .icons import icon

_MAX_VALUE_CHARS = 20_000
STATUSES = ("queued", "running", "waiting", "paused", "succeeded", "failed", "cancelled")
_TONES = {
    "succeeded": "good",
    "failed": "bad",
    "running": "live",
    "waiting": "warn",
    "paused": "warn",
    "on": "good",
}


def join(parts: Iterable[str]) -> Markup:
    """Return pieces one after the other; texts among them are escaped."""
    return Markup("").join(parts)


def tone_of(status: str) -> str:
    """Return the colour of a status: good, bad, live, warn, or plain."""
    return _TONES.get(status, "plain")


def pill(status: str, text: str = "") -> Markup:
    """Return how something stands: a shape, a word and a colour, of which any one is enough."""
    return Markup('<span class="ff-pill is-{}">{}{}</span>').format(
        tone_of(status), icon(f"status-{status}", size=14), text or status
    )


def badge(text: str, tone: str = "plain") -> Markup:
    """Return a small word in a frame."""
    return Markup('<span class="ff-badge is-{}">{}</span>').format(tone, text)


def moment_of(at: datetime | int | None) -> datetime | None:
    """Return a time in UTC, given as one or as microseconds since 1970."""
    if at is None or isinstance(at, datetime):
        return at
    return datetime.fromtimestamp(at / 1e6, UTC)


def when(at: datetime | int | None, *, none: str = "-") -> Markup:
    """Return a moment: how long ago or how far ahead, with the whole of it on hover; the browser counts on."""
    moment = moment_of(at)
    if moment is None:
        return Markup('<span class="ff-dim">{}</span>').format(none)
    iso = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return Markup('<time datetime="{}" data-ago title="{}">{}</time>').format(
        iso, f"{iso[:19].replace('T', ' ')} UTC", f"{iso[:16].replace('T', ' ')}"
    )


def took(seconds: float | None, *, since: datetime | int | None = None) -> Markup:
    """Return a length of time; with `since` it is still going on, and the browser counts on."""
    if seconds is not None:
        return Markup('<span class="ff-number">{}</span>').format(lasted(seconds))
    moment = moment_of(since)
    if moment is None:
        return Markup('<span class="ff-dim">-</span>')
    return Markup('<span class="ff-number is-going" data-since="{}">…</span>').format(
        moment.isoformat()
    )


def value(given: Any) -> Markup:
    """Return a value as JSON that can be read; a long one is cut, and says so."""
    text = (
        given
        if isinstance(given, str)
        else json.dumps(given, ensure_ascii=False, indent=2, default=str)
    )
    if len(text) > _MAX_VALUE_CHARS:
        text = f"{text[:_MAX_VALUE_CHARS]}\n… {len(text) - _MAX_VALUE_CHARS:,} characters more"
    return Markup('<pre class="ff-value" tabindex="0">{}</pre>').format(text)


def facts(pairs: Mapping[str, str | None]) -> Markup:
    """Return names and values in pairs, without those that are empty."""
    found = [
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*pair)
        for pair in pairs.items()
        if pair[1]
    ]
    return Markup('<dl class="ff-facts">{}</dl>').format(join(found))


def problem(text: str, *, key: str = "problem") -> Markup:
    """Return what went wrong, at the place where it did."""
    return Markup('<div class="ff-problem" role="alert" data-key="{}">{}<p>{}</p></div>').format(
        key, icon("warning"), text
    )


def warning(text: str, act: str | Markup = "") -> Markup:
    """Return what people have to know before they go on, and what can be done about it."""
    return Markup('<div class="ff-warning" role="note">{}<p>{}</p>{}</div>').format(
        icon("warning"), text, act
    )


def empty(title: str, told: str, *, command: str = "", image: str = "mark") -> Markup:
    """Return what is shown where there is nothing: why, and what to do."""
    typed = Markup('<code class="ff-command">{}</code>').format(command) if command else ""
    return Markup('<div class="ff-empty">{}<h2>{}</h2><p>{}</p>{}</div>').format(
        icon(image, size=40), title, told, typed
    )


def tile(name: str, number: str, *, note: str = "", tone: str = "plain") -> Markup:
    """Return one figure with its name."""
    return Markup(
        '<div class="ff-tile is-{}"><dt>{}</dt><dd>{}</dd><dd class="is-note">{}</dd></div>'
    ).format(tone, name, number, note)


def tiles(found: Sequence[Markup]) -> Markup:
    """Return figures side by side."""
    return Markup('<dl class="ff-tiles">{}</dl>').format(join(found))


def button(
    text: str, act: str, *, picture: str = "", kind: str = "", ask: str = "", **told: str
) -> Markup:
    """Return a button that does something; `ask` is what is asked first, `told` goes along."""
    extra = join(Markup(' data-{}="{}"').format(name, given) for name, given in told.items())
    asked = Markup(' data-ask="{}"').format(ask) if ask else ""
    return Markup(
        '<button type="button" class="ff-button {}" data-act="{}"{}{}>{}{}</button>'
    ).format(kind, act, asked, extra, icon(picture, size=16) if picture else "", text)


def select(name: str, label: str, options: Iterable[tuple[str, str]], *, chosen: str) -> Markup:
    """Return a choice of one of several (value, text) that says by what it shows what it is for."""
    return Markup('<span class="ff-field">{}</span>').format(
        _select(name, label, options, chosen=chosen)
    )


def choice(name: str, label: str, options: Iterable[tuple[str, str]], *, chosen: str) -> Markup:
    """Return a choice with its label above it, as forms have it."""
    return Markup('<div class="ff-field is-tall"><span>{}</span>{}</div>').format(
        label, _select(name, label, options, chosen=chosen)
    )


def _select(name: str, label: str, options: Iterable[tuple[str, str]], *, chosen: str) -> Markup:
    shown = join(
        Markup("<option value='{}'{}>{}</option>").format(
            given, Markup(" selected") if given == chosen else "", text
        )
        for given, text in options
    )
    return Markup('<select name="{}" aria-label="{}">{}</select>').format(name, label, shown)


def field(name: str, label: str, text: str = "", *, kind: str = "text", **told: str) -> Markup:
    """Return a labelled field to type in."""
    extra = join(Markup(' {}="{}"').format(key, given) for key, given in told.items())
    return Markup(
        '<label class="ff-field is-tall"><span>{}</span><input name="{}" type="{}" value="{}"{}></label>'
    ).format(label, name, kind, text, extra)


def area(name: str, label: str, text: str = "") -> Markup:
    """Return a labelled field for more than one line."""
    return Markup(
        '<label class="ff-field is-tall"><span>{}</span><textarea name="{}" rows="5" spellcheck="false">{}</textarea></label>'
    ).format(label, name, text)


def dialog(key: str, title: str, act: str, *, fields: Iterable[Markup], confirm: str) -> Markup:
    """Return a form in a window of its own, which `opener` opens."""
    return Markup(
        '<dialog class="ff-dialog" data-key="{}" aria-label="{}"><h2>{}</h2><form data-act="{}">{}<footer>'
        '<button type="button" class="ff-button" data-shut>Leave it</button>'
        '<button type="submit" class="ff-button is-primary">{}</button></footer></form></dialog>'
    ).format(key, title, title, act, join(fields), confirm)


def opener(key: str, text: str, *, picture: str = "plus", kind: str = "is-primary") -> Markup:
    """Return the button that opens a dialog."""
    return Markup(
        '<button type="button" class="ff-button {}" data-open="{}">{}{}</button>'
    ).format(kind, key, icon(picture, size=16), text)


def section(title: str, body: Markup, note: str | Markup = "") -> Markup:
    """Return a part of a page under a head of its own."""
    return Markup(
        '<section class="ff-section" data-key="section-{}"><h2>{} <span class="ff-dim">{}</span></h2>{}</section>'
    ).format(title, title, note, body)
