"""What is told of two workflows that are not the same."""

import subprocess
import sys

import pytest

from flowforge_lab.spec import Document, compare, digest

BASE = """\
id: report
inputs: {month: {type: integer, default: 1}}
settings: {timeout: 1h}
nodes:
  start: {kind: trigger.manual, next: load}
  load: {kind: sql.query, config: {sql: SELECT 1 AS one, parameters: {a: 1, b: [1, 2]}}, next: tell}
  tell: {kind: action.transform, config: {value: nodes.load.row_count + 1}, next: done}
  done: {kind: flow.end, config: {result: "{{ nodes.tell.value }}"}}
canvas: {start: [0, 0]}
"""


def workflow(text):
    document = Document.parse(text)
    assert document.problems == ()
    return document.workflow


def changes(*replaced, text=BASE):
    new = BASE
    for old, put in replaced:
        assert old in new
        new = new.replace(old, put)
    return compare(workflow(BASE), workflow(new))


def test_canvas_notes_comments_and_order_are_no_difference():
    lines = BASE.splitlines()
    mixed = "\n".join(
        ["# a comment", *lines[:4], lines[7], lines[6] + " # here", lines[5], lines[4]]
    ).replace("kind: trigger.manual", "notes: hello, kind: trigger.manual")

    found = compare(workflow(BASE), workflow(mixed + "\ncanvas: {start: [9, 9], load: [1, 1]}"))

    assert not found
    assert str(found) == "no difference"


def test_the_order_of_targets_is_no_difference():
    assert not compare(
        workflow(BASE.replace("next: load", "next: [load, done]")),
        workflow(BASE.replace("next: load", "next: [done, load]")),
    )


def test_a_changed_field_is_told_with_its_path_and_both_values():
    [change] = changes(("b: [1, 2]", "b: [1, 5]")).changes

    assert (change.what, change.how, change.name) == ("node", "changed", "load")
    assert (change.path, change.old, change.new) == ("config.parameters.b.1", 2, 5)


def test_true_is_not_one_and_a_number_is_not_its_text():
    assert changes(("a: 1", "a: true")).changes[0].new is True
    assert changes(("a: 1", "a: '1'")).changes[0].new == "1"


def test_what_is_added_or_set_to_null_is_told():
    found = changes(("{a: 1,", "{a: 1, c: null,"), ("result: ", "status: failed, result: "))

    assert [change.path for change in found.changes] == ["config.parameters.c", "config.status"]


def test_a_list_of_another_length_is_told_as_a_whole():
    [change] = changes(("b: [1, 2]", "b: [1, 2, 3]")).changes

    assert (change.path, change.old, change.new) == ("config.parameters.b", [1, 2], [1, 2, 3])


def test_inputs_and_settings_are_told_field_by_field():
    found = changes(
        ("default: 1}", "default: 2}, city: {type: string}"), ("timeout: 1h", "timeout: 2h")
    )

    assert [str(change) for change in found.changes] == [
        "~ input month default: 1 → 2",
        "+ input city",
        '~ setting timeout: "1h" → "2h"',
    ]


def test_a_setting_at_its_default_shows_the_default():
    [change] = changes(("timeout: 1h", "timeout: 1h, durability: execution")).changes

    assert (change.path, change.old, change.new) == ("durability", "step", "execution")


def test_a_renamed_node_is_one_change_with_all_that_follows_it():
    found = changes(
        ("load: {kind", "fetch: {kind"),
        ("next: load", "next: fetch"),
        ("nodes.load", "nodes.fetch"),
    )

    assert [str(change) for change in found.changes] == ["→ node load is now fetch"]


def test_two_nodes_renamed_at_once_that_name_one_another_are_found():
    found = changes(
        ("load: {kind", "fetch: {kind"),
        ("next: load", "next: fetch"),
        ("nodes.load", "nodes.fetch"),
        ("tell: {kind", "say: {kind"),
        ("next: tell", "next: say"),
        ("nodes.tell", "nodes.say"),
    )

    assert {change.name: change.new for change in found.changes} == {
        "load": "fetch",
        "tell": "say",
    }


def test_of_several_equal_nodes_the_one_with_the_same_neighbours_is_the_renamed():
    text = "nodes:\n  s: {kind: trigger.manual, next: [a, b]}\n  a: {kind: flow.end}\n  b: {kind: action.transform, config: {value: 1}, next: c}\n  c: {kind: flow.end}\n"
    new = text.replace("[a, b]", "[x, b]").replace("  a:", "  x:").replace("  c:", "  y:")
    new = new.replace("next: c", "next: y")

    found = compare(workflow(text), workflow(new))

    assert {change.name: change.new for change in found.changes} == {"a": "x", "c": "y"}


def test_a_node_with_another_id_and_another_content_is_removed_and_added():
    found = changes(
        ("tell: {kind", "say: {kind"), ("next: tell", "next: say"), ("row_count + 1", "row_count")
    )

    assert [change.name for change in found.of("node", "removed")] == ["tell"]
    assert found.of("node", "added")[0].new["kind"] == "action.transform"
    assert {change.name for change in found.of("edge")} == {
        "load.out -> tell",
        "tell.out -> done",
        "load.out -> say",
        "say.out -> done",
    }


def test_a_text_that_only_looks_like_a_name_is_not_taken_for_a_change():
    sql = ("SELECT 1 AS one", "SELECT nodes.tell AS one")
    old = workflow(BASE.replace(*sql))
    text = (
        BASE.replace(*sql).replace("tell: {kind", "say: {kind").replace("next: tell", "next: say")
    )

    found = compare(old, workflow(text.replace("{{ nodes.tell", "{{ nodes.say")))

    assert [str(change) for change in found.changes] == ["→ node tell is now say"]


def test_a_way_on_error_and_its_loss_are_edges():
    found = changes(("next: tell}", "next: tell, on_error: done}"))

    assert [str(change) for change in found.changes] == ["+ edge load.error -> done"]


def test_a_fallback_value_that_is_null_differs_from_none():
    found = changes(("next: tell}", "next: tell, continue_with: null}"))

    assert [change.path for change in found.changes] == ["continue_with"]


def test_changes_make_a_frame():
    frame = changes(("a: 1", "a: 3")).to_pandas()

    assert list(frame.columns) == ["what", "how", "name", "path", "old", "new"]
    assert frame.iloc[0].to_dict()["new"] == 3


@pytest.mark.parametrize("put", ["a: 2", "a: null", "c: 1"])
def test_whenever_something_is_told_the_versions_differ(put):
    new = workflow(BASE.replace("a: 1", put))

    assert compare(workflow(BASE), new)
    assert digest(new) != digest(workflow(BASE))


@pytest.mark.slow
def test_comparing_loads_no_pandas():
    code = "import sys, flowforge_lab.spec; sys.exit('pandas' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
