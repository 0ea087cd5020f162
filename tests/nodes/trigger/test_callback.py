"""Presses as what a workflow starts with."""

import pytest
from pydantic import ValidationError


def test_the_press_is_answered(talk, anna):
    talk("message.keyboard.inline", {"text": "?", "buttons": [[{"text": "Buy", "data": "buy"}]]})
    query = anna.presses("Buy")
    told = talk(
        "trigger.callback",
        {"data": "buy", "answer": "Ok"},
        arrives={"bot": "shop_bot", "query_id": query, "data": "buy"},
    )

    assert told.data == "buy"
    assert anna.answer_to(query)["text"] == "Ok"


def test_one_that_is_too_old_is_logged(talk):
    told = talk("trigger.callback", arrives={"bot": "shop_bot", "query_id": "1", "data": "x"})

    assert told.data == "x"
    assert "too old" in talk.attempt.lines[0].message


def test_data_and_pattern_exclude_each_other(talk):
    with pytest.raises(ValidationError, match="found both"):
        talk("trigger.callback", {"data": "x", "pattern": "y"})
