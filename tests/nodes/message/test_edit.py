"""Messages that were sent are changed by reference."""

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError


def test_a_message_of_an_earlier_node_gets_another_text_and_other_buttons(talk, anna):
    sent = talk("message.text", {"text": "one"})
    edited = talk(
        "message.edit",
        {"message": sent.model_dump(), "html": "<b>two</b>", "buttons": [[{"text": "Ok"}]]},
        chat="",
        session="",
    )

    anna.sees("two")
    assert (edited.message_id, edited.changed) == (sent.message_id, True)


def test_the_same_again_is_no_error(talk):
    sent = talk("message.text", {"text": "one"})

    edited = talk("message.edit", {"message": sent.message_id, "text": "one"})

    assert edited.changed is False


def test_buttons_go_and_the_text_stays(talk, anna):
    sent = talk("message.keyboard.inline", {"text": "one", "buttons": [[{"text": "Ok"}]]})
    anna.sees("one")
    talk("message.edit", {"message": str(sent.message_id), "remove_buttons": True})

    seen = anna.sees("one")
    assert "reply_markup" not in seen


def test_a_caption_is_changed(talk, anna):
    sent = talk("message.photo", {"content": b"GIF89a", "text": "one"})
    talk("message.edit", {"message": sent.model_dump(), "text": "two", "caption": True})

    assert anna.sees("two")["caption"] == "two"


@pytest.mark.parametrize("message", [None, "x", {}, {"message_id": None}, True, [1]])
def test_what_names_no_message_is_told(talk, message):
    with pytest.raises(NodeError) as caught:
        talk("message.edit", {"message": message, "text": "x"})

    assert caught.value.type == "telegram.no_message"


def test_what_is_not_there_is_told_as_telegram_says_it(talk):
    with pytest.raises(NodeError, match="message to edit not found"):
        talk("message.edit", {"message": 99, "text": "x"})


def test_it_changes_something(talk):
    with pytest.raises(ValidationError, match="expected a text"):
        talk("message.edit", {"message": 1})
