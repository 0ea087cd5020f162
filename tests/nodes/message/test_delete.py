"""Messages are deleted by reference."""

import pytest

from flowforge_lab.errors import NodeError


def test_all_parts_of_a_long_text_go(talk, anna):
    sent = talk("message.text", {"text": "word " * 1000})

    deleted = talk("message.delete", {"message": sent.model_dump()})

    assert deleted.deleted == 2
    assert anna.chat.messages == {}


def test_what_is_gone_already_is_left_out(talk):
    sent = talk("message.text", {"text": "one"})

    deleted = talk("message.delete", {"message": [sent.message_id, 99]})

    assert deleted.deleted == 1


@pytest.mark.parametrize("message", ["x", [1] * 101])
def test_what_names_no_messages_is_told(talk, message):
    with pytest.raises(NodeError):
        talk("message.delete", {"message": message})


def test_another_refusal_is_an_error(talk, telegram):
    telegram.refuse("deleteMessage", code=400, text="Bad Request: message can't be deleted")

    with pytest.raises(NodeError, match="can't be deleted"):
        talk("message.delete", {"message": 1})
