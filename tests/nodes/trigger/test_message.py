"""Messages as what a workflow starts with."""

import pytest
from pydantic import ValidationError


def test_it_tells_what_came(talk):
    told = talk(
        "trigger.message", arrives={"text": "order 17", "groups": {"number": "17"}, "new": 1}
    )

    assert (told.text, told.groups) == ("order 17", {"number": "17"})


def test_started_by_hand_it_tells_nothing(talk):
    assert talk("trigger.message").chat_id is None


@pytest.mark.parametrize(
    "config", [{"pattern": "("}, {"content_types": ["smell"]}, {"priority": 2000}]
)
def test_what_makes_no_sense_is_refused(talk, config):
    with pytest.raises(ValidationError):
        talk("trigger.message", config)
