"""A lab elsewhere takes in workflows of other products as one at hand does."""

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import ConflictError
from tests.importers.foreign import text_of

pytestmark = pytest.mark.slow


def test_a_file_here_becomes_a_workflow_there_once(lab, tmp_path):
    (tmp_path / "o.json").write_text(text_of("n8n_orders.json"))

    with ff.connect(lab.url) as remote:
        found = remote.import_workflows(tmp_path / "o.json")
        kept = remote.read("orders_to_report")
        with pytest.raises(ConflictError, match="nothing was imported"):
            remote.import_workflows(tmp_path / "o.json")

    assert kept.workflow == found.workflows[0]


def test_all_or_none_is_saved(tmp_path):
    (tmp_path / "flows.json").write_text(text_of("node_red_home.json"))
    with ff.open_lab(tmp_path) as lab:
        (tmp_path / "lights.flow.yaml").write_text("nodes: {a: {kind: trigger.manual}}")

        with pytest.raises(ConflictError, match="'lights'"):
            lab.import_workflows(tmp_path / "flows.json")

    assert not (tmp_path / "heating.flow.yaml").exists()
