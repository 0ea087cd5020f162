"""Buttons under a message."""

import pytest
from pydantic import ValidationError

ROWS = [
    [{"text": "Yes", "data": "yes"}, {"text": "No"}],
    [{"text": "Site", "url": "https://example.org"}],
]


def test_buttons_stand_in_their_rows(talk, anna):
    talk("message.keyboard.inline", {"text": "Sure?", "buttons": ROWS})

    rows = anna.sees()["reply_markup"]["inline_keyboard"]
    assert rows == [
        [{"text": "Yes", "callback_data": "yes"}, {"text": "No", "callback_data": "No"}],
        [{"text": "Site", "url": "https://example.org"}],
    ]


def test_buttons_stand_under_the_last_part_of_a_long_text(talk, anna):
    sent = talk("message.keyboard.inline", {"text": "long " * 1000, "buttons": ROWS})

    first, second = (anna.sees() for _ in sent.message_ids)
    assert "reply_markup" not in first
    assert second["message_id"] == sent.message_id
    assert "reply_markup" in second


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ({"text": "x", "data": "y" * 65}, "64 bytes"),
        ({"text": "ж" * 33}, "64 bytes"),
        ({"text": "x", "data": "y", "url": "https://a.b"}, "either"),
        ({"text": "x", "url": "javascript:alert(1)"}, "address"),
        ({"text": ""}, "at least 1"),
    ],
)
def test_a_button_that_telegram_would_refuse_is_refused_before(talk, button, said):
    with pytest.raises(ValidationError, match=said):
        talk("message.keyboard.inline", {"text": "x", "buttons": [[button]]})
