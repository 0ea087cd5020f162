import pytest

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import parse_expression, parse_template


def rest_of(error: ExpressionError) -> str:
    """What the error points at."""
    return error.source[error.offset :]


@pytest.mark.parametrize(
    ("text", "points_at"),
    [
        ("Hello {{ nodes.load. }}", " }}"),
        ("a {{ 1 + }} b", " }} b"),
        ("{{ }}", " }}"),
        ("{{}}", "}}"),
        ("x {{ 1", "{{ 1"),
        ("{{ a }} {{ 'open }}", "'open }}"),
        ("{{ 1) + (2 }}", ") + (2 }}"),
        ("{{ (1 }}", "(1 }}"),
        ("{{ a, b }}", ", b }}"),
        ("é {{ 'ü' + input.__class__ }}", "__class__ }}"),
        ("{{ [x := 1] }}", "x := 1] }}"),
        ("{{ nodes }}", "nodes }}"),
        ("{{ nodes[input.x] }}", "nodes[input.x] }}"),
        ("{{ vars.user }}", "vars.user }}"),
        ("key={{ secrets.token }}", "secrets.token }}"),
        ("{{ len(secrets.token) }}", "secrets.token) }}"),
        ("{{ now }}", "now }}"),
        ("{{ default(input.x) }}", "default(input.x) }}"),
        ("{{ \n input.x +\n * }}", "* }}"),
        ("{{ a = 1 }}", "= 1 }}"),
    ],
)
def test_a_mistake_is_found_at_its_very_character(text, points_at):
    with pytest.raises(ExpressionError) as caught:
        parse_template(text)

    assert rest_of(caught.value) == points_at
    assert caught.value.source == text


@pytest.mark.parametrize(
    "text",
    ["{{ '}}' }}", '{{ "}}" }}', "{{ {'a': {'b': 1}} }}", "{{ {'a': {}}}}", "{{ 'it\\'s }}' }}"],
)
def test_closing_braces_in_strings_and_dicts_do_not_end_an_expression(text):
    template = parse_template(text)

    assert template.is_whole


def test_triple_quoted_strings_may_hold_quotes_and_braces():
    template = parse_template("""{{ '''it's }} "here" ''' }}!""")

    assert [slot.expression.source for slot in template.slots] == [""" '''it's }} "here" ''' """]


def test_text_without_braces_is_constant():
    template = parse_template("nothing }} to see { here }")

    assert template.is_constant
    assert template.parts == ("nothing }} to see { here }",)


def test_an_expression_may_span_lines():
    expression = parse_expression("\n  1 +\n  input.x\n")

    assert expression.names == {"input"}


def test_references_say_what_is_read_and_where():
    text = "Dear {{ input.name }}, {{ sum([row.n for row in nodes.load.rows[0].parts]) }}"

    first, second = parse_template(text).references

    assert first.path == ("input", "name")
    assert second.path == ("nodes", "load", "rows", 0, "parts")
    assert text[second.offset :].startswith("nodes.load.rows")
    assert [text[offset] for offset in second.offsets] == ["n", "l", "r", "0", "p"]


def test_references_in_default_are_marked():
    optional, plain = parse_expression("default(nodes.a.x, nodes.b.y)").references

    assert (optional.path, optional.is_optional) == (("nodes", "a", "x"), True)
    assert (plain.path, plain.is_optional) == (("nodes", "b", "y"), False)


def test_negative_and_quoted_keys_are_part_of_a_path():
    expression = parse_expression("""nodes['load'].rows[-1]["first name"]""")

    assert expression.is_path
    assert expression.references[0].path == ("nodes", "load", "rows", -1, "first name")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[item for item in input.items]", {"input"}),
        ("[item.x for row in item for item in row]", {"item"}),
        ("(lambda input: input.x)(trigger)", {"trigger"}),
        ("(lambda x=input: x)()", {"input"}),
        ("{k: inputs.a for k in nodes.n.keys}", {"inputs", "nodes"}),
        ("f'{inputs.a:>{input.width}}'", {"inputs", "input"}),
        ("now() > trigger.at", {"now", "trigger"}),
        ("len(math.pi, datetime.min)", set()),
        ("open('x')", {"open"}),
    ],
)
def test_names_are_the_free_roots_only(text, names):
    assert parse_expression(text).names == names


def test_a_method_is_not_part_of_a_path():
    [reference] = parse_expression("nodes.load.name.upper()").references

    assert reference.path == ("nodes", "load", "name")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000 + "1" + ")" * 100_000,
        "(" * 250 + "1" + ")" * 250,
        "-" * 5_000 + "1",
        "not " * 2_000 + "1",
        "1" + "+1" * 4_000,
        "input" + ".a" * 4_000,
        "[" * 100 + "]" * 100,
        "1" * 9_000,
        "x" * 20_000,
        "\0",
        "\ud800",
        "1 if " * 2_000,
        "await x",
        "(yield)",
        "*input.x",
        "lambda: 1",
        "",
        "   ",
        "import os",
        "x; y",
        "1] + [2",
        "# only a comment",
    ],
)
def test_monstrous_texts_are_ordinary_errors(text):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)

    assert len(str(caught.value)) < 600


def test_the_same_text_is_parsed_once():
    assert parse_expression("input.x + 1") is parse_expression("input.x + 1")
    assert parse_template("{{ input.x }}!") is parse_template("{{ input.x }}!")


def test_a_whole_secret_is_only_named():
    template = parse_template("{{ secrets.api_token }}")

    assert template.secret.startswith("api_")
    assert not template.is_constant
