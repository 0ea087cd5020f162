"""The list of executions, with mouse and keys."""

import csv
import io
import json
import time
from pathlib import Path

from playwright.sync_api import expect


def rows(page):
    return page.locator("tbody tr")


def test_shows_executions_before_any_script_has_run(page, lab):
    got = lab.http.get("/")

    assert got.status_code == 200
    assert "hello" in got.text
    assert "succeeded" in got.text


def test_narrows_by_status_and_says_so_in_the_address(look):
    page = look()

    page.get_by_role("button", name="Failed", exact=True).click()

    expect(rows(page)).to_have_count(2)
    assert "status=failed" in page.url


def test_leads_back_to_what_was_shown_before(look):
    page = look()
    page.get_by_role("button", name="Failed", exact=True).click()
    expect(rows(page)).to_have_count(2)

    page.go_back()

    expect(page.get_by_role("button", name="All", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("tbody").get_by_text("hello").first).to_be_visible()


def test_an_address_leads_to_the_very_same_view(look):
    page = look("?page=executions&status=failed&workflow=fails")

    expect(rows(page)).to_have_count(2)
    expect(page.get_by_label("Workflow", exact=True)).to_have_value("fails")


def test_finds_an_execution_by_the_start_of_its_id(look, lab):
    [id] = lab.finish("hello")
    page = look()

    page.keyboard.press("/")
    page.keyboard.type(id[:20])

    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator("code")).to_have_attribute("title", id)


def test_sorts_by_how_long_it_took(look):
    page = look("?page=executions&status=succeeded,failed")

    page.get_by_role("button", name="Took").click()

    expect(page.get_by_role("columnheader", name="Took")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert "sort=-duration" in page.url


def test_what_begins_appears_by_itself(look, lab):
    page = look()
    first = rows(page).first.get_attribute("data-key")

    [id] = lab.finish("hello")

    expect(rows(page).first).to_have_attribute("data-key", id, timeout=5000)
    assert first != id


def test_what_is_picked_stays_while_others_begin(look, lab):
    page = look()
    page.locator("tbody input[type=checkbox]").nth(1).click()
    key = rows(page).nth(1).get_attribute("data-key")

    lab.finish("hello", 2)

    page.get_by_role("button", name="Show 2 new executions").wait_for(timeout=5000)
    assert rows(page).nth(1).get_attribute("data-key") == key
    assert page.locator("tbody input[type=checkbox]").nth(1).is_checked()


def test_cancels_what_is_picked_after_asking(look, lab):
    ids = [lab.start("slow") for _ in range(2)]
    page = look("?page=executions&workflow=slow")
    expect(rows(page)).to_have_count(2)

    page.get_by_label("Pick all rows shown").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Yes, do it").click()

    expect(page.locator("tbody").get_by_text("cancelled")).to_have_count(2, timeout=8000)
    assert {lab.http.get(f"/api/executions/{id}").json()["status"] for id in ids} == {"cancelled"}


def test_nothing_happens_to_who_thinks_better_of_it(look, lab):
    id = lab.start("slow")
    page = look(f"?page=executions&execution={id}")

    page.locator(".ff-drawer").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Leave it").click()

    assert lab.http.get(f"/api/executions/{id}").json()["status"] in {"running", "waiting"}
    lab.http.post(f"/api/executions/{id}/cancel")


def test_restarts_an_execution_from_its_panel(look, lab):
    [id] = lab.finish("fails")
    page = look(f"?page=executions&execution={id}")

    page.locator(".ff-drawer").get_by_role("button", name="Restart").click()

    expect(page.get_by_text("Started anew")).to_be_visible()
    lab.wait_for(lambda: lab.http.get("/api/executions").json()["items"][0]["origin"] == id)


def test_opens_and_closes_an_execution_by_keys(look, lab):
    page = look("?page=executions&status=failed")
    rows(page).first.locator("a").focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".ff-drawer").wait_for()
    page.keyboard.press("Escape")

    expect(page.locator(".ff-drawer")).to_have_count(0)
    assert "execution=" not in page.url


def test_shows_the_steps_with_their_values(look, lab):
    [id] = lab.finish("hello", inputs={"name": "<b>Ada</b>"})
    page = look(f"?page=executions&execution={id}")

    page.locator("summary", has_text="greet").click()

    expect(page.locator(".ff-step[open]").get_by_text("hello <b>Ada</b>").first).to_be_visible()
    expect(page.locator(".ff-line")).to_have_count(3)


