"""A config that starts from a template: chosen with the mouse, shown in the form, taken back by undo."""

from playwright.sync_api import expect

WORKFLOW = """\
flowforge: 1
inputs: {month: {type: integer, default: 7}}
nodes:
  start: {kind: trigger.button, next: all}
  all: {kind: action.everything, config: {title: Mine, count: 7}}
canvas: {start: [0, 0], all: [280, 0]}
"""
QUICK = {"title": "Quiet", "count": 1}
LOUD = {
    "title": "Loud {{ inputs.month }}",
    "is_loud": True,
    "tags": ["a", "b"],
    "shape": {"shape": "circle", "radius": 2.5},
}


def click(editor, place):
    """Press the left button of the mouse where something is."""
    place.scroll_into_view_if_needed()
    editor.page.mouse.click(*editor.middle(place))


def choose(editor, title):
    click(editor, editor.root.locator(".ff-templates summary"))
    click(editor, editor.root.locator(".ff-templates button", has_text=title))


def config_of(editor):
    return editor.saved()["nodes"]["all"]["config"]


def test_a_template_takes_the_place_of_the_config(served, shot):
    editor = served(WORKFLOW)
    editor.open("all")
    click(editor, editor.root.locator(".ff-templates summary"))
    shot("templates-dark")
    click(editor, editor.root.locator(".ff-templates button", has_text="Loud"))

    expect(editor.field("config.title").locator(".cm-content")).to_have_text(LOUD["title"])
    expect(editor.field("config.is_loud").get_by_role("switch")).to_be_checked()
    expect(editor.root.locator(".ff-templates")).not_to_have_attribute("open", "")
    assert config_of(editor) == LOUD


def test_undo_brings_back_what_was_there(served):
    editor = served(WORKFLOW)
    editor.open("all")
    choose(editor, "Quiet")
    expect(editor.field("config.title").locator(".cm-content")).to_have_text("Quiet")
    editor.focus_canvas()
    editor.press("Control+z")

    assert config_of(editor) == {"title": "Mine", "count": 7}


def test_a_chosen_template_can_be_changed_and_left_as_it_was(served):
    editor = served(WORKFLOW)
    editor.open("all")
    choose(editor, "Quiet")
    editor.write("config.title", "Quiet, but mine")
    first = config_of(editor)
    editor.open("all")
    choose(editor, "Quiet")

    assert first == QUICK | {"title": "Quiet, but mine"}
    assert config_of(editor) == QUICK


def test_the_keyboard_chooses_too(served):
    editor = served(WORKFLOW)
    editor.open("all")
    editor.root.locator(".ff-templates summary").focus()
    editor.press("Enter")
    editor.press("Tab")
    editor.press("Enter")

    assert config_of(editor) == QUICK


def test_a_type_without_templates_offers_none(served):
    editor = served(WORKFLOW)
    editor.open("start")

    expect(editor.root.locator(".ff-templates")).to_have_count(0)
