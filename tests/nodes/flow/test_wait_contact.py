"""The phone number of a person, proved to be their own."""

import pytest

from flowforge_lab.nodes import Answer, Park


def contact(owner=501, phone="4915112345678", number=1, **facts):
    told = {"phone_number": phone, "first_name": "Anna", "last_name": "S", "user_id": owner}
    payload = {"content_type": "contact", "contact": told, "user_id": 501, "message_id": 7}
    return Answer("answer", payload | facts, "key", number)


def typed(text):
    return Answer("answer", {"content_type": "text", "text": text, "user_id": 501}, "key", 1)


def test_it_asks_with_one_button(talk, anna):
    parked = talk("flow.wait_contact", {"text": "Your number?", "button": "Here"})

    markup = anna.sees()["reply_markup"]
    assert markup["keyboard"] == [[{"text": "Here", "request_contact": True}]]
    assert parked.terms["takes"] == ["contact"]


def test_the_own_contact_leaves_in_international_form(talk, anna):
    done = talk("flow.wait_contact", {"text": "?", "thanks": "Thanks"}, resumed=contact())

    assert (done.port, done.outputs.phone, done.outputs.is_own) == (
        "received",
        "+4915112345678",
        True,
    )
    assert (done.outputs.name, done.outputs.contact_user_id) == ("Anna S", 501)
    assert anna.sees("Thanks")["reply_markup"] == {"remove_keyboard": True}


@pytest.mark.parametrize("owner", [502, None])
def test_the_contact_of_somebody_else_is_turned_away(talk, anna, owner):
    parked = talk("flow.wait_contact", {"text": "?"}, resumed=contact(owner=owner))

    assert isinstance(parked, Park)
    assert "your own contact" in anna.sees()["text"]


def test_it_may_count_and_is_told_apart(talk):
    done = talk("flow.wait_contact", {"accept_others": True}, resumed=contact(owner=502))

    assert (done.port, done.outputs.is_own) == ("received", False)


def test_a_typed_number_counts_only_if_it_may(talk, anna):
    parked = talk("flow.wait_contact", {"text": "?"}, resumed=typed("0151 12345678"))
    config = {"accept_typed": True, "region": "DE"}
    done = talk("flow.wait_contact", config, resumed=typed("0151 12345678"))
    again = talk("flow.wait_contact", config, resumed=typed("twelve"))

    assert isinstance(parked, Park)
    assert "press the button" in anna.sees()["text"]
    assert (done.outputs.phone, done.outputs.is_own) == ("+4915112345678", False)
    assert isinstance(again, Park)


def test_the_ways_out(talk):
    late = talk("flow.wait_contact", {"timeout": "1m"}, resumed=Answer("time"))
    stopped = talk("flow.wait_contact", {}, resumed=typed("/CANCEL"))
    wrong = talk("flow.wait_contact", {"max_asks": 1}, resumed=typed("x"))

    assert [one.port for one in (late, stopped, wrong)] == ["timeout", "cancelled", "invalid"]
    assert "press the button" in wrong.outputs.faults[0]
