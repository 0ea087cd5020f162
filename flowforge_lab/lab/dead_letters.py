"""Dead letters of a lab as a pandas frame, and what can be done with any part of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # see below

from flowforge_lab.analysis import Selection, select
from flowforge_lab.services import Begin, DeadLetters
from flowforge_lab.store import History

from .loop import LoopThread

if TYPE_CHECKING:  # heavy, and `import flowforge_lab` must stay quick
    import pandas as pd

Status = Literal["open", "retried", "dismissed"]


class LabDeadLetters:
    """`lab.dead_letters`: call it for the frame; give any rows of it back to `retry` or `dismiss`."""

    def __init__(self, loop: LoopThread, letters: DeadLetters, history: History) -> None:
        self._loop = loop
        self._letters = letters
        self._history = history

    def __call__(
        self,
        *,
        status: Status | None = "open",
        workflow: str | None = None,
        node: str | None = None,
        error: str | None = None,
        since: datetime | None = None,
    ) -> "pd.DataFrame":
        """Return one row per failed execution, the newest first.

        `error` is a type, and may be a glob such as `http.*`; `status` may be `None` for all.
        """
        told = {"status": status, "workflow_id": workflow, "node": node, "error": error}
        given = {name: value for name, value in told.items() if value is not None}
        query = select("dead_letters", Selection(given, since))
        return self._history.frame(query.sql, query.params)

    def retry(
        self,
        letters: "str | Iterable[str] | pd.DataFrame",
        *,
        version: str = "same",
        begin: Begin = "start",
    ) -> "pd.DataFrame":
        """Start failed executions anew, and return for each as what, or why not (`problem`).

        With `begin="failed"` they go on at the step that failed; what was done before is not done again.
        `version` is `same`, `newest` (the file of the workflow as it is now), or a label or digest. `letters`
        is a frame with a column `execution_id`, an id, or ids. What was retried before, here or elsewhere, is
        not started again. Where this raises, nothing was started.

        Raises:
            NotFoundError: a workflow has no version that is called so.
            PlanError, DocumentError: the version of a workflow is not valid.
            ValueError: `begin` is neither `start` nor `failed`.
        """
        import pandas as pd

        found = self._loop.run_sync(
            self._letters.retry(ids_of(letters), version=version, begin=begin)
        )
        rows = [(one.execution_id, one.retried_as, one.problem) for one in found]
        return pd.DataFrame(rows, columns=["execution_id", "retried_as", "problem"])

    def dismiss(
        self, letters: "str | Iterable[str] | pd.DataFrame", *, reason: str = "", by: str = ""
    ) -> list[str]:
        """Take letters off the list without a retry, and return the ids of those that were on it."""
        return self._loop.run_sync(self._letters.dismiss(ids_of(letters), by=by, reason=reason))


def ids_of(letters: Any) -> list[str]:
    """Return the ids in a frame, an id, or ids.

    Raises:
        TypeError: the frame has no column `execution_id`.
    """
    if isinstance(letters, str):
        return [letters]
    if not hasattr(letters, "columns"):
        return [str(one) for one in letters]
    if "execution_id" not in letters.columns:
        has = ", ".join(map(str, letters.columns)) or "no columns"
        msg = f"expected a frame with a column 'execution_id', found {has}"
        raise TypeError(msg)
    return [str(one) for one in letters["execution_id"]]
