"""Drawing with mouse and keys, on a served page."""

import re

from playwright.sync_api import expect

EMPTY = "flowforge: 1\nnodes: {}\n"
PAIR = """\
flowforge: 1
nodes:
  start: {kind: trigger.button}
  rows: {kind: data.group, config: {by: a, value: b}}
  say: {kind: message.say}
  text: {kind: message.say}
canvas: {start: [0, 0], rows: [300, 0], say: [300, 160], text: [600, 160]}
"""


def test_an_empty_workflow_says_how_to_begin_and_one_click_begins(served, shot):
    editor = served(EMPTY)
    shot("empty-dark")

    expect(editor.root.get_by_text("Drag a trigger here")).to_be_visible()
    editor.root.locator(".ff-start", has_text="Manual start").click()

    expect(editor.nodes).to_have_count(1)
    assert editor.saved()["nodes"]["manual"]["kind"] == "trigger.manual"


def test_a_node_lands_where_it_is_dropped_from_the_palette(served):
    editor = served(EMPTY)
    at = editor.spot(0.6, 0.4)

    editor.drop_type("sql.ask", at)

    expect(editor.node("ask")).to_be_visible()
    x, y = editor.middle(editor.node("ask"))
    assert abs(x - at[0]) < 12
    assert abs(y - at[1]) < 12
    assert list(editor.saved()["nodes"]) == ["ask"]


def test_nodes_that_were_not_dragged_stay_where_they_were_shown(served):
    editor = served(PAIR.partition("canvas:")[0])
    ids = ("start", "rows", "say")

    def steps():
        left, top = editor.middle(editor.node("text"))
        middles = [editor.middle(editor.node(id)) for id in ids]
        return [(round(x - left), round(y - top)) for x, y in middles]

    x, y = editor.middle(editor.node("text").locator(".ff-tile"))
    editor.drag((x, y), (x + 150, y + 90))
    before = steps()
    assert editor.saved()["canvas"].keys() == {*ids, "text"}
    editor.page.reload()
    editor.page.wait_for_timeout(500)
    editor.node("text").wait_for()

    assert steps() == before


def test_the_palette_finds_a_type_by_a_few_letters_and_enter_adds_it(served, shot):
    editor = served(EMPTY)

    editor.root.get_by_label("Search nodes").fill("saysm")
    expect(editor.root.locator(".ff-palette .ff-type")).to_have_count(1)
    shot("palette-search")
    editor.press("Enter")

    expect(editor.node("say")).to_be_visible()


def test_a_double_click_adds_and_recent_and_favourite_types_come_first(served):
    editor = served(EMPTY)

    editor.palette("message.say").dblclick()
    editor.palette("sql.ask").hover()
    editor.palette("sql.ask").get_by_label("Make it a favourite").click()
    editor.page.reload()

    groups = editor.root.locator(".ff-group")
    expect(groups.nth(0)).to_have_text("Favourites")
    expect(groups.nth(1)).to_have_text("Recent")


def test_a_connection_is_drawn_by_mouse_and_saved(served):
    editor = served(PAIR)

    editor.connect(editor.port("start", "out"), editor.port("rows", "in", "target"))

    expect(editor.edges).to_have_count(1)
    assert editor.saved()["nodes"]["start"]["next"] == "rows"


def test_ports_that_do_not_fit_are_refused_with_the_reason(served, shot):
    editor = served(PAIR)
    mouse = editor.page.mouse

    mouse.move(*editor.middle(editor.port("rows", "out")))
    mouse.down()
    mouse.move(*editor.middle(editor.port("say", "in", "target")), steps=8)
    expect(editor.root.locator(".ff-refusal")).to_contain_text("gives a table")
    shot("refused")
    mouse.up()

    expect(editor.notice).to_contain_text("takes a value")
    expect(editor.edges).to_have_count(0)


def test_a_connection_dropped_on_a_node_finds_its_port(served):
    editor = served(PAIR)

    editor.drag(editor.middle(editor.port("say", "out")), editor.middle(editor.node("text")))

    expect(editor.edges).to_have_count(1)
    assert editor.saved()["nodes"]["say"]["next"] == "text"


def test_a_connection_dropped_on_the_canvas_offers_what_fits(served, shot):
    editor = served(PAIR)

    editor.drag(editor.middle(editor.port("rows", "out")), editor.spot(0.85, 0.15))
    offered = editor.root.locator(".ff-quickadd-item")
    expect(offered.first).to_be_visible()
    expect(offered.filter(has_text="Say something")).to_have_count(0)
    shot("quick-add")
    editor.page.keyboard.type("group")
    editor.press("Enter")

    expect(editor.node("group")).to_be_visible()
    assert editor.saved()["nodes"]["rows"]["next"] == "group"


def test_the_error_port_leads_to_what_mends(served):
    editor = served(PAIR)

    editor.connect(editor.port("rows", "error"), editor.port("text", "in", "target"))
    expect(editor.notice).to_contain_text("gives an error")
    editor.palette("action.everything").dblclick()
    editor.connect(editor.port("rows", "error"), editor.port("everything", "in", "target"))

    assert editor.saved()["nodes"]["rows"]["on_error"] == "everything"


def test_a_node_is_put_into_the_middle_of_an_edge(served):
    editor = served(PAIR.replace("message.say}\n  text", "message.say, next: text}\n  text"))

    editor.page.mouse.move(*editor.middle(editor.edges.first))
    editor.button("Insert a node here").click()
    editor.page.keyboard.type("something")
    editor.press("Enter")

    nodes = editor.saved()["nodes"]
    assert nodes["say"]["next"] == "say_2"
    assert nodes["say_2"]["next"] == "text"


