"""What a backtest found, as values and as frames."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any  # noqa: TID251  # hides no cycle: pandas is heavy

import msgspec

from .differences import Difference

if TYPE_CHECKING:
    import pandas as pd

_CASE = ("execution_id", "started_at", "status_before", "status_after", "is_same", "problem")


class Case(msgspec.Struct, frozen=True):
    """One execution: as it ended, and as it would end.

    `problem` says why it could not be tried; an empty `status_after` stands beside it.
    """

    execution_id: str
    started_at: datetime
    duration: float
    status_before: str
    status_after: str = ""
    differences: tuple[Difference, ...] = ()
    problem: str = ""

    @property
    def is_same(self) -> bool:
        """Whether it would go as it went."""
        return not self.differences and not self.problem


class Backtest(msgspec.Struct, frozen=True, dict=True):
    """Past executions of a workflow, tried again in the version `version` of it, the newest first.

    `seconds` is how long the trial took.
    """

    workflow_id: str
    version: str
    cases: tuple[Case, ...]
    seconds: float

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __len__(self) -> int:
        return len(self.cases)

    @cached_property
    def same(self) -> int:
        """How many would go as they went."""
        return sum(case.is_same for case in self.cases)

    @property
    def changed(self) -> int:
        """How many would go otherwise, or could not be tried."""
        return len(self.cases) - self.same

    @property
    def recorded_seconds(self) -> float:
        """How long the executions took, one after the other."""
        return sum(case.duration for case in self.cases)

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return in how many executions something differs, by what and node; the most frequent first."""
        found: dict[tuple[str, str], int] = {}
        for case in self.cases:
            for place in {(one.what, one.node) for one in case.differences}:
                found[place] = found.get(place, 0) + 1
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def frame(self) -> "pd.DataFrame":
        """Return a row for each difference: execution_id, what, node, visit, before, after."""
        import pandas as pd

        columns = ["execution_id", *Difference.__struct_fields__]
        rows = [
            [case.execution_id, *msgspec.structs.astuple(difference)]
            for case in self.cases
            for difference in case.differences
        ]
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def executions(self) -> "pd.DataFrame":
        """Return a row for each execution: its status before and after, whether it is the same."""
        import pandas as pd

        rows: list[list[Any]] = [[getattr(case, name) for name in _CASE] for case in self.cases]
        return pd.DataFrame(rows, columns=list(_CASE))
