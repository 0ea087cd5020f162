"""The local Telegram: python-telegram-bot can talk to it, and what is wrong is refused."""

import asyncio
import time

import pytest
import telegram
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

from flowforge_lab.testing import LocalServer, Reply, TelegramServer

pytestmark = pytest.mark.slow


@pytest.fixture
def server():
    with TelegramServer() as server:
        yield server


@pytest.fixture
def anna(server):
    server.add_bot()
    anna = server.person("Anna", phone="+4915112345678")
    anna.starts()
    return anna


@pytest.fixture
def ask(server):
    """Call a method of python-telegram-bot's own client."""

    async def call(method, *arguments, **facts):
        bot = telegram.Bot(
            "1000:local", base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot"
        )
        async with bot:
            return await getattr(bot, method)(*arguments, **facts)

    return lambda method, *arguments, **facts: asyncio.run(call(method, *arguments, **facts))


def test_another_client_reads_what_a_person_writes(server, anna, ask):
    anna.writes("/balance now")
    anna.shares_contact()

    first, second = ask("get_updates")
    assert (first.message.text, first.message.from_user.first_name) == ("/balance now", "Anna")
    assert second.message.contact.phone_number == "+4915112345678"


def test_another_client_sends_and_the_person_sees(anna, ask):
    sent = ask("send_message", anna.id, "<b>Hi</b>", parse_mode="HTML")

    seen = anna.sees()
    assert (sent.text, seen["text"]) == ("Hi", "Hi")
    assert sent.entities[0].type == "bold"


def test_a_press_is_an_update_and_its_answer_is_seen(anna, ask):
    button = telegram.InlineKeyboardButton("Yes", callback_data="yes")
    ask("send_message", anna.id, "Sure?", reply_markup=telegram.InlineKeyboardMarkup([[button]]))

    query = anna.presses("Yes")
    [update] = ask("get_updates")
    ask("answer_callback_query", update.callback_query.id, text="Noted")

    assert update.callback_query.data == "yes"
    assert anna.answer_to(query)["text"] == "Noted"


def test_a_file_goes_up_and_down_again(anna, ask, server):
    server.without_limits()
    sent = ask("send_document", anna.id, b"a,b\n1,2\n", filename="data.csv")
    again = ask("send_document", anna.id, sent.document.file_id)

    file = ask("get_file", sent.document.file_id)
    assert sent.document.file_name == "data.csv"
    assert again.document.file_id == sent.document.file_id
    assert file.file_size == 8


def test_a_photo_is_a_picture(anna, ask):
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        ask("send_photo", anna.id, b"not an image")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": " "}, "text is empty"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            'Can\'t find end tag corresponding to start tag "b"',
        ),
        ({"text": "1. a", "parse_mode": "MarkdownV2"}, "Character '.' is reserved"),
        ({"text": "x", "reply_to_message_id": 99}, "message to be replied not found"),
        ({"text": "x", "api_kwargs": {"colour": "red"}}, "has no field 'colour'"),
        ({"text": "x", "message_thread_id": "one"}, "expected int"),
        ({"text": "x", "parse_mode": "BBCode"}, "expected mode"),
    ],
)
def test_what_telegram_would_refuse_is_refused(anna, ask, facts, said):
    with pytest.raises(BadRequest) as refused:
        ask("send_message", anna.id, **facts)

    assert said.lower() in str(refused.value).lower()


@pytest.mark.parametrize("data", ["", "x" * 65, "ю" * 33])
def test_data_of_a_button_has_at_most_64_bytes(anna, ask, data):
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}

    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        ask("send_message", anna.id, "x", api_kwargs={"reply_markup": markup})


def test_nobody_is_written_to_who_never_wrote(server, ask):
    server.add_bot()
    with pytest.raises(Forbidden, match="initiate"):
        ask("send_message", server.person().id, "x")


def test_who_blocked_the_bot_gets_nothing(anna, ask):
    anna.blocks()

    with pytest.raises(Forbidden, match="blocked by the user"):
        ask("send_message", anna.id, "x")


def test_a_wrong_token_is_told(server, ask):
    with pytest.raises(InvalidToken):
        ask("get_me")


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
def test_a_second_message_in_a_second_is_too_many(anna, ask):
    ask("send_message", anna.id, "one")

    with pytest.raises(RetryAfter):
        ask("send_message", anna.id, "two")


def test_two_pollers_of_one_bot_are_a_conflict(server, anna):
    async def both():
        url = f"{server.url}/bot"
        async with (
            telegram.Bot("1000:local", base_url=url) as one,
            telegram.Bot("1000:local", base_url=url) as other,
        ):
            first = asyncio.create_task(one.get_updates(timeout=5))
            await asyncio.sleep(0.1)
            second = asyncio.create_task(other.get_updates(timeout=0))
            return await asyncio.gather(first, second, return_exceptions=True)

    first, second = asyncio.run(both())
    assert isinstance(first, Conflict)
    assert second == ()


def test_a_webhook_gets_updates_with_its_secret(anna, ask):
    async def one():
        async with LocalServer() as hook:
            hook.tell("/bot", Reply(body=b"ok"))
            await asyncio.to_thread(ask, "set_webhook", hook.url("/bot"), secret_token="s-1")
            anna.writes("hello")
            while not hook.received:
                await asyncio.sleep(0.01)
            return hook.received[0]

    received = asyncio.run(one())
    assert received.headers["x-telegram-bot-api-secret-token"] == "s-1"
    assert b'"hello"' in received.body


def test_a_message_is_edited_only_if_something_changes(anna, ask):
    sent = ask("send_message", anna.id, "one")
    edited = ask("edit_message_text", "two", anna.id, sent.message_id)

    with pytest.raises(BadRequest, match="not modified"):
        ask("edit_message_text", "two", anna.id, sent.message_id)
    assert edited.text == "two"


@pytest.mark.slow
def test_what_is_deleted_is_gone(anna, ask):
    sent = ask("send_message", anna.id, "one")
    ask("delete_message", anna.id, sent.message_id)

    with pytest.raises(BadRequest, match="not found"):
        ask("delete_message", anna.id, sent.message_id)


def test_numbers_of_updates_go_on_after_a_restart():
    def number_of_a_first_update():
        with TelegramServer() as server:
            bot = server.add_bot()
            anna = server.person("Anna")
            anna.starts()
            anna.writes("hello")
            return bot.updates[0]["update_id"]

    first = number_of_a_first_update()
    time.sleep(0.3)
    assert first < number_of_a_first_update() < 2**31
