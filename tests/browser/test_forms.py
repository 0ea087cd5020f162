"""The property panel: a form for every kind of field, problems beside them, ids and settings."""

import re

from playwright.sync_api import expect

ALL = """\
flowforge: 1
inputs: {month: {type: integer, default: 7}}
nodes:
  start: {kind: trigger.button, next: load}
  load: {kind: sql.ask, config: {sql: select 1}, next: all}
  all: {kind: action.everything, config: {title: Report}}
canvas: {start: [0, 0], load: [280, 0], all: [560, 0]}
"""
WAYS = """\
flowforge: 1
nodes:
  start: {kind: trigger.button, next: ways}
  ways: {kind: logic.ways, config: {cases: [{name: big, when: "1 > 2"}]}, next: {big: end}}
  end: {kind: action.everything, config: {title: "{{ nodes.ways.text }}"}}
canvas: {start: [0, 0], ways: [280, 0], end: [560, 0]}
"""


def config_of(editor, id="all"):
    return editor.saved()["nodes"][id].get("config", {})


def test_simple_fields_give_their_values(served, shot):
    editor = served(ALL)
    editor.open("all")

    editor.field("config.method").get_by_role("radio", name="POST").click()
    editor.field("config.colour").locator("select").select_option(label="green")
    editor.field("config.count").locator("input").fill("5")
    editor.field("config.is_loud").get_by_role("switch").click()
    editor.field("config.wait").get_by_role("button", name="10m", exact=True).click()
    shot("form-dark")

    assert config_of(editor) == {
        "title": "Report", "method": "POST", "colour": "green", "count": 5, "is_loud": True, "wait": "10m",
    }  # fmt: skip


def test_nested_fields_lists_and_maps_give_their_values(served, shot):
    editor = served(ALL)
    editor.open("all")

    editor.write("config.login.user", "ada")
    editor.field("config.login.password").locator("select").select_option("api_token")
    editor.field("config.headers").get_by_role("button", name="Add header").click()
    editor.field("config.headers").get_by_label("Headers: name").fill("accept")
    editor.press("Enter")
    editor.write("config.headers.accept", "text/csv")
    editor.field("config.tags").get_by_role("button", name="Add tag").click()
    editor.write("config.tags.0", "first")
    editor.field("config.tags").get_by_role("button", name="Add tag").click()
    editor.write("config.tags.1", "second")
    editor.field("config.tags").get_by_role("button", name="Move Tag 2 up").click()
    shot("form-nested-dark")

    config = config_of(editor)
    assert config["login"] == {"user": "ada", "password": "{{ secrets.api_token }}"}
    assert config["headers"] == {"accept": "text/csv"}
    assert config["tags"] == ["second", "first"]


def test_a_list_of_objects_a_union_and_any_value_give_their_values(served, shot):
    editor = served(ALL)
    editor.open("all")

    editor.field("config.steps").get_by_role("button", name="Add step").click()
    editor.write("config.steps.0.name", "one")
    editor.write("config.steps.0.when", "1 < 2")
    editor.field("config.shape").locator("select").first.select_option(label="Circle")
    editor.field("config.shape.radius").locator("input").fill("2.5")
    editor.field("config.extra").locator("select").select_option("Number")
    editor.field("config.extra").locator("input").fill("42")
    editor.write("config.code", "return 1")
    shot("form-objects-dark")

    config = config_of(editor)
    assert config["steps"] == [{"name": "one", "when": "1 < 2"}]
    assert config["shape"] == {"shape": "circle", "radius": 2.5}
    assert config["extra"] == 42
    assert config["code"] == "return 1"


def test_a_number_may_be_an_expression_and_a_reset_brings_the_default_back(served):
    editor = served(ALL)
    editor.open("all")

    editor.field("config.count").get_by_role("button", name="fx").click()
    editor.write("config.count", "{{ inputs.month ")
    assert config_of(editor)["count"] == "{{ inputs.month }}"
    editor.open("all")
    editor.field("config.count").hover()
    editor.field("config.count").get_by_role("button", name="Reset Count").click()

    assert "count" not in config_of(editor)


def test_names_are_completed_inside_braces(served, shot):
    editor = served(ALL)
    editor.open("all")

    editor.write("config.title", "Rows: {{ nodes.")
    offered = editor.root.locator(".cm-tooltip-autocomplete li")
    expect(offered.first).to_contain_text("load")
    editor.page.wait_for_timeout(60)
    editor.press("Tab")
    editor.page.keyboard.type(".ro")
    expect(offered.first).to_contain_text("rows")
    editor.page.wait_for_timeout(60)
    shot("autocomplete")
    editor.press("Tab")

    assert config_of(editor)["title"].startswith("Rows: {{ nodes.load.rows")