def test_undo_and_redo_take_back_and_bring_back_every_kind_of_edit(served):
    editor = served(PAIR)
    before = editor.saved()["nodes"]

    editor.connect(editor.port("say", "out"), editor.port("text", "in", "target"))
    editor.delete("rows")
    editor.palette("sql.ask").dblclick()
    editor.focus_canvas()
    expect(editor.nodes).to_have_count(4)
    editor.press("Control+z", 3)
    expect(editor.edges).to_have_count(0)
    assert editor.saved()["nodes"] == before

    editor.press("Control+Shift+z", 3)
    expect(editor.edges).to_have_count(1)
    assert set(editor.saved()["nodes"]) == {"start", "say", "text", "ask"}


def test_the_keys_stay_in_the_editor_when_the_node_that_had_them_goes(served):
    editor = served(PAIR)
    editor.delete("text")
    editor.press("Control+z")
    expect(editor.nodes).to_have_count(4)
    editor.node("say").focus()
    editor.press("Control+a")
    editor.press("Delete")
    expect(editor.nodes).to_have_count(0)
    editor.press("Control+z")

    expect(editor.nodes).to_have_count(4)


def test_copy_and_paste_bring_nodes_their_edges_and_their_names_along(served, context):
    editor = served(file="from.flow.yaml")
    editor.focus_canvas()
    editor.press("Control+a")
    editor.press("Control+c")
    other = served(EMPTY, on=context.new_page(), file="to.flow.yaml")
    other.focus_canvas()

    other.press("Control+v")
    expect(other.nodes).to_have_count(9)
    other.press("Control+v")
    expect(other.nodes).to_have_count(18)

    nodes = other.saved()["nodes"]
    assert nodes["load_2"]["next"] == "delays_2"
    assert nodes["late_2"]["config"]["condition"].startswith("nodes.delays_2.rows")


def test_the_form_follows_what_was_pasted(served, page):
    editor = served(PAIR)
    editor.node("say").locator(".ff-tile").click()
    editor.press("Control+c")

    editor.press("Control+v")

    expect(page.get_by_label("Node id")).to_have_value("say_2")


def test_duplicate_nudge_and_cut_work_by_key(served):
    editor = served(PAIR)
    editor.node("say").locator(".ff-tile").click()

    editor.focus_canvas()
    editor.node("say").locator(".ff-tile").click()
    editor.press("ArrowRight", 3)
    editor.press("Shift+ArrowDown")
    editor.press("Control+d")
    expect(editor.node("say_2")).to_be_visible()
    editor.press("Control+x")

    expect(editor.nodes).to_have_count(4)
    assert editor.saved()["canvas"]["say"] == [330, 210]


def test_a_box_selects_and_the_selection_moves_together(served):
    editor = served(PAIR)
    editor.page.keyboard.down("Shift")
    left, top = editor.middle(editor.node("say"))
    right, bottom = editor.middle(editor.node("text"))
    editor.drag((left - 130, top - 60), (right + 130, bottom + 60))
    editor.page.keyboard.up("Shift")
    expect(editor.root.locator(".react-flow__node.selected")).to_have_count(2)

    editor.drag(editor.middle(editor.node("say")), (left, top + 80))

    canvas = editor.saved()["canvas"]
    assert canvas["say"][1] == canvas["text"][1] > 200
    assert canvas["start"] == [0, 0]


def test_arrange_puts_every_node_right_of_what_leads_to_it(served):
    text = PAIR.replace("start: [0, 0], rows: [300, 0]", "start: [900, 0], rows: [0, 0]")
    editor = served(text.replace("trigger.button}", "trigger.button, next: rows}"))

    editor.button("Arrange").click()

    canvas = editor.saved()["canvas"]
    assert canvas["start"][0] < canvas["rows"][0]


def test_keys_are_explained(served, shot):
    editor = served()
    editor.focus_canvas()

    editor.press("?")

    expect(editor.root.get_by_role("dialog", name="Keys")).to_be_visible()
    shot("keys")
    editor.press("Escape")
    expect(editor.root.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_read_only_shows_and_refuses_edits(served):
    editor = served(read_only="yes")
    editor.node("load").locator(".ff-tile").click()

    editor.press("Delete")
    editor.drag(editor.middle(editor.node("load")), editor.spot(0.5, 0.2))

    expect(editor.nodes).to_have_count(9)
    expect(editor.root.get_by_text("Read only")).to_be_visible()
    expect(editor.root.locator(".ff-dirty")).to_have_count(0)


def test_the_overview_hides_in_a_small_cell(served):
    tall = served()
    expect(tall.root.locator(".react-flow__minimap")).to_be_visible()

    small = served(height="380")
    expect(small.root.locator(".react-flow__minimap")).to_have_count(0)


def test_a_long_workflow_opens_readable_at_its_triggers(served, shot):
    nodes = ["  n0: {kind: trigger.button, next: n1}"]
    nodes += [
        f"  n{i}: {{kind: action.everything, config: {{title: t}}, next: n{i + 1}}}"
        for i in range(1, 14)
    ]
    text = "flowforge: 1\nnodes:\n" + "\n".join([*nodes, "  n14: {kind: flow.end}"])

    editor = served(text)

    assert zoom_of(editor) >= 0.6
    expect(editor.node("n0")).to_be_in_viewport(ratio=0.99)
    expect(editor.node("n14")).not_to_be_in_viewport()
    shot("long")
    editor.button("Show everything").click()
    expect(editor.node("n0")).to_be_in_viewport(ratio=0.99)
    expect(editor.node("n14")).to_be_in_viewport(ratio=0.99)


def zoom_of(editor):
    style = editor.root.locator(".react-flow__viewport").get_attribute("style")
    return float(re.search(r"scale\(([\d.]+)\)", style)[1])
