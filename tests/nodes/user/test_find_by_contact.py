"""Users by phone and e-mail."""

import pytest
from pydantic import ValidationError

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import User

ANNA = User(id="anna", name="Anna", phone="+4915112345678", email="anna@example.org")


@pytest.mark.parametrize("phone", ["+49 151 12345678", "0049-151-12345678", "+4915112345678"])
def test_a_number_is_found_in_any_spelling(talk, people, phone):
    done = talk("user.find_by_contact", {"phone": phone}, users=people(ANNA))

    assert (done.port, done.outputs.id, done.outputs.name) == ("found", "anna", "Anna")


def test_a_number_without_country_is_of_the_region(talk, people):
    done = talk(
        "user.find_by_contact", {"phone": "(0151) 12345678", "region": "de"}, users=people(ANNA)
    )

    assert done.port == "found"


def test_with_both_given_both_must_fit(talk, people):
    both = {"phone": "+4915112345678", "email": "boris@example.org"}

    assert talk("user.find_by_contact", both, users=people(ANNA)).port == "not_found"


@pytest.mark.parametrize(
    "config", [{"phone": "twelve"}, {"phone": "0151 12345678"}, {"phone": ""}, {"email": " "}]
)
def test_what_can_be_no_contact_is_told(talk, people, config):
    with pytest.raises(NodeError) as caught:
        talk("user.find_by_contact", config, users=people(ANNA))

    assert caught.value.type == "user.contact"


def test_it_asks_for_something(talk):
    with pytest.raises(ValidationError, match="phone, an email"):
        talk("user.find_by_contact", {})
