"""Tables, as HTML with the roles that screen readers know; the server sorts and pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from .address import Address
from .icons import icon
from .markup import join

PAGE_SIZES = (25, 50, 100)


class Column(msgspec.Struct, frozen=True):
    """One column: its head, how a row is shown in it, and the name to sort by, if the server can."""

    head: str
    show: Callable[[Any], Any]
    sort: str = ""
    look: str = ""


class Rows(msgspec.Struct, frozen=True):
    """The rows of a table: by what each is known, where it leads, and whether rows can be picked."""

    items: Sequence[Any]
    key: Callable[[Any], str]
    href: Callable[[Any], str] | None = None
    is_picked: bool = False
    opened: str = ""


def table(
    columns: Sequence[Column], rows: Rows, *, label: str, address: Address | None = None
) -> Markup:
    """Return a table; on a narrow screen each row is a card that names its columns itself."""
    heads = join(_head(column, address) for column in columns)
    pick = Markup(
        '<th class="is-pick" scope="col"><input type="checkbox" data-pick-all aria-label="Pick all rows shown"></th>'
    )
    body = join(_row(columns, rows, item) for item in rows.items)
    return Markup(
        '<div class="ff-table" data-key="table" role="region" aria-label="{}" tabindex="0"><table><caption class="ff-hidden">{}</caption>'
        "<thead><tr>{}{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(label, label, pick if rows.is_picked else "", heads, body)


def _head(column: Column, address: Address | None) -> Markup:
    if not column.sort or address is None:
        return Markup('<th scope="col" class="{}">{}</th>').format(column.look, column.head)
    now = address.get("sort", "-started_at")
    is_down, is_up = now == f"-{column.sort}", now == column.sort
    following = column.sort if is_down else f"-{column.sort}"
    order = "descending" if is_down else "ascending" if is_up else "none"
    arrow = "↓" if is_down else "↑" if is_up else ""
    return Markup(
        '<th scope="col" class="{}" aria-sort="{}"><button type="button" class="ff-sort" data-ask-for="sort"'
        ' data-value="{}">{}<span aria-hidden="true">{}</span></button></th>'
    ).format(column.look, order, following, column.head, arrow)


def _row(columns: Sequence[Column], rows: Rows, item: Any) -> Markup:
    key = rows.key(item)
    pick = Markup(
        '<td class="is-pick"><input type="checkbox" data-pick="{}" aria-label="Pick {}"></td>'
    ).format(key, key[:24])
    cells = join(
        Markup('<td class="{}" data-head="{}">{}</td>').format(
            column.look, column.head, _cell(rows, item, column.show(item), is_first=not place)
        )
        for place, column in enumerate(columns)
    )
    is_open = Markup(' class="is-open"') if key and key == rows.opened else ""
    return Markup('<tr data-key="{}"{}{}>{}{}</tr>').format(
        key,
        is_open,
        Markup(" data-row") if rows.href else "",
        pick if rows.is_picked else "",
        cells,
    )


def _cell(rows: Rows, item: Any, shown: Any, *, is_first: bool) -> Any:
    if rows.href is None or not is_first:
        return shown
    return Markup('<a class="ff-rowlink" href="{}" data-go>{}</a>').format(rows.href(item), shown)


def pager(address: Address, *, total: int, size: int, is_more_known: bool = True) -> Markup:
    """Return which rows these are of how many, and the way to the others."""
    page = address.number("n")
    first, last = (page - 1) * size + 1, min(page * size, total)
    told = f"{first:,}-{last:,} of {total:,}" if is_more_known else f"{first:,}-{last:,}"
    return Markup('<nav class="ff-pager" aria-label="Pages"><span>{}</span>{}{}</nav>').format(
        told if total else "",
        _turn("left", "Earlier rows", page - 1, is_off=page <= 1),
        _turn("right", "Later rows", page + 1, is_off=last >= total),
    )


def _turn(picture: str, label: str, page: int, *, is_off: bool) -> Markup:
    return Markup(
        '<button type="button" class="ff-icon-button" data-ask-for="n" data-value="{}" aria-label="{}"{}>{}</button>'
    ).format(page, label, Markup(" disabled") if is_off else "", icon(picture))


def rows_of(
    items: Iterable[Any], columns: Mapping[str, Callable[[Any], Any]]
) -> list[dict[str, Any]]:
    """Return items as plain rows, to leave as a file."""
    return [{name: of(item) for name, of in columns.items()} for item in items]
