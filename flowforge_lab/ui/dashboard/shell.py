"""The frame around every page: where one is, where one can go, who one is."""

from markupsafe import Markup

from .address import link
from .icons import icon
from .markup import join
from .page import Desk, Page, sees
from .pages import PAGES
from .visitor import Rights

GROUPS = ("Observe", "Build", "Operate", "Set up")


def navigation(desk: Desk, now: str) -> Markup:
    """Return the navigation with the pages that its reader may see."""
    now = PAGES[now].under or now
    groups = join(_group(name, desk.rights, now) for name in GROUPS)
    return Markup(
        '<a class="ff-skip" href="#ff-main">Skip to the page</a>'
        '<div class="ff-brand">{}<div><strong>FlowForge Lab</strong><span title="{}">{}{}</span></div>'
        '<button type="button" class="ff-icon-button ff-burger" data-menu aria-label="Menu">{}</button></div>'
        '<nav class="ff-nav" aria-label="Pages">{}</nav>{}'
    ).format(
        icon("mark", size=26),
        desk.parts.root,
        desk.parts.root.name,
        _copy(desk),
        icon("menu"),
        groups,
        _foot(desk.rights),
    )


def _copy(desk: Desk) -> Markup:
    """Return the mark of a lab that was copied: nothing fires in it."""
    if not desk.parts.store.is_copy:
        return Markup("")
    return Markup(' · <a class="is-warn" href="{}" data-go title="{}">copied</a>').format(
        link("schedules"), "This lab was copied from another place: no trigger fires here"
    )


def _group(name: str, rights: Rights, now: str) -> Markup:
    found = [page for page in PAGES.values() if page.group == name and sees(page, rights)]
    if not found:
        return Markup("")
    items = join(_item(page, is_now=page.name == now) for page in found)
    return Markup("<h2>{}</h2><ul>{}</ul>").format(name, items)


def _item(page: type[Page], *, is_now: bool) -> Markup:
    return Markup('<li><a href="{}" data-go{}>{}<span>{}</span></a></li>').format(
        link(page.name),
        Markup(' aria-current="page"') if is_now else "",
        icon(page.name),
        page.title,
    )


def _foot(rights: Rights) -> Markup:
    visitor = rights.visitor
    leave = Markup(
        '<button type="button" class="ff-icon-button" data-leave aria-label="Sign out" title="Sign out">{}</button>'
    ).format(icon("leave"))
    return Markup(
        '<footer class="ff-foot"><div><strong>{}</strong><span>{}</span></div>'
        '<button type="button" class="ff-icon-button" data-theme-switch aria-label="{}" title="{}">{}</button>{}</footer>'
    ).format(
        visitor.name,
        visitor.role or "some workflows",
        *(["Dark or light"] * 2),
        icon("theme"),
        "" if rights.is_local else leave,
    )
