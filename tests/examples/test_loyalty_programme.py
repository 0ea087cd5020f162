"""The loyalty programme: whole conversations against a Telegram on this machine."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from flowforge_lab.cli import main
from flowforge_lab.testing import TelegramServer
from tests.lab.telegram import bot_lab, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "loyalty-programme"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture
def server():
    with TelegramServer() as server:
        server.add_bot(username="shop_bot")
        server.without_limits()
        yield server


@pytest.fixture
def anna(server):
    return server.person("Anna", username="anna", phone="4915112345678")


@pytest.fixture
def lab(tmp_path, server, capsys):
    """A copy of the example, its customers imported as the README says, and its workflow active."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "loyalty"))
    with bot_lab(folder, server) as lab:
        with pytest.raises(SystemExit) as left:
            main(["users", "import", str(folder / "customers.csv"), "--lab", str(folder)])
        assert left.value.code == 0
        lab.activate(folder / "loyalty.flow.yaml")
        with serving(lab):
            yield lab


def test_a_customer_is_found_by_the_number_and_told_the_points(lab, anna):
    lab.users.credit("anna", "5.25", reason="coffee & cake")
    anna.writes("/balance")
    asked = anna.sees("Share your phone number")
    anna.shares_contact()
    anna.sees("Thank you")

    told = anna.sees("points")

    assert asked["text"].startswith("Hello Anna!")
    assert asked["reply_markup"]["keyboard"][0][0]["request_contact"] is True
    assert told["text"] == "Anna Schmidt, you have 125.25 points.\n5.25  coffee & cake"
    assert lab.users.get("anna").telegram_id == anna.id


def test_who_was_linked_before_is_told_at_once(lab, anna):
    lab.users.link("boris", anna.id)

    anna.writes("/balance")

    assert anna.sees()["text"] == "Boris Petrow, you have 35.50 points."


def test_a_name_with_markup_in_it_is_shown_as_it_is(lab, anna):
    lab.users.link("chloe", anna.id)

    anna.writes("/balance")

    assert anna.sees()["text"] == "Chloé <Martin>, you have 0 points."


def test_the_contact_of_somebody_else_is_turned_away(lab, server, anna):
    thief = server.person("Mallory", phone="+41000000000")
    thief.writes("/balance")
    thief.sees("Share your phone number")
    thief.shares_contact(of=anna)
    thief.sees("share your own contact")
    thief.shares_contact()

    told = thief.sees("We do not know")

    assert "+41000000000" in told["text"]
    assert lab.users.get("anna").telegram_id is None


def test_a_number_that_nobody_has_is_told(lab, server):
    stranger = server.person("Eve", phone="+4930999999")
    stranger.writes("/balance")
    stranger.sees("Share your phone number")
    stranger.shares_contact()

    assert "+4930999999" in stranger.sees("We do not know")["text"]


def test_a_word_ends_the_question(lab, anna):
    anna.writes("/balance")
    anna.sees("Share your phone number")
    anna.writes("/cancel")

    anna.sees("Never mind")


def test_after_the_time_nobody_is_waited_for(lab, tmp_path, anna):
    path = tmp_path / "loyalty" / "loyalty.flow.yaml"
    path.write_text(path.read_text().replace("timeout: 10m", "timeout: 1s"))
    lab.activate(path)

    anna.writes("/balance")
    anna.sees("Share your phone number")
    anna.sees("Never mind")

    [head] = lab.heads()
    assert lab.wait(head.id).status == "succeeded"
    assert lab.waits.list() == []
    assert lab.users.get("anna").balance == Decimal(120)
