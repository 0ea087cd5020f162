"""Accounts are linked to users, with proof."""

import pytest

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import User

PHONE = "+4915112345678"


@pytest.fixture
def users(people):
    return people(User(id="anna", phone=PHONE), User(id="boris", phone=PHONE, telegram_id=9))


def test_the_account_that_started_is_linked(talk, users, anna):
    proof = {"phone": PHONE, "is_own": True, "user_id": anna.id}

    done = talk("user.link_telegram", {"user": "anna", "contact": proof}, users=users)

    assert (done.port, done.outputs.is_linked, done.outputs.was_linked) == ("linked", True, False)
    assert users.links == [("anna", anna.id, "never")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_own": False}, "not_own"),
        ({"user_id": 9}, "not_own"),
        ({"phone": "+41"}, "other_phone"),
        ({"phone": ""}, "other_phone"),
    ],
)
def test_a_contact_that_proves_nothing_changes_nothing(talk, users, anna, change, reason):
    proof = {"phone": PHONE, "is_own": True, "user_id": anna.id} | change

    done = talk("user.link_telegram", {"user": "anna", "contact": proof}, users=users)

    assert (done.port, done.outputs.reason, users.links) == ("conflict", reason, [])


def test_another_account_stands_in_the_way(talk, users):
    done = talk("user.link_telegram", {"user": "boris"}, users=users)

    assert (done.port, done.outputs.reason) == ("conflict", "different")


def test_the_same_again_is_told(talk, users):
    done = talk("user.link_telegram", {"user": "boris", "telegram_id": 9}, users=users)

    assert (done.port, done.outputs.was_linked) == ("linked", True)


@pytest.mark.parametrize("contact", [None, {"is_own": True}])
def test_an_unknown_user_is_told(talk, users, contact):
    with pytest.raises(NodeError) as caught:
        talk("user.link_telegram", {"user": "eve", "contact": contact}, users=users)

    assert caught.value.type == "user.unknown"


def test_without_an_account_it_says_so(talk, users):
    with pytest.raises(NodeError):
        talk("user.link_telegram", {"user": "anna"}, users=users, user="")
