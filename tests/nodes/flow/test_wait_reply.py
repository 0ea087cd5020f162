"""Questions to people: what an answer must be, asking again, the ways out."""

import time
from datetime import date

import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import Answer, Emit, Park


def said(text="", kind="text", number=1, **facts):
    """Return the answer of a person, as the router gives it."""
    payload = {
        "text": text,
        "content_type": kind,
        "user_id": 501,
        "first_name": "Anna",
        "message_id": 7,
    }
    return Answer("answer", payload | facts, "key", number)


def test_it_asks_once_and_waits_for_the_person_in_the_chat(talk, anna):
    parked = talk("flow.wait_reply", {"text": "Name?", "timeout": "10m"})

    asked = anna.sees("Name?")
    assert isinstance(parked, Park)
    assert parked.keys == (
        f"telegram:shop_bot:{anna.id}:{anna.id}:message",
        "wait:execution-1/node_1/1",
    )
    assert parked.until is not None
    assert parked.terms["message_id"] == asked["message_id"]
    assert parked.terms["takes"] == ["text"]


def test_without_a_text_it_only_waits(talk, anna):
    parked = talk("flow.wait_reply", {})

    assert isinstance(parked, Park)
    assert anna.chat.messages == {}


def test_in_a_group_the_one_who_started_is_asked_or_anyone(talk, telegram, anna):
    [there] = telegram.group(anna)
    one = talk("flow.wait_reply", {"text": "?"}, chat=str(there.chat.id))
    all_of_them = talk(
        "flow.wait_reply", {"text": "?", "answers_from": "anyone"}, chat=str(there.chat.id)
    )

    assert one.keys[0] == f"telegram:shop_bot:{there.chat.id}:{anna.id}:message"
    assert all_of_them.keys[0] == f"telegram:shop_bot:{there.chat.id}:*:message"


@pytest.mark.parametrize(
    ("config", "text", "value"),
    [
        ({}, " Anna ", "Anna"),
        ({"pattern": "[A-Z]{2}[0-9]+"}, "AB12", "AB12"),
        ({"expects": "number"}, "1 234,5", 1234.5),
        ({"expects": "integer", "minimum": 1, "maximum": 9}, "9", 9),
        ({"expects": "date"}, "2026-05-31", date(2026, 5, 31)),
        ({"expects": "date"}, "31.5.2026", date(2026, 5, 31)),
        ({"expects": "yes_no"}, "Да!", True),
        ({"expects": "yes_no"}, "nein", False),
        ({"expects": "choice", "choices": ["Small", "Large"]}, "large", "Large"),
        ({"expects": "phone", "region": "DE"}, "0151 1234-5678", "+4915112345678"),
        ({"expects": "email"}, "Anna@Example.org ", "anna@example.org"),
    ],
)
def test_a_good_answer_leaves_as_what_was_expected(talk, config, text, value):
    done = talk("flow.wait_reply", {"text": "?", **config}, resumed=said(text))

    assert isinstance(done, Emit)
    assert (done.port, done.outputs.value, done.outputs.asks) == ("received", value, 1)
    assert (done.outputs.user_id, done.outputs.first_name) == (501, "Anna")


@pytest.mark.parametrize(
    ("config", "answer", "fault"),
    [
        ({"expects": "number"}, said("many"), "send a number"),
        ({"expects": "number"}, said("nan"), "send a number"),
        ({"expects": "integer"}, said("1.5"), "send a whole number"),
        ({"expects": "integer", "minimum": 5}, said("4"), "at least 5"),
        ({"expects": "number", "maximum": 5}, said("6"), "at most 5"),
        ({"expects": "date"}, said("31.2.2026"), "send a date"),
        ({"expects": "yes_no"}, said("maybe"), "yes or no"),
        ({"expects": "choice", "choices": ["A", "B"]}, said("C"), "A, B"),
        ({"expects": "phone"}, said("12"), "phone number"),
        ({"expects": "email"}, said("anna"), "e-mail"),
        ({"pattern": "x+"}, said("y"), "form"),
        ({"max_length": 3}, said("long"), "at most 3"),
        ({}, said(kind="photo"), "send a text"),
        ({"expects": "photo"}, said("text"), "send a photo"),
        ({"expects": "file"}, said("text"), "send a file"),
    ],
)
def test_an_answer_that_will_not_do_is_asked_for_again(talk, anna, config, answer, fault):
    parked = talk("flow.wait_reply", {"text": "?", **config}, resumed=answer)

    assert isinstance(parked, Park)
    assert fault in anna.sees()["text"]
    assert parked.terms["ask"] == 2


