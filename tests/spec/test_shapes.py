"""What is no mapping where one is expected is told in words of the product, never in classes of YAML."""

import pytest

from flowforge_lab.errors import DocumentError
from flowforge_lab.spec import Document


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n- b", "a list"),
        ("[]", "a list"),
        ('"hello"', "text"),
        ("hello", "text"),
        ("|\n  hello", "text"),
        ("0x10", "a number"),
        ("1.5", "a number"),
        ("true", "true or false"),
        ("&a true", "true or false"),
        ("2026-01-31", "a date"),
        ("!!set {a}", "something else"),
        ("", "nothing"),
    ],
)
def test_a_file_that_is_no_mapping(text, found):
    with pytest.raises(DocumentError, match=f"'flowforge' and 'nodes', found {found}$"):
        Document.parse(text)


def test_a_part_that_is_no_mapping():
    parts = Document.parse("nodes: [a]\ncanvas: 'x'").problems
    nodes = Document.parse("nodes: {a: [], b: 'x', c: 5}").problems

    found = [one.message.partition("found ")[2] for one in (*parts, *nodes)]
    assert found == ["a list", "text", "a list", "text", "a number"]


def test_nodes_by_name_are_not_taken_for_those_of_format_0():
    text = "flowforge: 0\nnodes: {a: {kind: trigger.manual}}"

    with pytest.raises(
        DocumentError, match="nodes in a list, found a mapping; write 'flowforge: 1'"
    ):
        Document.parse(text)


@pytest.mark.parametrize(
    ("name", "line"),
    [("with space", "id: with_space"), ("zähler", "id: zahler"), ("报告", "id: workflow")],
)
def test_a_file_whose_name_is_no_id_is_told_the_line_that_mends_it(tmp_path, name, line):
    path = tmp_path / f"{name}.flow.yaml"
    path.write_text("nodes: {}")
    [problem] = Document.read(path).problems
    path.write_text(f"{line}\nnodes: {{}}")

    assert (problem.field, repr(name) in problem.message, line in problem.hint) == (
        "id",
        True,
        True,
    )
    assert Document.read(path).problems == ()
