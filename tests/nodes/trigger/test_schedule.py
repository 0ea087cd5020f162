from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Registry, role_at

DUE = datetime(2025, 6, 1, 7, 30, tzinfo=UTC)


def config(**fields):
    return Registry().get("trigger.schedule").config.model_validate({"cron": "@daily", **fields})


def test_tells_which_fire_started_it(visit):
    payload = {"due_at": DUE, "fired_at": DUE + timedelta(hours=2), "is_catch_up": True}

    found = visit("trigger.schedule", {"cron": "30 7 * * *"}, arrives=payload)

    assert found.model_dump() == payload


def test_started_by_hand_it_is_due_now(visit, attempt):
    found = visit("trigger.schedule", {"cron": "30 7 * * *"}, arrives={"city": "Łódź"})

    assert found.due_at == found.fired_at == attempt.now
    assert not found.is_catch_up


def test_leaves_out_missed_fires_unless_told_otherwise():
    assert (config().missed, config().max_missed, config().timezone) == ("none", 100, "")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"cron": "61 * * * *"}, "minute: expected a number from 0 to 59, found '61'"),
        ({"cron": "0 0 30 2 *"}, "it never comes true"),
        ({"timezone": "Europe/Berlni"}, "did you mean 'Europe/Berlin'"),
        ({"missed": "some"}, "'none', 'last' or 'all'"),
        ({"max_missed": 0}, "greater than or equal to 1"),
        ({"max_missed": 100_000}, "less than or equal to 1000"),
    ],
)
def test_says_what_is_wrong_with_its_config(fields, told):
    with pytest.raises(ValidationError, match=told):
        config(**fields)


@pytest.mark.parametrize("field", ["cron", "timezone", "missed", "max_missed"])
def test_its_times_are_known_before_it_runs(field):
    assert role_at(Registry().get("trigger.schedule").config, (field,)) == "verbatim"
