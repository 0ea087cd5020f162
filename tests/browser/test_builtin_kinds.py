"""The kinds that the product brings: found in the palette, and their settings told in words."""

import pytest
from playwright.sync_api import expect

from flowforge_lab.nodes import builtin_types

KINDS = """\
flowforge: 1
nodes:
  start: {kind: trigger.command, config: {command: order}, next: ask}
  ask: {kind: flow.wait_reply, config: {text: "Which number?", pattern: "(?=[0-9])x"}, next: {received: query}}
  query: {kind: action.database_query, config: {connection: shop, table: orders}, next: shape}
  shape: {kind: action.transform, config: {steps: [{op: limit, count: 3}]}, next: fetch}
  fetch: {kind: action.http_request, config: {url: "https://example.org/{{ input.id }}"}, next: tell}
  tell: {kind: message.text, config: {text: "Here it is"}}
canvas: {start: [0, 0], ask: [280, 0], query: [560, 0], shape: [840, 0], fetch: [1120, 0], tell: [1400, 0]}
"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_kind_is_in_the_palette_with_a_title_that_is_not_cut(served, shot, theme):
    editor = served(KINDS, theme=theme)
    shot(f"palette-{theme}")

    for one in builtin_types():
        found = editor.palette(one.kind)
        expect(found).to_contain_text(one.title)
        assert found.evaluate(
            "box => [box, ...box.querySelectorAll('*')].every(e => e.scrollWidth <= e.clientWidth + 1)"
        ), one.kind


def test_what_has_no_field_of_its_own_is_told_above_the_form(served, shot):
    editor = served(KINDS)
    editor.open("query")
    shot("panel-query")

    told = editor.root.locator(".ff-callout")
    expect(told).to_contain_text("unknown field")
    assert editor.field("config.steps").get_by_text("The statements, from the first").count() == 1


def test_a_pattern_that_is_not_possible_is_told_beside_its_field(served, shot):
    editor = served(KINDS)
    editor.open("ask")
    editor.field("config.pattern").scroll_into_view_if_needed()
    shot("panel-ask")

    expect(editor.field("config.pattern")).to_contain_text("looks ahead or back")


@pytest.mark.parametrize("id", ["shape", "fetch", "tell"])
def test_titles_in_the_panel_are_words(served, shot, id):
    editor = served(KINDS, theme="light" if id == "tell" else "dark")
    editor.open(id)
    shot(f"panel-{id}")

    titles = editor.root.locator(".ff-inspector .ff-field-title").all_inner_texts()
    assert len(titles) > 5
    assert [one for one in titles if "_" in one] == []
