"""The one page of the server itself: where people sign in."""

from functools import cache
from html import escape
from importlib.resources import files
from string import Template


def login_page(lab: str, *, following: str = "/", name: str = "", fault: str = "") -> str:
    """Return the page on which people sign in to the lab called `lab`, and are led to `following` then."""
    return _template().substitute(
        lab=escape(lab),
        following=escape(following, quote=True),
        name=escape(name, quote=True),
        fault=escape(fault),
    )


@cache
def _template() -> Template:
    return Template(files(__package__).joinpath("login.html").read_text(encoding="utf-8"))
