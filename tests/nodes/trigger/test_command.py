"""Commands as what a workflow starts with."""

import pytest
from pydantic import ValidationError


def test_it_tells_what_came(talk):
    told = talk(
        "trigger.command", {"command": "/balance"}, arrives={"chat_id": 5, "arguments": "now"}
    )

    assert (told.command, told.chat_id, told.arguments) == ("balance", 5, "now")


@pytest.mark.parametrize("command", ["", "/", "Big", "two words", "x" * 33, "naïve"])
def test_a_command_is_what_telegram_takes(talk, command):
    with pytest.raises(ValidationError, match="32 small letters"):
        talk("trigger.command", {"command": command})
