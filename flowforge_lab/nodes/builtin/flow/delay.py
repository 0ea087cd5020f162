"""Wait for a length of time, until a time of day, or for business hours, and go on.

A waiting execution costs no memory and survives a restart; a time that is over already does not
wait. A time without a zone is UTC.

With `business_hours` it goes on only within them: at the next moment of them after `duration` or
`until` is over, at once if that is one, or, where neither is given, at the next moment from now. The
`duration` passes by day and by night. Hours whose `closes` is not later than `opens` go over midnight; on
the days when clocks are changed a time that they skip is that of the change.

Best practice: for "tomorrow at nine" compute the time in an expression, from `now()`.
Troubleshooting: an execution that was down while its time came goes on as soon as a host is up
again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from flowforge_lab.nodes import VALUE, Attempt, Emit, Model, NoInputs, Park, node_type
from flowforge_lab.values import Duration, OpenHours, find_zone, parse_clock, parse_days

_LAST_YEAR = 9000  # beyond, opening hours in a zone would leave the calendar


class BusinessHours(Model):
    """When somebody is there."""

    days: str = Field(
        default="mon-fri",
        description="The days of the week, in ranges or one by one.",
        examples=["mon-fri", "mon,wed,sat-sun"],
    )
    opens: str = Field(default="09:00", description="From when.", examples=["09:00"])
    closes: str = Field(
        default="17:00", description="To when, and without it.", examples=["17:00"]
    )
    timezone: str = Field(
        default="UTC",
        description="The IANA name of the time zone whose clocks count.",
        examples=["Europe/Berlin"],
    )

    @field_validator("days", "opens", "closes", "timezone")
    @classmethod
    def _makes_sense(cls, text: str, info: ValidationInfo) -> str:
        readers: dict[str | None, Callable[[str], object]] = {
            "days": parse_days,
            "timezone": find_zone,
        }
        readers.get(info.field_name, parse_clock)(text)
        return text

    def hours(self) -> OpenHours:
        """Return them, read."""
        days, zone = parse_days(self.days), find_zone(self.timezone)
        return OpenHours(days, parse_clock(self.opens), parse_clock(self.closes), zone)


class Config(Model):
    """How long, or until when; and when it may go on."""

    duration: Duration | None = Field(
        default=None, description="How long to wait.", examples=["10m", "1h30m"]
    )
    until: datetime | None = Field(
        default=None,
        description="When to go on, at the latest in the year 9000.",
        examples=["2030-01-31T09:00:00+01:00"],
    )
    business_hours: BusinessHours | None = Field(
        default=None, description="Go on only within these hours."
    )

    @field_validator("until")
    @classmethod
    def _can_be_reckoned_with(cls, until: datetime | None) -> datetime | None:
        if until is not None and until.year > _LAST_YEAR:
            msg = f"expected a time up to the year {_LAST_YEAR}, found one in {until.year}"
            raise ValueError(msg)
        return until

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.duration is not None and self.until is not None:
            msg = "give either 'duration' or 'until'"
            raise ValueError(msg)
        if self.duration is None and self.until is None and self.business_hours is None:
            msg = "give 'duration', 'until' or 'business_hours'"
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
    keywords=("sleep", "pause", "wait", "timer", "business hours", "office"),
)
async def delay(config: Config, inputs: NoInputs, attempt: Attempt) -> Emit | Park:
    """Park until the time has come, then emit."""
    until = _until(config, attempt.now)
    if attempt.resumed is None and until > attempt.now:
        return Park(until=until)
    return Emit(Outputs(waited_until=until))


def _until(config: Config, now: datetime) -> datetime:
    moment = _moment(config, now)
    hours = config.business_hours
    return moment if hours is None else hours.hours().next_open(moment)


def _moment(config: Config, now: datetime) -> datetime:
    if config.until is not None:
        return config.until if config.until.tzinfo else config.until.replace(tzinfo=UTC)
    return now + timedelta(seconds=config.duration or 0.0)
