"""Texts: plain, HTML, MarkdownV2, too long, refused."""

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError


def test_a_text_goes_to_the_chat_that_started_the_execution(talk, anna):
    sent = talk("message.text", {"text": "Hello <you> & *you*"})

    assert anna.sees()["text"] == "Hello <you> & *you*"
    assert (sent.bot, sent.chat_id) == ("shop_bot", anna.id)
    assert sent.message_ids == (sent.message_id,)


@pytest.mark.parametrize(
    ("field", "text"), [("html", "<b>Hi</b> there"), ("markdown", "*Hi* there")]
)
def test_markup_becomes_formatting(talk, anna, field, text):
    talk("message.text", {field: text})

    seen = anna.sees()
    assert seen["text"] == "Hi there"
    assert seen["entities"] == [{"type": "bold", "offset": 0, "length": 2}]


def test_a_long_text_is_sent_in_parts_at_the_ends_of_lines(talk, anna):
    lines = [f"line {number} {'x' * 90}" for number in range(100)]
    sent = talk("message.text", {"text": "\n".join(lines)})

    seen = [anna.sees()["text"] for _ in sent.message_ids]
    assert len(seen) == 3
    assert [line for part in seen for line in part.split("\n")] == lines


def test_formatting_of_a_long_text_stays_whole(talk, anna):
    sent = talk("message.text", {"html": "word " * 800 + "<b>" + "bold " * 60 + "</b>"})

    first, second = (anna.sees() for _ in sent.message_ids)
    assert "entities" not in first
    assert second["entities"][0]["type"] == "bold"
    assert second["text"].startswith("bold bold")


def test_an_answer_a_topic_and_silence_are_told(talk, telegram, anna):
    asked = anna.writes("question")
    config = {
        "text": "x",
        "reply_to": str(asked["message_id"]),
        "silent": True,
        "preview": False,
        "protect": True,
    }
    talk("message.text", config)

    seen = anna.sees()
    assert seen["reply_to_message"]["message_id"] == asked["message_id"]


@pytest.mark.parametrize("text", ["", "   \n "])
def test_nothing_is_not_sent(talk, text):
    with pytest.raises(NodeError) as caught:
        talk("message.text", {"text": text})

    assert caught.value.type == "telegram.no_text"


def test_markup_that_is_not_well_formed_is_told_before_it_is_sent(talk, telegram):
    with pytest.raises(NodeError, match="end tag") as caught:
        talk("message.text", {"html": "<b>open"})

    assert caught.value.type == "telegram.markup"
    assert not caught.value.is_transient


def test_a_text_is_given_in_one_form(talk):
    with pytest.raises(ValidationError, match="text and html"):
        talk("message.text", {"text": "x", "html": "y"})


def test_who_blocked_the_bot_is_told_as_telegram_says_it(talk, anna):
    anna.blocks()

    with pytest.raises(NodeError) as caught:
        talk("message.text", {"text": "x"})
    assert caught.value.title == "Forbidden: bot was blocked by the user"
    assert (caught.value.type, caught.value.status) == ("telegram.forbidden", 403)


def test_a_part_that_is_refused_tells_which_were_sent(talk, telegram, anna):
    telegram.refuse("sendMessage", code=500, text="Internal Server Error", after=1)

    with pytest.raises(NodeError, match="the parts before it were sent: 1") as caught:
        talk("message.text", {"text": "a" * 4000 + "\n" + "b" * 4000})

    assert caught.value.type == "telegram.server"
    assert not caught.value.is_transient


def test_without_a_chat_it_says_so(talk):
    with pytest.raises(NodeError) as caught:
        talk("message.text", {"text": "x"}, chat="", user="", session="")

    assert caught.value.type == "telegram.no_chat"


def test_a_bot_that_is_not_set_up_is_named(talk):
    with pytest.raises(Exception, match="no connection 'other_bot'"):
        talk("message.text", {"text": "x", "bot": "other_bot"})
