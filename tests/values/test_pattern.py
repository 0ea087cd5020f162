"""Regular expressions of authors for texts of strangers: what they know, what is refused, how long it takes."""

import re
import time

import pytest

from flowforge_lab.values import compile_pattern

EVIL = "a" * 5_000 + "!"


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", r"(\w+\s?)*$", "(.*)*x", "(?i)(A+)+$"]
)
def test_a_pattern_that_would_take_forever_elsewhere_takes_a_moment(pattern):
    compiled = compile_pattern(pattern)
    before = time.perf_counter()
    found = compiled.find_whole(EVIL + "\n")

    assert found is None
    assert time.perf_counter() - before < 0.5


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        (r"(?P<name>\w+) (?P<age>\d+)(?P<x>y)?", "Ångström 12", {"name": "Ångström", "age": "12", "x": None}),
        (r"[\w-]+", "да-нет", {}),
        (r"[^\s,]+", "да", {}),
        (r"[\s\S]*", "a\nя", {}),
        (r"a{,2}\Z", "aa", {}),
        (r"\u0434\U0000044f", "дя", {}),
        (r"\p{Cyrillic}+", "да", {}),
        (r"[]a[b\]]+", "]a[b]", {}),
        (r"[[:alpha:]]+", "ab", {}),
        (r"\bno\b", "no", {}),
        ("", "", {}),
        (".", "\ud83d", {}),
        (".", "\x00", {}),
    ],
)  # fmt: skip
def test_the_words_of_python_are_known(pattern, text, groups):
    assert compile_pattern(pattern).find_whole(text) == groups


@pytest.mark.parametrize("word", [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"[\S\d]", r"[^\s]"])
def test_a_class_of_characters_is_that_of_python(word):
    known = [chr(code) for code in (*range(0x2100), 0x3000, 0x4E00, 0xFF10, 0x1F600)]
    ours, pythons = compile_pattern(word), re.compile(word)

    assert [
        c for c in known if (ours.find_whole(c) is None) != (pythons.fullmatch(c) is None)
    ] == []


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(a", "not a regular expression: missing )"),
        ("[a", "not a regular expression: missing ]"),
        ("\\", "not a regular expression"),
        ("\ud800", "half a character"),
        ("(?=a)b", "looks ahead or back, as with '(?='"),
        ("(?<!a)b", "looks ahead or back, as with '(?<!'"),
        (r"(a)\1", "refers back to a group"),
        (r"(?P<a>x)(?P=a)", "refers back to a group"),
        ("a++b", "possessive"),
        ("(?x) a b", "comments"),
        (r"\bfür\b", "the letters a to z only"),
        (r"\b\w+", "the letters a to z only"),
        (r"[^\W\d]", r"\P{L}"),
        (r"\C", r"\C is not known"),
        ("[:alpha:]", "another pair of brackets"),
        ("a{1001}", "too large"),
        ("(a?){1000}", "too large"),
        ("((a{30}){30}){30}", "too large"),
        ("a" * 1_001, "at most 1,000 characters"),
        ("(" * 1_000, "not a regular expression"),
    ],
)
def test_what_is_not_possible_is_told_in_plain_words(pattern, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        compile_pattern(pattern)


def test_a_text_too_long_for_a_large_pattern_is_told():
    compiled = compile_pattern("(a?){200}b")

    with pytest.raises(ValueError, match="100,000 characters are too many"):
        compiled.find("a" * 100_000)


def test_case_is_that_of_all_scripts():
    assert compile_pattern("straße да", ignores_case=True).find("STRASSE ДА") is None
    assert compile_pattern("да", ignores_case=True).find("ну ДА!") == {}
    assert compile_pattern("да").find("ДА") is None
