"""One text to many chats."""

import pytest

from flowforge_lab.errors import NodeError


@pytest.fixture
def boris(telegram):
    boris = telegram.person("Boris")
    boris.starts()
    return boris


def test_every_chat_gets_it_but_those_that_refuse(talk, telegram, anna, boris):
    stranger = telegram.person("Eve")
    chats = [anna.id, stranger.id, str(boris.id)]

    done = talk(
        "action.send_telegram", {"html": "<b>News</b>", "chats": chats}, chat="", session=""
    )

    assert [result.ok for result in done.results] == [True, False, True]
    assert (done.sent, done.failed) == (2, 1)
    assert done.results[1].error_type == "telegram.forbidden"
    assert (anna.sees()["text"], boris.sees()["text"]) == ("News", "News")


def test_without_chats_it_goes_to_the_one_that_started(talk, anna):
    done = talk("action.send_telegram", {"text": "Hi"})

    assert done.results[0].chat == anna.id


def test_one_chat_may_stand_alone(talk, anna):
    assert talk("action.send_telegram", {"text": "Hi", "chats": anna.id}).sent == 1


def test_where_nobody_gets_it_it_fails(talk, telegram):
    stranger = telegram.person("Eve")

    with pytest.raises(NodeError, match="none of 1 chats"):
        talk("action.send_telegram", {"text": "Hi", "chats": [stranger.id]})


def test_a_fault_of_the_text_stops_at_once(talk, anna, boris):
    with pytest.raises(NodeError) as caught:
        talk("action.send_telegram", {"html": "<b>", "chats": [anna.id, boris.id]})

    assert caught.value.type == "telegram.markup"


def test_there_are_not_too_many(talk):
    with pytest.raises(NodeError, match="10,000"):
        talk("action.send_telegram", {"text": "Hi", "chats": [1] * 10_001})
