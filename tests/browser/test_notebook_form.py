"""The parameters of a notebook in the property panel: typed fields, and what the notebook does not take."""

import json

import pytest
from playwright.sync_api import expect

PARAMETERS = """\
region: str = "EU"  # where the shops are
limit: int = 3
size: Literal["s", "m", "l", "xl"] = "m"
dry: bool = False
share = 0.5
days = [1, 2]
day = date.today()
needed: int
"""
FLOW = """\
flowforge: 1
inputs: {month: {type: integer, default: 7}}
nodes:
  start: {kind: trigger.manual, next: report}
  report: {kind: notebook.run, config: {path: shop.ipynb, parameters: {regoin: US, limit: many}}}
canvas: {start: [0, 0], report: [280, 0]}
"""


@pytest.fixture
def shop(panel_folder):
    def write(source, name="shop.ipynb"):
        cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
        (panel_folder / name).write_text(json.dumps({"cells": [cell], "metadata": {}}))

    return write


def parameters(editor):
    return editor.saved()["nodes"]["report"]["config"]["parameters"]


def test_the_parameters_of_a_notebook_are_fields_of_their_types(served, shop, shot):
    shop(PARAMETERS)
    editor = served(FLOW)
    editor.open("report")
    box = editor.field("config.parameters")
    expect(editor.field("config.parameters.regoin")).to_contain_text("did you mean 'region'?")
    expect(editor.field("config.parameters.limit")).to_contain_text("expected integer")
    expect(editor.field("config.parameters.needed")).to_contain_text("no value of its own")
    expect(editor.field("config.parameters.region")).to_contain_text("where the shops are")
    expect(editor.field("config.parameters.day")).to_contain_text("date.today()")
    box.scroll_into_view_if_needed()
    shot("notebook-form-told")
    box.get_by_role("button", name="Remove regoin").click()
    editor.field("config.parameters.limit").get_by_role("button", name="Reset limit").click()
    editor.write("config.parameters.region", "{{ inputs.month }}")
    editor.field("config.parameters.limit").locator("input").fill("12")
    editor.field("config.parameters.size").get_by_role("radio", name="xl").click()
    editor.field("config.parameters.dry").get_by_role("switch").click()
    editor.field("config.parameters.share").get_by_role("button", name="fx").click()
    editor.write("config.parameters.share", "{{ inputs.month / 10 }}")
    editor.field("config.parameters.needed").locator("input").fill("1")
    shot("notebook-form")

    assert parameters(editor) == {
        "region": "{{ inputs.month }}", "limit": 12, "size": "xl", "dry": True,
        "share": "{{ inputs.month / 10 }}", "needed": 1,
    }  # fmt: skip
    expect(box.locator(".ff-problem")).to_have_count(0)


def test_the_fields_follow_the_notebook_that_is_named_and_what_it_says_now(
    served, shop, panel_folder
):
    shop("a = 1", "one.ipynb")
    shop("b = 'x'", "two.ipynb")
    (panel_folder / "loose.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    editor = served(
        FLOW.replace("shop.ipynb", "one.ipynb").replace("regoin: US, limit: many", "a: 2")
    )
    editor.open("report")
    box = editor.field("config.parameters")
    expect(box.locator("[data-field='config.parameters.a'] input")).to_have_value("2")
    editor.write("config.path", "two.ipynb")
    expect(editor.field("config.parameters.b")).to_be_visible()
    expect(editor.field("config.parameters.a")).to_contain_text("no notebook has a parameter 'a'")
    shop("b = 'x'\nc: float = 1.5", "two.ipynb")
    box.get_by_role("button", name="Read the notebook again").click()
    expect(editor.field("config.parameters.c").locator("input")).to_have_attribute(
        "placeholder", "1.5"
    )

    editor.write("config.path", "loose.ipynb")
    expect(box).to_contain_text("No cell is tagged")
    editor.write("config.path", "no.ipynb")
    expect(box).to_contain_text("What it takes is not known")
    assert parameters(editor) == {"a": 2}
