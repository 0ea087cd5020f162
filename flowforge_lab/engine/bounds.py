"""How large one execution may grow."""

from flowforge_lab.errors import NodeError
from flowforge_lab.events import ExecutionState

from .world import Limits

_EVENT_BYTES = 300  # what an event takes in the journal beside its values, about


def journal_bytes(state: ExecutionState) -> int:
    """Return about how much of the journal an execution takes."""
    return state.seq * _EVENT_BYTES + state.value_bytes


def refuse_too_much(state: ExecutionState, limits: Limits) -> None:
    """Let one more visit begin; the branch that always runs may make and write as much again.

    Raises:
        NodeError: the execution made as many visits, or wrote as much, as it may.
    """
    if len(state.visits) - state.closed_visits >= limits.max_visits:
        msg = f"the execution made {limits.max_visits:,} visits, the limit"
        raise NodeError(
            msg,
            type="execution.too_long",
            detail="max_visits in the settings of the lab sets it",
            is_transient=False,
        )
    before = _EVENT_BYTES * state.seq_before_closing + state.value_bytes_before_closing
    written = journal_bytes(state) - before
    if written > limits.max_journal_bytes:
        msg = f"the execution wrote {written:,} bytes into the journal, more than it may"
        raise NodeError(
            msg,
            type="execution.too_large",
            detail=f"at most {limits.max_journal_bytes:,}; put large values into files or data frames,"
            " or raise max_journal_bytes in the settings of the lab",
            is_transient=False,
        )
