"""Projects and sessions from the command line."""

import pytest

FLOW = """\
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end, config: {result: 1}}
"""

pytestmark = pytest.mark.slow


def test_a_project_is_made_filled_emptied_and_removed(flowforge, folder):
    (folder / "orders.flow.yaml").write_text(FLOW)
    flowforge("init", ".")
    assert flowforge("projects").out.startswith("no projects")
    made = flowforge("projects", "create", "shop", "--name", "The shop", "--json").json
    flowforge("projects", "put", "orders", "shop")

    [listed] = flowforge("projects", "--json").json
    assert (made["name"], listed["workflows"]) == ("The shop", ["orders"])
    assert "orders" in flowforge("projects").out
    assert (
        flowforge("projects", "rename", "shop", "Shop").out
        == "project shop is called 'Shop' now\n"
    )
    assert flowforge("projects", "remove", "shop").code == 4
    assert flowforge("projects", "put", "orders").code == 0
    assert flowforge("projects", "remove", "shop").out == "project shop is gone\n"


def test_what_cannot_be_is_told(flowforge, folder):
    flowforge("init", ".")

    assert flowforge("projects", "create", "a b").code == 2
    assert flowforge("projects", "put", "nix", "default").code == 3
    assert (
        flowforge("projects", "remove", "nix", "--json").error["message"].startswith("there is no")
    )


def test_sessions_are_made_listed_and_forgotten(flowforge, folder):
    flowforge("init", ".")
    flowforge("projects", "create", "shop")
    id = flowforge("sessions", "create", "--project", "shop", "--user", "ann").out.strip()

    [listed] = flowforge("sessions", "--project", "shop", "--json").json
    assert (listed["id"], listed["user"], listed["executions"]) == (id, "ann", 0)
    assert id in flowforge("sessions", "--project", "shop").out
    assert flowforge("sessions", "--project", "shop", "--user", "bob").out == "no sessions\n"
    assert flowforge("sessions", "remove", id, "--project", "shop").code == 0
    assert flowforge("sessions", "--project", "nix").code == 3


def test_a_backup_knows_which_workflow_is_in_which_project(flowforge, folder, tmp_path):
    (folder / "orders.flow.yaml").write_text(FLOW)
    flowforge("init", ".")
    flowforge("projects", "create", "shop")
    flowforge("projects", "put", "orders", "shop")
    flowforge("backup", tmp_path / "all.tar.gz")

    assert flowforge("restore", tmp_path / "all.tar.gz", tmp_path / "again").code == 0
    [found] = flowforge("projects", "--lab", tmp_path / "again", "--json").json
    assert found["workflows"] == ["orders"]
