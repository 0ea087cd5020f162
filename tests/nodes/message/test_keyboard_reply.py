"""Buttons in place of the keyboard."""

import pytest
from pydantic import ValidationError


def test_buttons_send_their_text_or_share_something(talk, anna):
    rows = [[{"text": "Yes"}, {"text": "My number", "shares": "contact"}]]
    talk("message.keyboard.reply", {"text": "?", "buttons": rows, "placeholder": "Choose"})

    markup = anna.sees()["reply_markup"]
    assert markup["keyboard"] == [
        [{"text": "Yes"}, {"text": "My number", "request_contact": True}]
    ]
    assert markup["one_time_keyboard"] is True
    assert markup["input_field_placeholder"] == "Choose"


def test_a_keyboard_is_taken_away(talk, anna):
    talk("message.keyboard.reply", {"text": "Thanks", "remove": True})

    assert anna.sees()["reply_markup"] == {"remove_keyboard": True}


@pytest.mark.parametrize("config", [{}, {"buttons": [[{"text": "x"}]], "remove": True}])
def test_it_shows_buttons_or_takes_them_away(talk, config):
    with pytest.raises(ValidationError, match="remove"):
        talk("message.keyboard.reply", {"text": "?", **config})
