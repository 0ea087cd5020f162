"""Phone numbers and e-mail addresses in one form each."""

import subprocess
import sys

import pytest

from flowforge_lab.values import parse_email, parse_phone


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+49 151 12345678", "", "+4915112345678"),
        ("0049 (151) 1234-5678", "", "+4915112345678"),
        ("0151/12345678", "DE", "+4915112345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("(415) 555-2671", "us", "+14155552671"),
        ("+4915112345678", "US", "+4915112345678"),
    ],
)
def test_a_number_is_read_in_any_spelling(text, region, number):
    assert parse_phone(text, region=region) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("", ""),
        ("0151 12345678", ""),
        ("+49", ""),
        ("phone", "DE"),
        ("+" + "9" * 40, ""),
        ("1", "DE"),
    ],
)
def test_what_is_no_number_is_refused(text, region):
    with pytest.raises(ValueError, match="expected a telephone number"):
        parse_phone(text, region=region)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a b@c.de", "a@b@c.de", "@c.de", "a@.de", "a@" + "b" * 300 + ".de"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="e-mail"):
        parse_email(text)


def test_an_address_is_read_in_small_letters():
    assert parse_email(" Anna.S+x@Example.ORG ") == "anna.s+x@example.org"


@pytest.mark.slow
def test_without_the_package_international_numbers_are_read_and_others_say_what_is_missing():
    code = """
import sys
sys.modules["phonenumbers"] = None
from flowforge_lab.values import parse_phone
print(parse_phone("00 49 (151) 1234-5678"))
try:
    parse_phone("0151 12345678", region="DE")
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("+4915112345678\n")
    assert "flowforge-lab[users]" in done.stdout
