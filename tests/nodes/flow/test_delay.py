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
