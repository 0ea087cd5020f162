"""The other pages of the dashboard, each used once with mouse and keys."""

import pytest
from playwright.sync_api import expect

EVERY = "executions metrics alerts workflows schedules queue dead_letters users variables connections secrets access audit".split()

ASKS = """\
inputs:
  month: {type: integer, required: true, minimum: 1, description: Which month}
  mode: {enum: [fast, 3], default: fast}
  tags: {type: array, default: [a]}
  day: {type: date}
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end}
"""


@pytest.mark.parametrize("name", EVERY)
def test_every_page_has_a_place_in_the_navigation(look, name):
    page = look("?page=users" if name != "users" else "")

    page.locator(f".ff-nav a[href='?page={name}']").click()

    expect(page.locator(f".ff-nav a[href='?page={name}']")).to_have_attribute(
        "aria-current", "page"
    )
    expect(page.locator(".ff-root.is-main h1")).to_be_focused()
    assert f"page={name}" in page.url


def test_draws_what_happened_over_time(look):
    page = look("?page=metrics&span=1h")

    expect(page.locator(".bk-Figure")).to_have_count(4)
    expect(page.locator(".ff-tile", has_text="Success")).to_contain_text("failed")
    expect(page.get_by_role("heading", name="Slowest nodes")).to_be_visible()


def test_figures_are_those_of_one_workflow_where_one_is_chosen(look):
    page = look("?page=metrics&span=1h")

    page.get_by_label("Workflow", exact=True).select_option("fails")

    expect(page.locator(".ff-tile", has_text="Success").locator("dd").first).to_have_text("0.0%")


def test_activates_a_workflow_and_stops_it_again(look, lab):
    page = look("?page=workflows")
    row = page.locator("tr[data-key='hello']")

    row.get_by_role("button", name="Activate").click()
    row.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(row.get_by_text("not active")).to_be_visible()
    assert not lab.http.get("/api/workflows/hello").json()["is_active"]


def test_leads_back_to_an_earlier_version(look, lab):
    text = (lab.root / "hello.flow.yaml").read_text()
    lab.write("turns", text.replace("hello ", "good day "))
    lab.write("turns", text.replace("hello ", "good night "))
    page = look("?page=workflows&workflow=turns")

    page.locator(".ff-versions").get_by_role("button", name="Activate").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(page.locator(".ff-diff")).to_contain_text("good night")
    expect(page.locator(".ff-versions li").nth(1)).to_contain_text("active")


def test_runs_a_workflow_from_its_panel(look, lab):
    page = look("?page=workflows&workflow=hello")
    before = lab.http.get("/api/executions").json()["total"]

    page.get_by_role("button", name="Run now").click()
    page.get_by_role("dialog").get_by_role("button", name="Run").click()

    expect(page.get_by_text("Started")).to_be_visible()
    lab.wait_for(lambda: lab.http.get("/api/executions").json()["total"] == before + 1)


def test_asks_for_the_inputs_of_a_workflow_before_it_runs(look, lab):
    lab.write("monthly", ASKS)
    page = look("?page=workflows&workflow=monthly")
    page.get_by_role("button", name="Run now").click()
    form = page.get_by_role("dialog")
    form.get_by_label("month").fill("7")
    form.get_by_label("tags").fill("[1,")

    form.get_by_role("button", name="Run").click()
    expect(form.get_by_role("alert")).to_contain_text("inputs.tags: expected array")
    expect(form.get_by_label("month")).to_have_value("7")
    form.get_by_label("tags").fill('["x"]')
    form.get_by_role("button", name="Run").click()

    expect(page.get_by_text("Started")).to_be_visible()
    expect(form).to_be_hidden()
    found = lab.http.get("/api/executions").json()["items"][0]
    given = lab.http.get(f"/api/executions/{found['id']}").json()["inputs"]
    assert found["workflow_id"] == "monthly"
    assert given == {"month": 7, "mode": "fast", "tags": ["x"], "day": None}


def test_tells_in_the_panel_what_went_wrong_with_an_act_of_it(look, lab):
    (lab.root / "torn.flow.yaml").write_text(
        "nodes:\n  start: {kind: trigger.manual, next: gone}\n"
    )
    page = look("?page=workflows&workflow=torn")

    page.get_by_role("button", name="Run now").click()

    expect(page.locator(".ff-drawer").get_by_role("alert")).to_contain_text("'gone'")
    expect(page.get_by_role("alert")).to_have_count(1)


@pytest.mark.parametrize(("theme", "is_lit"), [("dark", False), ("light", True)])
def test_the_graph_of_a_workflow_is_lit_as_the_page(look, page, lab, theme, is_lit):
    page.context.add_cookies([{"name": "flowforge_theme", "value": theme, "url": lab.url}])
    look("?page=workflows&workflow=hello")

    box = page.locator(".ff-graph g > rect").first
    color = box.evaluate("one => getComputedStyle(one).fill.match(/\\d+/g).map(Number)")
    assert (min(color) > 128) is is_lit


def test_a_wide_graph_is_scrolled_in_its_panel_and_can_be_read(look, lab):
    nodes = "".join(
        f"  n{n}: {{kind: action.transform, config: {{value: '1'}}, next: n{n + 1}}}\n"
        for n in range(9)
    )
    lab.write(
        "wide",
        f"nodes:\n  start: {{kind: trigger.manual, next: n0}}\n{nodes}  n9: {{kind: flow.end}}\n",
    )
    page = look("?page=workflows&workflow=wide")

    label = page.locator(".ff-graph .label").first
    assert label.evaluate("one => one.getBoundingClientRect().height") > 9
    assert page.locator(".ff-graph").evaluate("one => one.scrollWidth > one.clientWidth")
    page.locator(".ff-drawer header").get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator(".ff-drawer header")).to_contain_text("not active")


