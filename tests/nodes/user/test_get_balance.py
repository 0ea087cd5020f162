"""Balances, exactly."""

from decimal import Decimal

from flowforge_lab.nodes import User


def test_the_balance_and_its_newest_changes(talk, people, anna):
    users = people(User(id="anna", telegram_id=anna.id, balance=Decimal("0.30")))

    done = talk("user.get_balance", users=users)

    assert (done.port, str(done.outputs.balance)) == ("out", "0.30")
    assert (done.outputs.history[0].amount, done.outputs.history[0].reason) == (
        Decimal("0.2"),
        "coffee",
    )


def test_a_user_may_be_named_and_the_history_left_out(talk, people):
    done = talk("user.get_balance", {"user": "anna", "history": 0}, users=people(User(id="anna")))

    assert (done.outputs.id, done.outputs.history) == ("anna", [])


def test_nobody_has_none(talk, people):
    assert talk("user.get_balance", users=people()).port == "not_found"
    assert talk("user.get_balance", users=people(), user="").port == "not_found"
