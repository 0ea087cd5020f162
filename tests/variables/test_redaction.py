import json
from urllib.parse import quote

import pytest

from flowforge_lab.variables import redact

SECRETS = ["s3cret/with?chars", 'quo"ted\nline', "abcd", "abcdef", "xyz"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer s3cret/with?chars!", "Bearer ***!"),
        (f"https://x/?t={quote(SECRETS[0], safe='')}", "https://x/?t=***"),
        (json.dumps({"p": SECRETS[1]}), '{"p": "***"}'),
        (repr([SECRETS[1]]), "['***']"),
        ("abcdefg abcd", "***g ***"),
        ("xyz is too short to be looked for", "xyz is too short to be looked for"),
        ("", ""),
    ],
)
def test_a_secret_is_taken_out_of_a_text(text, expected):
    assert redact(text, SECRETS) == expected


def test_structures_are_looked_into():
    value = {"abcdef": ["abcd", 1, None, ("abcd",)], "b": {"c": b"\xff abcd"}}

    assert redact(value, SECRETS) == {"***": ["***", 1, None, ("***",)], "b": {"c": b"\xff ***"}}


def test_lines_of_a_key_are_known_one_by_one():
    key = "-----BEGIN KEY-----\nMIIBOgIBAAJBAKj34GkxFhD9\nshort\n"

    assert redact("line: MIIBOgIBAAJBAKj34GkxFhD9, short", [key]) == "line: ***, short"


def test_without_secrets_the_value_itself_comes_back():
    value = {"a": ["b"]}

    assert redact(value, []) is value
    assert redact(value, ["abc"]) is value
