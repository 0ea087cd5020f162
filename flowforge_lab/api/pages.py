"""The pages of the server itself: where people sign in, and what stands where the dashboard would be."""

from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from starlette.responses import HTMLResponse


def login_page(
    lab: str, *, following: str = "/", name: str = "", fault: str = "", theme: str = "dark"
) -> str:
    """Return the page on which people sign in to the lab called `lab`, and are led to `following` then."""
    return _template().substitute(
        theme="light" if theme == "light" else "dark",
        lab=escape(lab),
        following=escape(following, quote=True),
        name=escape(name, quote=True),
        fault=escape(fault),
    )


def plain_page() -> HTMLResponse:
    """Return what is shown at `/` where the dashboard's libraries are not installed."""
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HTMLResponse(_text("no_dashboard.html"), headers=headers)


@cache
def _template() -> Template:
    return Template(_text("login.html"))


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