def test_code_that_changed_is_told_line_by_line(look, lab):
    code = """nodes:
  start: {{kind: trigger.manual, next: work}}
  work:
    kind: python.code
    config:
      code: |
        a = 1
        b = {}
        result = a + b
"""
    lab.write("coded", code.format(2))
    lab.write("coded", code.format(3), is_active=False)
    page = look("?page=workflows&workflow=coded")

    lines = page.locator(".ff-diff pre")
    expect(lines.locator(".is-bad")).to_have_text("-b = 2\n")
    expect(lines.locator(".is-good")).to_have_text("+b = 3\n")


def test_the_editor_calls_a_workflow_by_its_name_also_where_it_was_never_kept(look, lab):
    text = "name: Called so\nnodes: {start: {kind: trigger.manual}}\n"
    (lab.root / "named.flow.yaml").write_text(text)
    page = look("?page=editor&workflow=named")

    expect(page.locator(".ff-head h1")).to_have_text("Called so")


def test_draws_a_new_workflow_from_nothing(look, lab):
    page = look("?page=workflows")
    page.get_by_role("button", name="New workflow").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("hello")
    form.get_by_role("button", name="Draw it").click()
    expect(form.get_by_role("alert")).to_contain_text("there is a workflow 'hello' already")

    form.get_by_label("Name").fill("fresh")
    form.get_by_role("button", name="Draw it").click()

    expect(page.get_by_text("Drag a trigger here")).to_be_visible()
    assert (lab.root / "fresh.flow.yaml").read_text() == "nodes: {}\n"


def test_says_of_an_address_that_there_is_no_such_page(look):
    page = look("?page=anything")

    expect(page.get_by_role("alert")).to_contain_text("There is no page 'anything'")
    expect(page.get_by_role("heading", name="Executions")).to_be_visible()


def test_pauses_the_queue_and_hands_it_out_again(look, lab):
    page = look("?page=queue")

    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Yes, do it").click()
    page.get_by_role("button", name="Hand out again").wait_for()
    paused = lab.http.get("/api/queue/state").json()
    page.get_by_role("button", name="Hand out again").click()

    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert paused["state"] == "paused"


def test_keeps_changes_and_removes_a_variable(look, lab):
    page = look("?page=variables")
    page.get_by_role("button", name="New variable").click()
    page.get_by_label("Name", exact=True).fill("rate")
    page.get_by_label("Value, as JSON or text").first.fill('{"eur": 1.2}')
    page.get_by_role("button", name="Keep it").first.click()
    row = page.locator("tr[data-key='project//rate']")
    expect(row).to_contain_text('{"eur": 1.2}')
    assert lab.http.get("/api/variables/project/rate").json()["value"] == {"eur": 1.2}

    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(row).to_have_count(0)


def test_tells_in_its_place_what_is_wrong_with_an_entry(look):
    page = look("?page=variables")
    page.get_by_role("button", name="New variable").click()
    page.get_by_label("Name", exact=True).fill("7 dwarfs")
    page.get_by_label("Value, as JSON or text").first.fill("1")
    page.keyboard.press("Tab")

    page.get_by_role("button", name="Keep it").first.click()

    expect(page.get_by_role("alert")).to_contain_text("a name is letters")


def test_never_shows_the_value_of_a_secret(look, lab):
    page = look("?page=secrets")
    page.get_by_role("button", name="Set a secret").click()
    page.get_by_label("Name", exact=True).fill("bank_key")
    page.get_by_label("Value").fill("wonderful-value-123")
    page.get_by_role("button", name="Keep it").click()

    expect(page.locator("tbody")).to_contain_text("bank_key")
    assert lab.parts.secrets.names() == ["bank_key"]
    assert "wonderful-value-123" not in lab.http.get("/?page=secrets").text


def test_starts_failed_executions_anew_in_bulk(look, lab):
    lab.finish("fails", 2)
    page = look("?page=dead_letters")
    before = page.locator("tbody tr").count()

    page.locator("tbody input[type=checkbox]").nth(0).click()
    page.locator("tbody input[type=checkbox]").nth(1).click()
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(page.locator("tbody tr")).to_have_count(before - 2)
    expect(page.get_by_text("2 dismissed")).to_be_visible()


def test_the_log_tells_who_did_it(look, lab):
    lab.write("logged", (lab.root / "hello.flow.yaml").read_text())
    page = look("?page=audit")

    page.get_by_label("To what").fill("logged")

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("workflow.activated")


def test_finds_a_user(look, lab):
    for name in ("Ada Lovelace", "Alan Turing"):
        lab.run(lab.parts.users.add(name=name))
    page = look("?page=users")
    expect(page.locator("tbody tr")).to_have_count(2)

    page.get_by_placeholder("Name, phone, mail or id").fill("lovel")

    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_light_stays_on_when_the_page_comes_again(look, page):
    look()
    page.get_by_role("button", name="Dark or light").click()

    look("?page=metrics&span=1h")

    assert page.locator("html").get_attribute("data-ff-theme") == "light"
