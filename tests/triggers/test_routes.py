"""Who gets an update: command, data, text, kind, priorities, and questions before all of them."""

import time

import pytest

from flowforge_lab.triggers import Question, Route, Router, questions_for, read_update


def route(workflow, kind="message", **facts):
    return Route("bot", workflow, "digest", "start", f"trigger.{kind}", **facts)


def wrote(text="", *, chat="private", edited=False, **content):
    message = {
        "message_id": 7,
        "date": 1,
        "chat": {"id": 5, "type": chat},
        "from": {"id": 1, "is_bot": False, "first_name": "A"},
    }
    message |= ({"text": text} if text else {}) | content
    return read_update({"update_id": 1, "edited_message" if edited else "message": message})


def pressed(data, message_id=7):
    message = {"message_id": message_id, "date": 1, "chat": {"id": 5, "type": "private"}}
    query = {
        "id": "q",
        "from": {"id": 1, "is_bot": False, "first_name": "A"},
        "message": message,
        "data": data,
    }
    return read_update({"update_id": 1, "callback_query": query})


def winner(update, *routes):
    found = Router(routes, username="Shop_Bot").find(update)
    return found and found.route.workflow_id


ANY = route("any")
ORDER = route("order", pattern=r"order (?P<number>\d+)")
PHOTO = route("photo", content_types=frozenset({"photo"}))
BALANCE = route("balance", "command", command="balance")


@pytest.mark.parametrize(
    ("update", "workflow"),
    [
        (wrote("/balance"), "balance"),
        (wrote("/Balance@shop_bot now"), "balance"),
        (wrote("/balance\nnow"), "balance"),
        (wrote("/balance@other_bot"), "any"),
        (wrote("/balances"), "any"),
        (wrote("/"), "any"),
        (wrote("please ORDER 17"), "order"),
        (wrote(photo=[{"file_id": "a"}, {"file_id": "b"}], caption="hello"), "photo"),
        (wrote(photo=[{"file_id": "a"}], caption="order 17"), "order"),
        (wrote(sticker={"file_id": "s"}), "any"),
        (wrote(dice={}), "any"),
        (wrote("hello", edited=True), None),
        (pressed("balance"), None),
    ],
)
def test_what_asks_for_more_goes_first(update, workflow):
    assert winner(update, ANY, PHOTO, ORDER, BALANCE) == workflow


def test_a_higher_priority_goes_before_all_else():
    first = route("first", priority=5)

    assert winner(wrote("/balance"), BALANCE, first) == "first"
    assert winner(wrote("/balance"), BALANCE, route("last", priority=-5)) == "balance"


def test_of_equals_the_first_by_name_wins_whatever_their_order():
    assert (
        winner(wrote("x"), route("b"), route("a"))
        == winner(wrote("x"), route("a"), route("b"))
        == "a"
    )


@pytest.mark.parametrize(
    ("chats", "chat", "takes"),
    [
        ("any", "group", True),
        ("private", "group", False),
        ("group", "supergroup", True),
        ("group", "private", False),
        ("group", "channel", True),
    ],
)
def test_a_route_may_be_for_some_chats_only(chats, chat, takes):
    assert (winner(wrote("x", chat=chat), route("a", chats=chats)) == "a") is takes


def test_what_was_changed_afterwards_counts_only_if_asked_for():
    assert winner(wrote("x", edited=True), route("a", edited=True)) == "a"


@pytest.mark.parametrize(
    ("data", "workflow"), [("buy", "exact"), ("order:17", "like"), ("order:17x", "rest")]
)
def test_buttons_go_by_their_data(data, workflow):
    routes = [
        route("rest", "callback"),
        route("like", "callback", pattern=r"order:(?P<n>\d+)"),
        route("exact", "callback", data="buy"),
    ]

    assert winner(pressed(data), *routes) == workflow


def test_named_groups_are_told():
    assert Router([ORDER]).find(wrote("order 17")).groups == {"number": "17"}


