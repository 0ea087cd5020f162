from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Answer, Park


def test_parks_for_a_duration(visit, attempt):
    assert visit("flow.delay", {"duration": "90s"}) == Park(attempt.now + timedelta(seconds=90))


def test_goes_on_when_it_is_called_again(visit, attempt):
    attempt.resumed = Answer()

    emitted = visit("flow.delay", {"duration": "90s"})

    assert emitted.outputs.waited_until == attempt.now + timedelta(seconds=90)


def test_a_time_without_a_zone_is_utc(visit):
    parked = visit("flow.delay", {"until": "2031-01-01T00:00:00"})

    assert parked.until == datetime(2031, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("config", [{"until": "1999-01-01T00:00:00Z"}, {"duration": 0}])
def test_a_time_that_is_over_does_not_wait(visit, config):
    assert visit("flow.delay", config).port == "out"


@pytest.mark.parametrize(
    "config", [{}, {"duration": "1s", "until": "2031-01-01"}, {"duration": "x"}]
)
def test_needs_one_of_the_two(visit, config):
    with pytest.raises(ValidationError):
        visit("flow.delay", config)


OFFICE = {"days": "mon-fri", "opens": "09:00", "closes": "17:00", "timezone": "Europe/Berlin"}


def test_goes_on_at_once_within_business_hours(visit):
    assert (
        visit("flow.delay", {"business_hours": OFFICE}).port == "out"
    )  # Thursday, 13:00 in Berlin


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"duration": "6h"}, datetime(2030, 2, 1, 8, tzinfo=UTC)),
        ({"duration": "1h"}, datetime(2030, 1, 31, 13, tzinfo=UTC)),
        ({"until": "2030-02-02T12:00:00Z"}, datetime(2030, 2, 4, 8, tzinfo=UTC)),
    ],
)
def test_after_its_time_it_waits_for_business_hours(visit, config, expected):
    assert visit("flow.delay", {**config, "business_hours": OFFICE}).until == expected


@pytest.mark.parametrize(
    "wrong", [{"days": "never"}, {"opens": "nine"}, {"timezone": "Berlin"}, {"from": "09:00"}]
)
def test_business_hours_must_make_sense(visit, wrong):
    with pytest.raises(ValidationError):
        visit("flow.delay", {"business_hours": {**OFFICE, **wrong}})


def test_the_calendar_has_an_end(visit):
    with pytest.raises(ValidationError, match="expected a time up to the year 9000"):
        visit("flow.delay", {"until": "9999-12-31T09:59:59Z", "business_hours": OFFICE})
    parked = visit("flow.delay", {"until": "9000-12-31T09:59:59Z", "business_hours": OFFICE})
    assert parked.until.year >= 9000