def test_what_is_said_to_a_wrong_answer_may_be_written(talk, anna):
    config = {"html": "<b>Age?</b>", "expects": "integer", "retry_text": "A number, please"}
    talk("flow.wait_reply", config, resumed=said("x"))

    assert anna.sees()["text"] == "A number, please"


def test_after_the_last_wrong_answer_it_is_invalid(talk):
    config = {"text": "?", "expects": "integer", "max_asks": 2}
    done = talk("flow.wait_reply", config, resumed=said("x", number=2))

    assert (done.port, done.or_else, done.outputs.text) == ("invalid", "timeout", "x")
    assert done.outputs.faults == ["Please send a whole number."]


def test_a_word_ends_it_in_any_case_of_letters(talk):
    config = {"text": "?", "expects": "integer", "cancel_words": ["Stop"]}
    done = talk("flow.wait_reply", config, resumed=said(" STOP "))

    assert (done.port, done.or_else) == ("cancelled", "timeout")


def test_the_time_ends_it(talk):
    done = talk("flow.wait_reply", {"text": "?", "timeout": "1m"}, resumed=Answer("time"))

    assert (done.port, done.outputs.value) == ("timeout", None)


def test_choices_are_a_keyboard_that_goes_with_the_thanks(talk, anna):
    config = {"text": "Size?", "expects": "choice", "choices": ["S", "L"], "thanks": "Noted"}
    talk("flow.wait_reply", config)
    asked = anna.sees("Size?")
    talk("flow.wait_reply", config, resumed=said("S"))

    assert asked["reply_markup"]["keyboard"] == [[{"text": "S"}], [{"text": "L"}]]
    assert anna.sees("Noted")["reply_markup"] == {"remove_keyboard": True}


def test_a_photo_and_a_place_are_answers(talk):
    photo = talk("flow.wait_reply", {"expects": "photo"}, resumed=said(kind="photo", file_id="p1"))
    spot = {"latitude": 1.0, "longitude": 2.0}
    place = talk(
        "flow.wait_reply",
        {"expects": "location"},
        resumed=said(kind="location", message={"location": spot}),
    )

    assert photo.outputs.value == photo.outputs.file_id == "p1"
    assert place.outputs.value == spot


def test_an_answer_given_by_hand_may_be_plain(talk):
    done = talk("flow.wait_reply", {"expects": "integer"}, resumed=Answer("answer", "5", "key", 1))

    assert done.outputs.value == 5


@pytest.mark.parametrize(
    "config", [{"choices": ["a"]}, {"expects": "choice"}, {"pattern": "("}, {"max_asks": 0}]
)
def test_a_question_that_makes_no_sense_is_refused(talk, config):
    with pytest.raises(ValidationError):
        talk("flow.wait_reply", config)


def test_nobody_can_be_asked_in_a_channel(talk):
    with pytest.raises(Exception, match="by its number"):
        talk("flow.wait_reply", {"chat": "@channel"})


def test_no_answer_holds_up_who_judges_it(talk, anna):
    hostile = {"text": "?", "pattern": "(a+)+$", "max_length": 4096, "max_asks": 1}
    before = time.perf_counter()
    ended = talk("flow.wait_reply", hostile, resumed=said("a" * 4_095 + "!"))

    assert (ended.port, ended.outputs.faults) == (
        "invalid",
        ["This does not have the expected form."],
    )
    assert time.perf_counter() - before < 0.5


def test_a_pattern_whose_search_may_take_forever_is_refused(talk):
    with pytest.raises(ValidationError, match="looks ahead or back"):
        talk("flow.wait_reply", {"text": "?", "pattern": "(?!a)b"})
