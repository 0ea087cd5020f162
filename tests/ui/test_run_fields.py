"""The fields that a workflow is started with from the dashboard, and what they are read as."""

import pytest

from flowforge_lab.spec import Document

pytest.importorskip("panel")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # panel alone takes seconds to load
FLOW = """\
id: asks
inputs:
  month: {type: integer, required: true, minimum: 1, maximum: 12, description: "<b>Which</b>"}
  name: {type: string}
  mode: {enum: [fast, 3], default: fast}
  is_dry: {type: boolean, default: true}
  day: {type: date, default: 2026-07-01}
  extra: {}
nodes: {start: {kind: trigger.manual}}
"""


@pytest.fixture(scope="module")
def workflow():
    return Document.parse(FLOW).workflow


@pytest.fixture(scope="module")
def fields():
    from flowforge_lab.ui.dashboard import run_fields

    return run_fields


def test_what_is_needed_is_said_and_asked_for(fields, workflow):
    [_, month, name, *_] = fields.run_fields("asks", workflow)

    assert "month (needed): &lt;b&gt;Which" in month
    assert all(term in month for term in ('type="number"', "required", 'min="1"', 'max="12"'))
    assert "required" not in name


def test_defaults_stand_in_the_fields(fields, workflow):
    [*_, mode, is_dry, day, _] = fields.run_fields("asks", workflow)

    assert "<option value='fast' selected>" in mode
    assert "<option value='true' selected>" in is_dry
    assert 'value="2026-07-01"' in day


@pytest.mark.parametrize(
    ("told", "given"),
    [
        ({"month": "7", "name": "7"}, {"month": 7, "name": "7"}),
        ({"month": " ", "name": ""}, {}),
        ({"mode": "fast"}, {"mode": "fast"}),
        ({"is_dry": "false"}, {"is_dry": False}),
        ({"day": "2026-07-02"}, {"day": "2026-07-02"}),
        ({"extra": "[1]"}, {"extra": [1]}),
        ({"extra": "some text"}, {"extra": "some text"}),
        ({"gone": "1"}, {}),
    ],
)
def test_fields_are_read_as_the_inputs_they_stand_for(fields, workflow, told, given):
    found = {f"input.{name}": text for name, text in told.items()}

    assert fields.read_run_fields(workflow, {"id": "asks", **found}) == given


def test_a_choice_gives_back_what_was_offered(fields):
    workflow = Document.parse("id: a\ninputs: {n: {enum: [3, x]}}\nnodes: {}\n").workflow

    assert fields.read_run_fields(workflow, {"input.n": "3"}) == {"n": 3}