def test_problems_show_on_the_node_in_the_list_and_beside_the_field(served, shot):
    editor = served(ALL)
    editor.open("all")

    editor.field("config.count").locator("input").fill("99")
    editor.write("config.title", "{{ nodes.nobody.x }}")
    badge = editor.node("all").locator(".ff-node-problem")
    expect(badge).to_be_visible()
    expect(editor.field("config.title").locator(".ff-problem")).to_contain_text("nobody")
    editor.root.get_by_label("Close").first.click()
    editor.root.locator(".ff-bottom").get_by_role("button", name="problem").click()
    shot("problems-dark")
    editor.root.locator(".ff-problem-row", has_text="nobody").click()

    expect(editor.field("config.title").locator(".cm-content")).to_be_focused()


def test_ports_follow_the_config_and_a_lost_one_is_told(served, shot):
    editor = served(WAYS)
    editor.open("ways")

    editor.field("config.cases").get_by_role("button", name="Add case").click()
    editor.write("config.cases.1.name", "small")
    expect(editor.port("ways", "small")).to_be_visible()
    editor.connect(editor.port("ways", "small"), editor.port("end", "in", "target"))
    editor.field("config.cases").get_by_role("button", name="Remove Case 1").click()

    expect(editor.port("ways", "big")).to_have_class(re.compile("is-missing"))
    expect(editor.node("ways").locator(".ff-node-problem")).to_be_visible()
    shot("lost-port")
    assert editor.saved()["nodes"]["ways"]["next"] == {"big": "end", "small": "end"}


def test_a_renamed_node_keeps_its_edges_and_its_name_in_expressions(served):
    editor = served(WAYS)
    editor.open("ways")

    editor.root.get_by_label("Node id").fill("route")
    editor.press("Enter")
    expect(editor.node("route")).to_be_visible()

    nodes = editor.saved()["nodes"]
    assert nodes["start"]["next"] == "route"
    assert nodes["end"]["config"]["title"] == "{{ nodes.route.text }}"
    editor.focus_canvas()
    editor.press("Control+z")
    expect(editor.node("ways")).to_be_visible()
    assert editor.saved()["nodes"]["end"]["config"]["title"] == "{{ nodes.ways.text }}"


def test_a_wrong_id_is_refused_with_the_reason(served):
    editor = served(WAYS)
    editor.open("ways")

    editor.root.get_by_label("Node id").fill("end")
    expect(editor.root.get_by_text("Another node has this id.")).to_be_visible()
    editor.press("Enter")

    expect(editor.node("ways")).to_be_visible()


def test_settings_of_a_node_are_written_to_the_file(served, shot):
    editor = served(ALL)
    editor.open("load", "Settings")

    editor.root.get_by_role("switch", name="Try again after an error").click()
    editor.field("retry.attempts").locator("input").fill("5")
    editor.field("timeout").locator("input").fill("30s")
    editor.root.get_by_role("switch", name="Go on with a value instead of failing").click()
    editor.root.get_by_label("Notes").fill("Slow on Mondays")
    shot("settings-dark")

    node = editor.saved()["nodes"]["load"]
    assert node["retry"]["attempts"] == 5
    assert node["timeout"] == "30s"
    assert node["continue_with"] == {}
    assert node["notes"] == "Slow on Mondays"


def test_the_workflow_itself_has_a_form(served, shot):
    editor = served(ALL)
    editor.root.locator(".ff-title").click()

    editor.root.get_by_label("Name", exact=True).fill("Morning report")
    editor.press("Enter")
    editor.root.get_by_label("Description").first.fill("What it is for")
    shot("workflow-dark")

    saved = editor.saved()
    assert saved["name"] == "Morning report"
    assert saved["description"] == "What it is for"
    assert saved["inputs"]["month"]["default"] == 7


def test_edits_of_one_field_are_undone_together(served):
    editor = served(ALL)
    editor.open("all")

    editor.write("config.title", "Something quite long")
    editor.focus_canvas()
    editor.press("Control+z")

    assert config_of(editor)["title"] == "Report"


def test_an_object_in_a_field_for_expressions_stays_an_object(served):
    editor = served("flowforge: 1\nnodes:\n  all: {kind: flow.end, config: {result: {a: 1}}}\n")
    editor.open("all")
    expect(editor.field("config.result").locator(".cm-line")).to_have_count(3)

    editor.field("config.result").locator(".cm-content").click()
    editor.press("Control+a")
    editor.page.keyboard.insert_text('{"a": [2]}')

    assert config_of(editor) == {"result": {"a": [2]}}
