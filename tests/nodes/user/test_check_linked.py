"""Whose Telegram account it is."""

import pytest

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import User


def test_who_started_is_looked_for(talk, people, anna):
    users = people(User(id="anna", telegram_id=anna.id))

    done = talk("user.check_linked", users=users)

    assert (done.port, done.outputs.is_linked, done.outputs.id) == ("linked", True, "anna")


def test_an_account_of_nobody_is_told(talk, people):
    done = talk("user.check_linked", {"telegram_id": 7}, users=people())

    assert (done.port, done.outputs.is_linked) == ("not_linked", False)


def test_without_an_account_it_says_so(talk):
    with pytest.raises(NodeError) as caught:
        talk("user.check_linked", user="somebody")

    assert caught.value.type == "user.no_account"
