"""What questions in SQL are put to: the history of this process, or one that is fenced in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol  # noqa: TID251  # hides no cycle: pandas is heavy

if TYPE_CHECKING:
    import pandas as pd


class Asks(Protocol):
    """The views of the history; parameters are written `$name`, and a refused query is a `QueryError`."""

    def frame(self, sql: str, params: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """Return the rows of a query as a pandas frame."""

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query, each as a dict."""
