"""Dead letters of a lab as a pandas frame, and what can be done with any part of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal  # noqa: TID251  # see below

from flowforge_lab.services import Begin, DeadLetters, Version
from flowforge_lab.store import History

from .loop import LoopThread

if TYPE_CHECKING:  # heavy, and `import flowforge_lab` must stay quick
    import pandas as pd

Status = Literal["open", "retried", "dismissed"]
_SELECT = """select execution_id, workflow_id, error->>'$.node' as node,
  error->>'$.type' as error_type, error->>'$.title' as error_title, failed_at, status, retried_as,
  dismissed_by, reason from dead_letters"""


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
        params: dict[str, Any] = {
            "status = $status": status,
            "workflow_id = $workflow": workflow,
            "error->>'$.node' = $node": node,
            "error->>'$.type' glob $error": error,
            "failed_at >= $since": since,
        }
        given = {text: value for text, value in params.items() if value is not None}
        where = f" where {' and '.join(given)}" if given else ""
        named = {text.partition(" $")[2]: value for text, value in given.items()}
        return self._history.frame(f"{_SELECT}{where} order by failed_at desc", named)

    def retry(
        self,
        letters: "str | Iterable[str] | pd.DataFrame",
        *,
        version: Version = "same",
        begin: Begin = "start",
    ) -> "pd.DataFrame":
        """Start failed executions anew, and return for each as what, or why not (`problem`).

        With `begin="failed"` they go on at the step that failed; what was done before is not done again.
        `letters` is a frame with a column `execution_id`, an id, or ids. What was retried before, here or
        elsewhere, is not started again.
        """
        import pandas as pd

        found = self._loop.run_sync(
            self._letters.retry(_ids(letters), version=version, begin=begin)
        )
        rows = [(one.execution_id, one.retried_as, one.problem) for one in found]
        return pd.DataFrame(rows, columns=["execution_id", "retried_as", "problem"])

    def dismiss(
        self, letters: "str | Iterable[str] | pd.DataFrame", *, reason: str = "", by: str = ""
    ) -> list[str]:
        """Take letters off the list without a retry, and return the ids of those that were on it."""
        return self._loop.run_sync(self._letters.dismiss(_ids(letters), by=by, reason=reason))


def _ids(letters: Any) -> list[str]:
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