def test_it_says_why_for_each_route():
    judged = Router([ANY, PHOTO, ORDER, BALANCE]).explain(wrote("hello"))

    assert [(one.route.workflow_id, one.why) for one in judged] == [
        ("balance", "no command"),
        ("order", "the pattern does not fit"),
        ("photo", "a text"),
        ("any", "takes it"),
    ]


def test_the_one_that_gets_it_is_the_first_that_says_so():
    routes = [
        ANY,
        PHOTO,
        ORDER,
        BALANCE,
        route("high", priority=1, pattern="b"),
        route("edit", edited=True),
    ]
    updates = [
        wrote("/balance"),
        wrote("order 1"),
        wrote("x"),
        wrote("x", edited=True),
        pressed("b"),
    ]
    for update in updates:
        router = Router(routes, username="shop_bot")
        first = next((one.route for one in router.explain(update) if one.takes), None)
        found = router.find(update)

        assert (found and found.route) == first


def test_a_file_and_a_reply_are_read():
    update = wrote(
        document={"file_id": "d", "file_name": "a.csv"},
        caption="x",
        reply_to_message={"message_id": 3},
    )

    assert (
        update.content_type,
        update.file_id,
        update.file_name,
        update.text,
        update.reply_to,
    ) == ("document", "d", "a.csv", "x", 3)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "poll": {}},
        {"update_id": 1, "callback_query": {"id": "1", "from": {"id": 1}, "game_short_name": "x"}},
    ],
)
def test_what_nobody_can_ask_for_is_passed_over(update):
    assert read_update(update) is None


@pytest.mark.parametrize(
    "update",
    [
        {},
        {"update_id": "1"},
        {"update_id": 1, "message": {"text": "x"}},
        {"update_id": 1, "message": {"chat": 5, "message_id": 1}},
    ],
)
def test_what_is_no_update_is_refused(update):
    with pytest.raises(ValueError, match=r"Bot API"):
        read_update(update)


OLD, NEW = Question("old", ("text",), 3), Question("new", ("contact",), 4)


@pytest.mark.parametrize(
    ("update", "order"),
    [
        (wrote("hello"), ["old", "new"]),
        (wrote(contact={"phone_number": "1"}), ["new", "old"]),
        (wrote(photo=[{}]), ["new", "old"]),
        (wrote("x", reply_to_message={"message_id": 4}), ["new", "old"]),
        (wrote("x", edited=True), []),
    ],
)
def test_an_answer_goes_to_the_newest_question_that_it_fits(update, order):
    assert [one.own for one in questions_for(update, [OLD, NEW])] == order


def test_of_two_that_fit_the_newest_gets_it_unless_the_older_is_marked():
    both = [Question("old", ("text",), 3), Question("new", ("text",), 4)]

    assert questions_for(wrote("x"), both)[0].own == "new"
    assert questions_for(wrote("x", reply_to_message={"message_id": 3}), both)[0].own == "old"


def test_a_press_goes_only_to_the_question_under_it():
    ones = [Question("a", (), 7), Question("b", (), 8), Question("c", (), 7, users=(99,))]

    assert [one.own for one in questions_for(pressed("x", 7), ones)] == ["a"]


EVIL = "a" * 5_000 + "!"


@pytest.mark.parametrize("update", [wrote(EVIL), pressed(EVIL), wrote(photo=[{}], caption=EVIL)])
def test_no_pattern_keeps_a_bot_from_the_next_update(update):
    kinds = ("callback",) if update.is_callback else ("message",)
    hostile = [route("hostile", kind, pattern="(a+)+$") for kind in kinds]
    before = time.perf_counter()

    assert winner(update, *hostile, *(route("any", kind) for kind in kinds)) == "any"
    assert time.perf_counter() - before < 0.5


def test_a_route_of_before_whose_pattern_is_refused_now_takes_nothing_and_says_why():
    old = route("old", pattern="(?=x)x")

    assert winner(wrote("x"), old, ANY) == "any"
    assert "looks ahead" in Router([old]).explain(wrote("x"))[0].why


def test_a_text_longer_than_telegram_allows_fits_no_large_pattern():
    large = route("large", pattern="(a?){200}b")

    assert winner(wrote("a" * 100_000 + "b"), large, ANY) == "any"
