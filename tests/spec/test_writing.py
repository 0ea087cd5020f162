"""What is written says what was meant: parts that stand at several places, odd texts, and the last look."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowforge_lab.errors import DocumentError
from flowforge_lab.spec import Document, Retry, Workflow

SHARED = """\
flowforge: 1
nodes:
  start: {kind: trigger.manual, next: [a, b]}
  a:
    kind: action.http_request
    config: &base
      url: https://x/a  # the url
      headers: {A: b}
    # how long to wait
    retry: &patient {attempts: 2, first: 1s}
  # the second
  b:
    kind: action.http_request
    config: *base
    retry: *patient
  c:
    kind: action.http_request
    config:
      <<: *base
      url: https://x/c
"""
CONFIG = {"url": "https://x/a", "headers": {"A": "b"}}
ODD = st.text(
    st.sampled_from(" \t\n\r\x00\x07\x85\xa0\u2028\ufeffab:#-?'\"\\{}[]&*!|>%@,é🎉"), max_size=9
)


def changed(document, id, **fields):
    nodes = document.workflow.nodes
    node = nodes[id].model_copy(update=fields)
    workflow = document.workflow.model_copy(update={"nodes": {**nodes, id: node}})
    return document.with_workflow(workflow)


GAPS = """\
# first
nodes:  # all
  # before the start
  start:
    # what it is
    kind: trigger.manual  # by hand
    next: ask
    # what it says

  # before the second
  ask:
    kind: action.transform
    config:
      # the value
      value: "1"  # one
      # below it
    next:
      # where to
      - done  # there
    # at the end
  done: {kind: flow.end}  # over
  # after all
canvas:
  # places
  start: [0, 0]
  # end
"""


def test_a_workflow_without_nodes_keeps_the_comment_above_them():
    empty = Workflow(id="x", nodes={})
    text = Document.parse(GAPS, stem="x").with_workflow(empty).text

    assert Document.parse(text, stem="x").workflow == empty
    assert text.startswith("# first\nnodes: {}")
    assert "# all" in text
    assert "# before the start" in text


@pytest.mark.parametrize("gone", [{"start"}, {"ask"}, {"done"}, {"start", "ask"}, {"ask", "done"}])
@pytest.mark.parametrize(
    "config", [{}, {"value": "1"}, {"value": "a\nb\n"}, {"value": []}, {"other": "a\n\n"}]
)
def test_comments_in_every_gap_break_no_text(gone, config):
    document = Document.parse(GAPS, stem="x")
    nodes = {id: node for id, node in document.workflow.nodes.items() if id not in gone}
    if "ask" in nodes:
        nodes["ask"] = nodes["ask"].model_copy(update={"config": config, "next": {}})
    changed_to = document.workflow.model_copy(update={"nodes": nodes, "canvas": {}})

    text = document.with_workflow(changed_to).text

    assert Document.parse(text, stem="x").workflow == changed_to


@pytest.mark.parametrize("id", ["a", "b"])
def test_a_change_of_one_node_is_not_one_of_those_that_share_its_rule_by_an_alias(id):
    document = changed(Document.parse(SHARED), id, retry=Retry(attempts=9, first=1.0))

    nodes = Document.parse(document.text).workflow.nodes
    assert nodes == document.workflow.nodes
    assert {nodes["a"].retry.attempts, nodes["b"].retry.attempts} == {2, 9}
    assert document.text.count("# how long to wait") == document.text.count("# the second") == 1


@pytest.mark.parametrize("id", ["a", "b", "c"])
@pytest.mark.parametrize(
    "config",
    [
        {**CONFIG, "url": "https://new"},
        {**CONFIG, "headers": {"A": "new"}},
        {**CONFIG, "headers": {}},
        {"url": "https://x/a"},
        {},
    ],
)
def test_a_config_that_others_merge_or_name_changes_for_its_node_alone(id, config):
    document = changed(Document.parse(SHARED), id, config=config)

    assert Document.parse(document.text).workflow == document.workflow


def test_what_is_shared_stays_shared_where_nothing_changed():
    text = changed(Document.parse(SHARED), "c", config={**CONFIG, "url": "https://new"}).text

    assert text == SHARED.replace("https://x/c", "https://new")


def test_a_node_that_is_gone_leaves_what_others_took_from_it():
    document = Document.parse(SHARED)
    nodes = {id: node for id, node in document.workflow.nodes.items() if id != "a"}
    workflow = document.workflow.model_copy(update={"nodes": nodes})

    assert Document.parse(document.with_workflow(workflow).text).workflow == workflow


def test_a_node_that_a_merge_brings_can_be_renamed():
    text = "x-more: &more {a: {kind: x, label: A}}\nnodes: {<<: *more, b: {kind: y}}"
    document = Document.parse(text)
    nodes = document.workflow.nodes
    workflow = document.workflow.model_copy(update={"nodes": {"z": nodes["a"], "b": nodes["b"]}})

    written = document.with_workflow(workflow, renamed={"a": "z"}).text

    assert Document.parse(written).workflow == workflow


@pytest.mark.slow
@settings(max_examples=40)
@given(ODD)
def test_a_text_of_any_characters_reads_back_as_it_was(text):
    config = {"one": text, "many": [text], "deep": {"er": {text: text}}, text: 1}
    workflow = Workflow().with_node("a", "x", config=config, label=text, notes=text)

    assert Document.parse(Document.of(workflow).text).workflow == workflow


@pytest.mark.slow
@settings(max_examples=40)
@given(ODD)
def test_a_text_of_any_characters_takes_the_place_of_one_in_any_style(text):
    old = (
        "nodes:\n  a:\n    kind: x\n    config:\n      folded: >\n        a\n        b\n\n      # c\n"
        "      block: |-\n        a\n      # d\n      single: 'a'\n      double: \"a\" # e\n      bare: a\n"
    )
    config = dict.fromkeys(("folded", "block", "single", "double", "bare"), text)

    document = changed(Document.parse(old), "a", config=config)

    assert Document.parse(document.text).workflow == document.workflow


def test_a_text_that_says_something_else_than_the_workflow_is_never_written(tmp_path):
    path = tmp_path / "a.flow.yaml"
    path.write_text(SHARED)
    document = changed(Document.read(path), "a", config={"url": "https://new"})

    with pytest.raises(
        DocumentError, match=r"nodes\.a\.config would be another; nothing was written"
    ):
        replace(document, text=SHARED).write()

    assert path.read_text() == SHARED


UNSOUND = """\
flowforge: 1
nodes:
  a: {kind: action.transform, config: {value: '1'}}
  b: 3  # to be filled
  c: {kind: flow.end, timeout: soon, oops: 1}
