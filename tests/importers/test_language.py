"""Expressions of n8n, Node-RED and Kestra, in our words where they mean the same, and refused where not."""

import pytest

from flowforge_lab.importers.language import Translator, UnknownError
from flowforge_lab.importers.words import FILTERS, JAVASCRIPT, PEBBLE


def translate(text, *, is_pebble=False):
    def resolve(root, parts):
        if root != "x":
            msg = f"{root!r} is not known here"
            raise UnknownError(msg)
        return "nodes.a.body", 0

    methods = PEBBLE if is_pebble else JAVASCRIPT
    filters = FILTERS if is_pebble else None
    return Translator(text, resolve, methods, filters=filters).whole()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x.a.b", "nodes.a.body.a.b"),
        ("x['a b'][0].items", "nodes.a.body['a b'][0]['items']"),
        ("x.a.toLowerCase().trim()", "nodes.a.body.a.lower().strip()"),
        ("x.tags.length > 3", "(len(nodes.a.body.tags) > 3)"),
        ("x.n * 2 - 1", "((nodes.a.body.n * 2) - 1)"),
        ("x.a === 'b' && !x.c", "((nodes.a.body.a == 'b') and (not nodes.a.body.c))"),
        ("x.a ? 'yes' : \"no\"", "('yes' if nodes.a.body.a else 'no')"),
        ("x?.a ?? 'none'", "default(nodes.a.body.a, 'none')"),
        ("'a' + x.n", "('a' + str(nodes.a.body.n))"),
        ("[1, true, null]", "[1, True, None]"),
        ("x.list.includes('a')", "('a' in nodes.a.body.list)"),
        ("x.__class__", "nodes.a.body['__class__']"),
        ("'it\\'s'", '"it\'s"'),
    ],
)
def test_what_means_the_same_is_said(text, said):
    assert translate(text).text == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x.a | upper", "nodes.a.body.a.upper()"),
        ("x.a | default('b') | length", "len(default(nodes.a.body.a, 'b'))"),
        ("x.a ~ '-' ~ x.b", "((str(nodes.a.body.a) + '-') + str(nodes.a.body.b))"),
        ("x.a == 1 and not x.b or x.c", "(((nodes.a.body.a == 1) and (not nodes.a.body.b)) or nodes.a.body.c)"),
    ],
)  # fmt: skip
def test_pebble_too(text, said):
    assert translate(text, is_pebble=True).text == said


@pytest.mark.parametrize(
    "text",
    [
        "", "x.", "x.a.map(i => i.b)", "`a ${x}`", "new Date()", "x[y]", "x.a = 1", "y.a", "(x", "x)",
        "x.replaceAll('a')", "((((((((" * 20, "x" * 5000, "x.f()", "{a: 1}", "x ? 1", "!" * 3000, "-" * 3000 + "1", "1..2", "x;y", "\x00", "'a",
    ],
)  # fmt: skip
def test_what_does_not_is_refused(text):
    with pytest.raises(UnknownError):
        translate(text)


def test_doubts_are_told():
    assert translate("x.a || 'b'").doubts
    assert translate("x.a + x.b").doubts
    assert not translate("x.a === 'b'").doubts
