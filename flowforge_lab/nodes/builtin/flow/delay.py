"""Wait for a length of time, or until a time of day, and go on.

A waiting execution costs no memory and survives a restart; a time that is over already does not
wait. A time without a zone is UTC.

Best practice: for "tomorrow at nine" compute the time in an expression, from `now()`.
Troubleshooting: an execution that was down while its time came goes on as soon as a host is up
again.
"""

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from flowforge_lab.nodes import VALUE, Attempt, Emit, Model, NoInputs, Park, node_type
from flowforge_lab.values import Duration


class Config(Model):
    """How long, or until when: one of the two."""

    duration: Duration | None = Field(
        default=None, description="How long to wait.", examples=["10m", "1h30m"]
    )
    until: datetime | None = Field(
        default=None, description="When to go on.", examples=["2030-01-31T09:00:00+01:00"]
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.duration is None) == (self.until is None):
            msg = "give either 'duration' or 'until'"
            raise ValueError(msg)
        return self


class Outputs(Model):
    """When it went on."""

    waited_until: datetime = Field(description="The time that was waited for.")


@node_type(
    "flow.delay",
    title="Delay",
    outputs=Outputs,
    ports=(VALUE,),
    icon="clock",
    color="#ca8a04",
    keywords=("sleep", "pause", "wait", "timer"),
)
async def delay(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Park until the time has come, then emit."""
    until = _until(config, attempt.now)
    if attempt.resumed is None and until > attempt.now:
        return Park(until=until)
    return Emit(Outputs(waited_until=until))


def _until(config: Config, now: datetime) -> datetime:
    if config.until is not None:
        return config.until if config.until.tzinfo else config.until.replace(tzinfo=UTC)
    return now + timedelta(seconds=config.duration or 0.0)
