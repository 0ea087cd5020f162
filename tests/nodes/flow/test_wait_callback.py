"""Buttons that are waited for."""

import pytest

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import Answer, Park, Registry

BUTTONS = [[{"text": "Approve", "data": "approve"}, {"text": "Later", "data": "in 5 days"}]]


def pressed(anna, query, data="approve"):
    message = next(iter(anna.chat.messages.values()))
    payload = {
        "bot": "shop_bot",
        "chat_id": anna.id,
        "message_id": message["message_id"],
        "data": data,
        "query_id": query,
        "user_id": anna.id,
        "message": message,
    }
    return Answer("answer", payload, "key", 1)


def test_it_sends_the_buttons_and_waits_for_a_press_on_them(talk, anna):
    parked = talk("flow.wait_callback", {"text": "Order 17?", "buttons": BUTTONS, "timeout": "1d"})

    asked = anna.sees("Order 17?")
    assert parked.keys[0] == f"telegram:shop_bot:{anna.id}:{anna.id}:callback"
    assert parked.terms["message_id"] == asked["message_id"]


def test_each_small_word_has_a_port_of_its_own():
    ports = Registry().get("flow.wait_callback").outputs_of({"buttons": BUTTONS})

    assert [port.name for port in ports] == ["received", "approve", "timeout"]


@pytest.mark.parametrize("config", [{}, {"buttons": "{{ nodes.x }}"}, {"buttons": [["x"], None]}])
def test_buttons_that_are_not_written_out_have_no_ports(config):
    ports = Registry().get("flow.wait_callback").outputs_of(config)

    assert [port.name for port in ports] == ["received", "timeout"]


def test_a_press_is_answered_and_the_message_says_so(talk, anna):
    config = {"text": "?", "buttons": BUTTONS, "answer": "Noted", "done_text": "Approved"}
    talk("flow.wait_callback", config)
    query = anna.presses("Approve")
    done = talk("flow.wait_callback", config, resumed=pressed(anna, query))

    assert (done.port, done.or_else, done.outputs.data) == ("approve", "received", "approve")
    assert anna.answer_to(query)["text"] == "Noted"
    assert "reply_markup" not in anna.sees("Approved")


def test_other_data_leave_by_received_and_the_buttons_go(talk, anna):
    config = {"text": "?", "buttons": BUTTONS}
    talk("flow.wait_callback", config)
    done = talk(
        "flow.wait_callback", config, resumed=pressed(anna, anna.presses("Later"), "in 5 days")
    )

    assert (done.port, done.outputs.user_id) == ("received", anna.id)
    assert "reply_markup" not in anna.chat.messages[1]


def test_a_press_that_cannot_be_answered_any_more_is_logged(talk, anna):
    talk("flow.wait_callback", {"text": "?", "buttons": BUTTONS})
    done = talk(
        "flow.wait_callback", {"text": "?", "buttons": BUTTONS}, resumed=pressed(anna, "99")
    )

    assert done.port == "approve"
    assert "too old" in talk.attempt.lines[0].message


def test_it_waits_for_buttons_that_were_sent_before(talk, anna):
    sent = talk("message.keyboard.inline", {"text": "?", "buttons": BUTTONS})
    parked = talk("flow.wait_callback", {"message": sent.model_dump(), "allowed_users": [7]})

    assert isinstance(parked, Park)
    assert parked.terms["message_id"] == sent.message_id
    assert parked.terms["users"] == [7]


def test_the_time_ends_it(talk):
    done = talk(
        "flow.wait_callback",
        {"text": "?", "buttons": BUTTONS, "timeout": "1m"},
        resumed=Answer("time"),
    )

    assert done.port == "timeout"


def test_without_anything_to_press_it_says_so(talk):
    with pytest.raises(NodeError, match="nothing to press"):
        talk("flow.wait_callback", {"text": "?"})
