"""Start the workflow at set times, told by a cron line in a time zone.

Five fields: minute, hour, day of the month, month, day of the week; or six with seconds first; or a
word such as `@daily`. `L` is the last day of a month, `mon#1` its first Monday, `friL` its last Friday.
If both day fields are given and neither starts with a star, one of them is enough.

When clocks are changed, a job at a fixed time (`30 2 * * *`) runs exactly once: right after a gap that
skips its time, and the first time in an hour that comes twice. A job with a star in its minutes or
hours (`*/15 * * * *`) runs whenever the clocks show its time.

A fire that is more than a minute late, because no host was up, was missed; so was one whose next fire
is due already, where a line fires more than once a minute. `missed` says what becomes of such fires:
with `none` they are left out; with `last` the newest of them runs once, unless one that is on time
takes its place; with `all` they run in order, the newest `max_missed` at most.

Best practice: leave `missed` at `none` where only the present state counts, take `last` for a daily
report and `all` for work that belongs to its time; read that time from `due_at`, not from `now()`.
Troubleshooting: schedules fire only while a host is up (`flowforge serve`), and never in a lab that was
copied to another place. Started by hand, the node is due now.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from flowforge_lab.nodes import VERBATIM, Attempt, Model, node_type
from flowforge_lab.values import CronSpec, find_zone


def _cron(text: str) -> str:
    return CronSpec.parse(text).text


def _zone(name: str) -> str:
    return find_zone(name).key if name else ""


class Config(Model):
    """When to start, and what becomes of starts that were missed."""

    cron: Annotated[str, VERBATIM, AfterValidator(_cron)] = Field(
        description="The cron line: 5 fields, or 6 with seconds first.",
        examples=["30 7 * * mon-fri", "*/15 * * * *", "@daily"],
    )
    timezone: Annotated[str, VERBATIM, AfterValidator(_zone)] = Field(
        default="",
        description="The IANA name of the time zone; by default that of the lab's settings.",
        examples=["Europe/Berlin"],
    )
    missed: Annotated[Literal["none", "last", "all"], VERBATIM] = Field(
        default="none", description="Which of the fires that no host was up for run later."
    )
    max_missed: Annotated[int, VERBATIM] = Field(
        default=100, ge=1, le=1000, description="How many missed fires `all` runs at most."
    )


class Inputs(Model):
    """What the host tells about the fire; nothing when the workflow is started by hand."""

    model_config = ConfigDict(extra="ignore")

    due_at: datetime | None = Field(default=None, description="When it was due.")
    fired_at: datetime | None = Field(default=None, description="When the host started it.")
    is_catch_up: bool = Field(default=False, description="Whether it was missed and runs late.")


class Outputs(Model):
    """Which fire this is."""

    due_at: datetime = Field(description="The time of the cron line, in UTC.")
    fired_at: datetime = Field(description="When it really started, in UTC.")
    is_catch_up: bool = Field(description="Whether it was missed and runs late.")


@node_type(
    "trigger.schedule",
    title="Schedule",
    outputs=Outputs,
    takes=(),
    icon="calendar-clock",
    color="#16a34a",
    keywords=("cron", "timer", "daily", "hourly", "weekly", "interval", "every", "morning"),
)
async def schedule(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """Tell which fire this is; started by hand, one that is due now."""
    return Outputs(
        due_at=inputs.due_at or attempt.now,
        fired_at=inputs.fired_at or attempt.now,
        is_catch_up=inputs.is_catch_up,
    )
