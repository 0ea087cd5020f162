"""The table of the local server against the classes of python-telegram-bot."""

import inspect
import re

import pytest
import telegram
from telegram import constants

from flowforge_lab.testing.telegram import table
from flowforge_lab.testing.telegram.checks import rules_of

_OURS_ONLY = {
    "api_kwargs",
    "read_timeout",
    "write_timeout",
    "connect_timeout",
    "pool_timeout",
    "self",
}
_CONVENIENCES = {
    "filename",
    "location",
    "contact",
    "venue",
    "disable_web_page_preview",
    "allow_sending_without_reply",
    "reply_to_message_id",
}
_PLAIN = {
    "int": "int",
    "bool": "bool",
    "str": "str",
    "mode": "str",
    "bytes": "str",
    "float": "float",
}


def snake(name):
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found.group(1).lower(), name)


def parameters(callable_):
    found = inspect.signature(callable_).parameters.values()
    return {one.name: one for one in found if one.name not in _OURS_ONLY | _CONVENIENCES}


@pytest.mark.parametrize("method", sorted(table.METHODS))
def test_every_method_has_the_fields_of_the_pinned_package(method):
    theirs = parameters(getattr(telegram.Bot, snake(method)))
    ours = rules_of(table.METHODS[method])

    assert set(ours) <= set(theirs)
    left_out = {name for name in theirs if name not in ours}
    assert left_out <= {"direct_messages_topic_id", "suggested_post_parameters"}


@pytest.mark.parametrize("method", sorted(table.METHODS))
def test_every_field_has_the_type_of_the_pinned_package(method):
    theirs = parameters(getattr(telegram.Bot, snake(method)))
    for rule in rules_of(table.METHODS[method]).values():
        told = str(theirs[rule.name].annotation)
        if rule.type in _PLAIN:
            assert _PLAIN[rule.type] in told or "TimePeriod" in told, (rule, told)
        assert (theirs[rule.name].default is inspect.Parameter.empty) == rule.is_required, rule


@pytest.mark.parametrize("name", sorted(table.OBJECTS))
def test_every_object_has_the_fields_of_the_pinned_package(name):
    theirs = set(inspect.signature(getattr(telegram, name).__init__).parameters)
    ours = rules_of(table.OBJECTS[name])

    assert set(ours) - {"force_reply", "remove_keyboard"} <= theirs  # always true there


def test_limits_are_those_of_the_pinned_package():
    data = rules_of(table.OBJECTS["InlineKeyboardButton"])["callback_data"]

    assert constants.MessageLimit.MAX_TEXT_LENGTH == table.MAX_TEXT
    assert constants.MessageLimit.CAPTION_LENGTH == table.MAX_CAPTION
    assert data.high == constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    assert {one.value for one in constants.MessageEntityType} >= table.ENTITY_TYPES
    assert rules_of(table.METHODS["answerCallbackQuery"])["text"].high == 200