def test_follows_an_open_execution_to_its_end(look, lab):
    id = lab.start("asks")
    page = look(f"?page=executions&execution={id}")
    expect(page.locator(".ff-drawer header").get_by_text("waiting")).to_be_visible()

    [wait] = lab.http.get("/api/waits", params={"execution_id": id}).json()
    lab.http.post(f"/api/waits/{wait['key']}/answer", json={"ok": True})

    expect(page.locator(".ff-drawer header").get_by_text("succeeded")).to_be_visible(timeout=5000)


def test_leaves_as_csv_and_json_what_the_filters_let_through(look, tmp_path):
    page = look("?page=executions&status=failed")
    found = {}
    for form in ("CSV", "JSON"):
        with page.expect_download() as begun:
            page.get_by_role("button", name=form).click()
        begun.value.save_as(tmp_path / form)
        found[form] = Path(tmp_path / form).read_text()

    told = list(csv.DictReader(io.StringIO(found["CSV"])))
    assert {row["status"] for row in told} == {"failed"}
    assert [row["id"] for row in told] == [row["id"] for row in json.loads(found["JSON"])]


def test_keeps_a_view_under_a_name(look):
    page = look("?page=executions&status=failed")
    page.locator("summary", has_text="Views").click()
    page.get_by_placeholder("Save these filters as").fill("What broke")
    page.keyboard.press("Enter")
    page.get_by_text("Saved the view").wait_for()

    page.get_by_role("link", name="Executions").first.click()
    page.locator("summary", has_text="Views").click()
    page.get_by_role("link", name="What broke").click()

    expect(page.get_by_role("button", name="Failed", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_filter_changes_what_is_shown_at_once(look):
    page = look()
    took = []
    for name in ("Failed", "All", "Succeeded", "All"):
        start = time.perf_counter()
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        took.append(time.perf_counter() - start)

    assert min(took) < 1.0


def test_says_what_to_do_where_nothing_fits(look):
    page = look("?page=executions&workflow=nothing")

    expect(page.get_by_role("heading", name="Nothing fits these filters")).to_be_visible()


def test_says_in_its_place_that_an_execution_is_gone(look):
    page = look("?page=executions&execution=01900000-0000-7000-8000-000000000000")

    expect(page.get_by_role("heading", name="There is no such execution")).to_be_visible()


GONE = """\
nodes:
  start: {kind: trigger.manual, next: look}
  look: {kind: action.transform, config: {value: input.gone}}
"""


def test_one_that_failed_goes_on_with_its_step_from_the_drawer(look, lab, shot):
    (lab.root / "gone.flow.yaml").write_text(GONE)
    [id] = lab.finish("gone")
    page = look(f"?page=executions&workflow=gone&execution={id}")
    way = page.locator(".ff-drawer .ff-way")
    expect(way).to_contain_text("Begin again with the step 'look'")
    shot("dashboard-go-on")

    way.get_by_role("button", name="Go on").click()

    expect(rows(page)).to_have_count(2)
    expect(page.get_by_text("Resumed")).to_be_visible()
    assert lab.http.get("/api/executions").json()["items"][0]["origin"] == id


def test_what_waits_for_an_answer_says_so_and_is_answered_in_the_drawer(look, lab):
    started = lab.http.post("/api/executions", json={"workflow_id": "asks"}).json()
    id = started["execution_id"]
    lab.wait_for(lambda: lab.http.get(f"/api/waits?execution_id={id}").json())
    page = look(f"?page=executions&execution={id}")
    drawer = page.locator(".ff-drawer")
    wait = drawer.locator(".ff-way", has_text="ask")
    expect(wait).to_contain_text(f"/waits/{id}.")
    expect(drawer.get_by_role("button", name="Resume")).to_have_count(0)
    wait.get_by_role("button", name="Answer").click()
    form = page.get_by_role("dialog")

    form.get_by_label("Answer, as JSON or text").fill('{"no": 1}')
    form.get_by_role("button", name="Answer").click()
    expect(form.get_by_role("alert")).to_contain_text("ok")
    form.get_by_label("Answer, as JSON or text").fill('{"ok": true}')
    form.get_by_role("button", name="Answer").click()

    expect(page.get_by_text("thank you")).to_be_visible()
    expect(drawer.locator("header .ff-pill")).to_contain_text("succeeded")