setings: {timeout: 1h}  # a typo
x-own: 1
"""


def test_what_is_not_understood_stays_in_the_file_when_something_else_is_changed():
    document = changed(Document.parse(UNSOUND), "a", config={"value": "2"})

    assert document.text == UNSOUND.replace("value: '1'", "value: '2'")


@pytest.mark.parametrize("nodes", ["[a, b]", "5", "null"])
def test_nodes_of_a_wrong_shape_give_way_to_the_first_node(nodes):
    document = Document.parse(f"name: N\nnodes: {nodes}\n")
    workflow = document.workflow.with_node("a", "flow.end")

    assert Document.parse(document.with_workflow(workflow).text).workflow == workflow


def test_a_document_of_format_0_is_written_in_the_present_one_once_it_changes():
    text = "flowforge: 0\nname: Old  # kept\nnodes: [{id: a, kind: x}, {id: b, kind: y}]\nedges: [{from: a, to: b}]\n"
    document = changed(Document.parse(text), "b", label="B")

    assert document.text.startswith("flowforge: 1\nname: Old  # kept\n")
    assert Document.parse(document.text).workflow == document.workflow
    assert Document.parse(document.text).problems == ()


WIDE = """\
flowforge: 1
name: Old
description: >-
  This asks whether the month was late, and it says so in a text that goes on for more than a hundred,
  with breaks of its own.
inputs:
  limit: {type: number, default: 10, description: A mean arrival delay above so many minutes is late for all.}
nodes:
  start: {kind: trigger.manual, next: a}
  a: {kind: action.transform, config: {value: "'this is a rather long text that is more than ' + 'a hundred'"}}
"""


def test_long_lines_that_nobody_touched_are_not_wrapped_anew(tmp_path):
    path = tmp_path / "wide.flow.yaml"
    path.write_text(WIDE)
    document = Document.read(path)

    document.with_workflow(document.workflow.model_copy(update={"name": "New"})).write()

    assert path.read_text() == WIDE.replace("name: Old", "name: New")
