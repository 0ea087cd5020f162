"""What is told of notebooks: how they are scheduled, would be, and could go on."""

import msgspec


class ScheduledNotebook(msgspec.Struct, frozen=True):
    """A workflow that runs notebooks at set times; times are microseconds, UTC.

    `last_status` and `last_execution` are of its newest execution, whatever started it.
    """

    id: str
    notebooks: tuple[str, ...]
    cron: str
    timezone: str
    missed: str
    next_at: int | None = None
    last_at: int | None = None
    is_active: bool = True
    last_status: str = ""
    last_execution: str = ""


class ForeseenNotebook(msgspec.Struct, frozen=True):
    """What scheduling a plan would come to; times are microseconds, UTC.

    `is_taken` says that a workflow has its id: then it has to be replaced, or this one to be named.
    """

    id: str
    notebooks: tuple[str, ...]
    timezone: str
    times: tuple[int, ...]
    is_taken: bool = False


class ResumeView(msgspec.Struct, frozen=True):
    """How the notebook that failed in an execution can go on. Code cells are counted from 1.

    Of the cells before `first`, those `replayed` run again, the others keep their outputs; with `is_attached`
    the kernel of then is still there. `obstacles` say why it cannot, `notes` what may be different.
    """

    execution_id: str
    node: str
    visit: int
    notebook: str
    first: int
    count: int
    replayed: tuple[int, ...] = ()
    is_attached: bool = False
    obstacles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.obstacles
