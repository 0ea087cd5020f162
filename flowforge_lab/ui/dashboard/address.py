"""What is looked at, as the address of the page says it: a link leads back to the very same."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import param

FIRST_PAGE = "executions"
_MAX_CHARS = 400
_MAX_DIGITS = 8
_MAX_FIELDS = 20


class Address(param.Parameterized):
    """A page, and what is asked of it: filters, sorting, the execution that is open. Empty values are left out."""

    page = param.String(default=FIRST_PAGE, doc="The page by its name.")
    asked = param.Dict(default={}, doc="What is asked of the page, by name.")

    @property
    def query(self) -> str:
        """What follows the `?` of the address, with it."""
        told = {"page": self.page, **self.asked}
        return f"?{urlencode(told)}"

    def go(self, query: str) -> None:
        """Look at what a query names."""
        page, asked = read_query(query)
        self.param.update(page=page, asked=asked)

    def change(self, fields: Mapping[str, str]) -> None:
        """Ask the page for something else beside what stays; empty values are no more asked for."""
        asked = {**self.asked, **fields}
        self.asked = {name: value for name, value in asked.items() if value}

    def get(self, name: str, default: str = "") -> str:
        """Return what is asked under a name."""
        return str(self.asked.get(name, default))

    def number(self, name: str, default: int = 1) -> int:
        """Return what is asked under a name as a number from 1 on."""
        text = self.get(name)
        is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
        return max(int(text), 1) if is_number else default


def read_query(query: str) -> tuple[str, dict[str, str]]:
    """Return the page and what is asked of it; what is too long or too much is left out."""
    pairs = parse_qsl(query.removeprefix("?")[:8000])[:_MAX_FIELDS]
    asked = {name[:40]: value for name, value in pairs if value and len(value) <= _MAX_CHARS}
    return asked.pop("page", FIRST_PAGE), asked


def link(page: str, asked: Mapping[str, str] | None = None, **more: str) -> str:
    """Return the address of a page."""
    told = {"page": page, **(asked or {}), **more}
    return f"?{urlencode({name: value for name, value in told.items() if value})}"
