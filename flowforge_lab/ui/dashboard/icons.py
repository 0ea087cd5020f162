"""The icons of the dashboard, each a few strokes on a square of 24; nothing is fetched."""

from markupsafe import Markup

_SHAPES = {
    "executions": '<path d="M5 4v16M5 6h9M5 12h13M5 18h6"/>',
    "metrics": '<path d="M4 20V4M4 20h16M8 16l4-5 3 3 5-7"/>',
    "alerts": '<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"/>',
    "workflows": '<rect x="3" y="4" width="7" height="6" rx="2"/><rect x="14" y="14" width="7" height="6" rx="2"/>'
    '<path d="M10 7h2c3 0 1 10 2 10"/>',
    "schedules": '<rect x="3" y="5" width="18" height="16" rx="3"/><path d="M3 10h18M8 3v4M16 3v4M12 13v3l2 1"/>',
    "queue": '<path d="M12 3 3 8l9 5 9-5zM3 12l9 5 9-5M3 16l9 5 9-5"/>',
    "dead_letters": '<path d="M4 5h16v14H4zM4 6l8 7 8-7"/>',
    "variables": '<path d="M8 4c-4 0-1 8-5 8 4 0 1 8 5 8M16 4c4 0 1 8 5 8-4 0-1 8-5 8M9.5 9.5l5 5M14.5 9.5l-5 5"/>',
    "connections": '<path d="M9 7V3M15 7V3M6 7h12v4a6 6 0 0 1-12 0zM12 17v4"/>',
    "secrets": '<circle cx="8" cy="15" r="4"/><path d="M11 12l9-9M16 7l3 3"/>',
    "users": '<circle cx="9" cy="8" r="4"/><path d="M2 20c0-4 3-6 7-6s7 2 7 6M16 4a4 4 0 0 1 0 8M18 14c3 1 4 3 4 6"/>',
    "audit": '<path d="M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h5"/>',
    "access": '<path d="M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM9 12l2 2 4-4"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l5 5"/>',
    "close": '<path d="M6 6l12 12M18 6L6 18"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "download": '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>',
    "bookmark": '<path d="M6 4h12v17l-6-4-6 4z"/>',
    "restart": '<path d="M4 12a8 8 0 1 0 3-6.2M7 2v4h4"/>',
    "play": '<path d="M7 4l13 8-13 8z"/>',
    "pause": '<path d="M8 5v14M16 5v14"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="2"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "trash": '<path d="M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14"/>',
    "edit": '<path d="M4 20l1-5L16 4l4 4L9 19z"/>',
    "check": '<path d="M4 12l6 6L20 6"/>',
    "theme": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor"/>',
    "leave": '<path d="M14 4h5v16h-5M4 12h11M11 8l4 4-4 4"/>',
    "left": '<path d="M14 6l-6 6 6 6"/>',
    "right": '<path d="M10 6l6 6-6 6"/>',
    "notebook": '<path d="M6 3h13v18H6zM6 3v18M3 7h3M3 12h3M3 17h3M10 8h5"/>',
    "child": '<path d="M6 4v9a3 3 0 0 0 3 3h9M14 12l4 4-4 4"/>',
    "warning": '<path d="M12 3l10 18H2zM12 10v5M12 18v.5"/>',
    # how something stands: each a shape of its own, so that no colour is needed to tell them apart
    "status-succeeded": '<circle cx="12" cy="12" r="9" class="is-soft"/><path d="M8 12.5l3 3 5-6"/>',
    "status-failed": '<path d="M8 3h8l5 5v8l-5 5H8l-5-5V8z" class="is-soft"/><path d="M9 9l6 6M15 9l-6 6"/>',
    "status-running": '<circle cx="12" cy="12" r="9" class="is-faint"/><path class="is-turning" d="M12 3a9 9 0 0 1 9 9"/>'
    '<path d="M10 8.5l5.5 3.5-5.5 3.5z" fill="currentColor"/>',
    "status-waiting": '<path class="is-soft" d="M6 3h12M6 21h12M7.5 3c0 5 9 6 9 9s-9 4-9 9M16.5 3c0 5-9 6-9 9s9 4 9 9"/>',
    "status-queued": '<circle cx="12" cy="12" r="9" stroke-dasharray="3.5 3.5"/>',
    "status-paused": '<rect x="3" y="3" width="18" height="18" rx="4" class="is-soft"/><path d="M9.5 8.5v7M14.5 8.5v7"/>',
    "status-cancelled": '<circle cx="12" cy="12" r="9"/><path d="M6 18L18 6"/>',
    "status-off": '<circle cx="12" cy="12" r="5"/>',
    "status-on": '<circle cx="12" cy="12" r="5" fill="currentColor"/>',
    "mark": '<rect x="2" y="3" width="8" height="7" rx="2.5"/><rect x="14" y="14" width="8" height="7" rx="2.5"/>'
    '<path d="M10 6.5h2c3 0 0 11 2 11"/>',
}


def icon(name: str, *, size: int = 18, label: str = "") -> Markup:
    """Return an icon as SVG; without a label it is decoration that screen readers pass over."""
    told = (
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"')
    )
    shape = Markup(_SHAPES.get(name, _SHAPES["status-off"]))  # noqa: S704  # constants of this file
    return Markup(
        '<svg class="ff-icon" width="{}" height="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>'
    ).format(size, size, told, shape)
