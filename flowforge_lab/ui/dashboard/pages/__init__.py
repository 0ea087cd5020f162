"""The pages, in the order of the navigation; a new one is a file and a line here."""

from collections.abc import Mapping

from flowforge_lab.ui.dashboard.page import Page

from .executions import Executions

_ALL: tuple[type[Page], ...] = (
    Executions,
)
PAGES: Mapping[str, type[Page]] = {page.name: page for page in _ALL}
