"""The example on the page of each kind is run as it stands there, against real services."""

import shutil

import nbformat
import pytest

from flowforge_lab.nodes import builtin_types
from flowforge_lab.reference import example_of, node_page

KINDS = [kind.kind for kind in builtin_types()]
WAITING = {"flow.wait_callback", "flow.wait_contact", "flow.wait_reply", "flow.wait_webhook"}
RESULTS = {
    "flow.end": {"answer": 42},
    "logic.condition": "needs approval",
    "logic.join": 12,
    "logic.jump": 3,
    "logic.loop": [{"value": 2}, {"value": 4}, {"value": 6}],
    "logic.switch": "three days",
    "action.http_request": [{"id": 1}],
    "notebook.run": 6,
    "user.find_by_contact": "Anna",
}
ARRIVING = {
    "message.text": {"first_name": "Anna"},
    "trigger.callback": {"data": "buy:7"},
    "trigger.command": {"text": "/help me"},
    "trigger.email": {"subject": "Your invoice"},
    "trigger.message": {"text": "hello"},
    "trigger.webhook": {"body": {"id": 7}},
}
"""What the trigger of an example is given."""


@pytest.fixture
def place(shop):
    """Where the example's workflow lies, with the notebook that one of them runs."""
    cells = [
        nbformat.v4.new_code_cell("month = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("figures = month * 2"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), shop.root / "report.ipynb")
    return shop.root


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_example_runs(kind, shop, place):
    path = place / example_of(kind).name
    shutil.copy(example_of(kind), path)

    said = {"user": "telegram:501", "chat": "501", "session": "telegram:shop_bot"}
    id = shop.start(path, payload=ARRIVING.get(kind), **said)
    outcome = shop.wait(id, is_patient=kind not in WAITING)

    assert outcome.status == ("waiting" if kind in WAITING else "succeeded"), outcome.error
    assert f"kind: {kind}" in path.read_text()
    if kind in RESULTS:
        assert outcome.result == RESULTS[kind]


@pytest.mark.parametrize("kind", [*builtin_types()], ids=lambda kind: kind.kind)
def test_it_stands_on_the_page(kind):
    assert example_of(kind.kind).read_text().rstrip() in node_page(kind)
