"""The users of a lab: contact in any spelling, accounts, balances; in Python and on the command line."""

import json
import threading
from decimal import Decimal

import pytest

from flowforge_lab.cli import main
from flowforge_lab.errors import ConflictError, NotFoundError


@pytest.fixture
def anna(lab):
    return lab.users.add(
        id="anna", name="Anna", phone="+49 (0)151/1234-5678", email=" Anna@Example.ORG "
    )


def told(capsys, lab, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["users", *arguments, "--lab", str(lab.root)])
    return left.value.code, capsys.readouterr().out


@pytest.mark.slow
def test_contact_is_kept_in_one_form(anna):
    assert (anna.phone, anna.email) == ("+4915112345678", "anna@example.org")
    assert anna.created_at is not None


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": "0049 151 12345678"},
        {"phone": "0151 12345678", "region": "DE"},
        {"email": "ANNA@example.org"},
        {"id": "anna", "email": "anna@example.org"},
    ],
)
def test_whoever_is_asked_for_is_found(lab, anna, asked):
    assert lab.users.find(**asked).id == "anna"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"id": "eve"},
        {"telegram_id": 1},
        {"id": "anna", "email": "b@c.de"},
        {"phone": "+4930555"},
    ],
)
def test_whoever_is_not_there_is_not_found(lab, anna, asked):
    assert lab.users.find(**asked) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"phone": "12"},
        {"email": "x"},
        {"telegram_id": "5"},
        {"telegram_id": -1},
        {"balance": "much"},
        {"balance": "1e99"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_is_refused(lab, facts):
    with pytest.raises(ValueError, match=r"expected|has no"):
        lab.users.add(**facts)

    assert lab.users.list() == []


@pytest.mark.parametrize(
    ("facts", "same"),
    [
        ({"id": "anna"}, "'anna' already"),
        ({"phone": "004915112345678"}, "same phone"),
        ({"email": "anna@example.org"}, "same email"),
    ],
)
def test_no_two_users_share_what_tells_them_apart(lab, anna, facts, same):
    with pytest.raises(ConflictError, match=same):
        lab.users.add(**facts)


def test_a_user_is_changed_and_removed(lab, anna):
    changed = lab.users.change("anna", name="Ann", phone="", data={"level": "gold"})
    lab.users.credit("anna", 5)
    lab.users.remove("anna")

    assert (changed.name, changed.phone, changed.email) == ("Ann", "", "anna@example.org")
    assert changed.data == {"level": "gold"}
    assert lab.users.list() == [] == lab.users.history("anna")
    with pytest.raises(NotFoundError):
        lab.users.remove("anna")


def test_an_account_has_one_user_and_a_user_one_account(lab, anna):
    lab.users.add(id="boris")
    first = lab.users.link("anna", 501, telegram_name="ann")
    again = lab.users.link("anna", 501)
    taken = lab.users.link("boris", 501)
    different = lab.users.link("anna", 502)

    assert [one.status for one in (first, again, taken, different)] == [
        "linked",
        "already",
        "taken",
        "different",
    ]
    assert taken.other.id == "anna"
    assert lab.users.find(telegram_id=501).telegram_name == "ann"


@pytest.mark.parametrize(
    ("relink", "user", "account", "status"),
    [
        ("user", "anna", 502, "linked"),
        ("user", "boris", 501, "taken"),
        ("account", "boris", 501, "linked"),
    ],
)
def test_what_may_give_way_does(lab, anna, relink, user, account, status):
    lab.users.add(id="boris")
    lab.users.link("anna", 501)

    assert lab.users.link(user, account, relink=relink).status == status
    assert lab.users.find(telegram_id=account) is not None


def test_an_account_is_taken_away(lab, anna):
    lab.users.link("anna", 501)

    assert (lab.users.unlink("anna"), lab.users.unlink("anna")) == (True, False)
    with pytest.raises(NotFoundError):
        lab.users.link("eve", 501)


def test_sums_are_exact_and_the_history_tells_them(lab, anna):
    for amount in ("0.1", "0.2", -1, Decimal("999999999999.99")):
        lab.users.credit("anna", amount, reason=str(amount))

    newest, *_ = lab.users.history("anna")
    assert lab.users.get("anna").balance == Decimal("999999999999.29")
    assert (newest.reason, newest.balance) == ("999999999999.99", Decimal("999999999999.29"))
    assert len(lab.users.history("anna", limit=2)) == 2


def test_the_same_key_credits_once(lab, anna):
    made = [lab.users.credit("anna", 5, key="order-17") for _ in range(3)]

    assert lab.users.get("anna").balance == 5
    assert len({one.at for one in made}) == 1


def test_credits_at_once_lose_nothing(lab, anna):
    threads = [
        threading.Thread(target=lambda: [lab.users.credit("anna", "0.1") for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert lab.users.get("anna").balance == Decimal("4.0")
    assert len(lab.users.history("anna", limit=100)) == 40


@pytest.mark.parametrize("amount", ["", "ten", "nan", "inf", None, "1e20", "0.00000000001"])
def test_what_is_no_amount_is_refused(lab, anna, amount):
    with pytest.raises(ValueError, match="expected an amount"):
        lab.users.credit("anna", amount)


@pytest.mark.slow
def test_users_are_a_frame_and_listed_by_pages(lab):
    for number in range(5):
        lab.users.add(id=f"u{number}", name=f"Name {number}")

    frame = lab.users()
    assert list(frame["id"]) == ["u0", "u1", "u2", "u3", "u4"]
    assert [one.id for one in lab.users.list(after="u1", limit=2)] == ["u2", "u3"]
    assert [one.id for one in lab.users.list("NAME 3")] == ["u3"]


def test_the_command_line_does_all_of_it(lab, capsys, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("id,name,phone\nanna,Anna,+49 151 12345678\nbad,Bad,x\n")
    code, imported = told(capsys, lab, "import", str(file), "--json")
    told(capsys, lab, "set", "anna", "--email", "a@b.de", "--data", '{"level": 2}')
    told(capsys, lab, "credit", "anna", "12.50", "--reason", "bonus")
    told(capsys, lab, "link", "anna", "501")
    _, shown = told(capsys, lab, "show", "anna", "--json")

    user = json.loads(shown)
    assert (code, json.loads(imported)["added"], json.loads(imported)["faults"][0]["line"]) == (
        0,
        1,
        3,
    )
    assert (user["email"], user["balance"], user["telegram_id"], user["data"]) == (
        "a@b.de",
        "12.50",
        501,
        {"level": 2},
    )
    assert user["history"][0]["reason"] == "bonus"


@pytest.mark.slow
def test_the_command_line_tells_what_is_wrong(lab, capsys):
    told(capsys, lab, "add", "anna", "--phone", "+49 151 12345678")
    told(capsys, lab, "add", "boris")
    told(capsys, lab, "link", "anna", "501")

    assert told(capsys, lab, "link", "boris", "501")[0] != 0
    assert told(capsys, lab, "link", "anna", "502")[0] != 0
    assert told(capsys, lab, "credit", "anna", "much")[0] == 2
    assert told(capsys, lab, "set", "anna", "--data", "[]")[0] == 2
    assert told(capsys, lab, "unlink", "anna")[0] == 0
    assert told(capsys, lab, "remove", "anna")[0] == 0
    assert "boris" in told(capsys, lab)[1]
