"""Telephone numbers and e-mail addresses in one form each, however people write them."""

import re
from contextlib import suppress

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+")
_PLAIN = re.compile(r"\+[1-9][0-9]{6,14}")
_FILLING = re.compile(r"[\s()./\-\u00a0\u2010-\u2015]+")


def parse_phone(text: str, *, region: str = "") -> str:
    """Return a telephone number in international form, such as +4915112345678.

    Without a leading `+` or `00` it is one of `region`, a country such as `DE`.

    Raises:
        ValueError: it cannot be a telephone number.
    """
    written = text.strip()
    plain = _FILLING.sub("", written)
    if plain.startswith("00"):
        written = plain = "+" + plain[2:]
    with suppress(ImportError):
        return _parsed(written, region.upper())
    if _PLAIN.fullmatch(plain):
        return plain
    msg = (
        f"expected a telephone number such as '+49 151 12345678', found {text!r:.60}; "
        "other spellings need phonenumbers: pip install flowforge-lab[users]"
    )
    raise ValueError(msg)


def _parsed(text: str, region: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_expected(text, region)) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(_expected(text, region))
    form = phonenumbers.PhoneNumberFormat.E164
    return str(phonenumbers.format_number(number, form))


def _expected(text: str, region: str) -> str:
    where = f" of {region}, or one with its country" if region else " with its country"
    return f"expected a telephone number{where}, such as '+49 151 12345678', found {text!r:.60}"


def parse_email(text: str) -> str:
    """Return an e-mail address in lower case, without white space around it.

    Raises:
        ValueError: it cannot be an e-mail address.
    """
    plain = text.strip().lower()
    if len(plain) > 254 or not _EMAIL.fullmatch(plain):  # noqa: PLR2004  # the longest there can be
        msg = f"expected an e-mail address such as 'anna@example.org', found {text!r:.60}"
        raise ValueError(msg)
    return plain
