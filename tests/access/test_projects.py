"""Projects: which workflows belong together, and the roles that hold in all of them."""

import subprocess
import sys

import pytest

from flowforge_lab.access import DEFAULT, Gatehouse
from flowforge_lab.clock import SystemClock
from flowforge_lab.errors import ConflictError, NotFoundError


def gate(folder):
    return Gatehouse(folder, SystemClock(), lambda value: value)


@pytest.fixture
def projects(tmp_path):
    return gate(tmp_path).projects


def test_a_workflow_is_in_one_project_at_a_time(projects):
    projects.create("shop", "The shop")
    projects.create("bank")

    assert projects.of("orders") == DEFAULT
    projects.put("orders", "shop")
    projects.put("orders", "bank")
    assert (projects.of("orders"), projects.get("shop").workflows) == ("bank", ())
    assert projects.taken() == {"orders"}
    projects.put("orders", DEFAULT)
    assert (projects.of("orders"), projects.taken()) == (DEFAULT, frozenset())


def test_a_role_in_a_project_holds_in_all_its_workflows(projects):
    projects.create("shop")
    for id in ("orders", "bills"):
        projects.put(id, "shop")

    workflows, found = projects.reached({"shop/*": "operator", "bills": "admin", "x": "viewer"})

    assert workflows == {"orders": "operator", "bills": "admin", "x": "viewer"}
    assert found == {"shop": "operator"}
    assert projects.reached({"gone/*": "admin"}) == ({}, {"gone": "admin"})


def test_a_project_with_workflows_cannot_be_removed(projects):
    projects.create("shop")
    projects.put("orders", "shop")

    with pytest.raises(ConflictError, match="orders"):
        projects.remove("shop")
    projects.put("orders", DEFAULT)
    assert projects.remove("shop").id == "shop"
    with pytest.raises(NotFoundError):
        projects.get("shop")


@pytest.mark.parametrize("id", ["", "a/b", "-a", "a b", "ä", "x" * 65, "..", "a/*"])
def test_what_cannot_be_a_project_is_refused(projects, id):
    with pytest.raises(ValueError, match="id of a project"):
        projects.create(id)


@pytest.mark.parametrize("name", ["x" * 201, "a\nb"])
def test_what_cannot_be_its_name_is_refused(projects, name):
    with pytest.raises(ValueError, match="name of a project"):
        projects.create("shop", name)


def test_what_is_not_there_is_told_with_what_is_near(projects):
    projects.create("shop")

    with pytest.raises(NotFoundError, match="'shop'"):
        projects.rename("shpo", "x")
    with pytest.raises(NotFoundError):
        projects.put("orders", "nix")
    with pytest.raises(ConflictError):
        projects.create(DEFAULT)
    projects.refuse_unknown(DEFAULT)


def test_nobody_is_given_a_role_in_the_default_project(tmp_path):
    access = gate(tmp_path)

    with pytest.raises(ValueError, match="default"):
        access.tokens.create("x", "", roles={"default/*": "viewer"})
    with pytest.raises(ValueError, match="role"):
        access.tokens.create("x", "", roles={"shop/*": "boss"})


@pytest.mark.slow
def test_two_processes_lose_no_change_of_each_other(tmp_path):
    told = """
import sys, pathlib
from tests.access.test_projects import gate
projects = gate(pathlib.Path(sys.argv[1])).projects
for number in range(20):
    projects.create(f"{sys.argv[2]}{number}")
"""
    both = [
        subprocess.Popen([sys.executable, "-c", told, str(tmp_path), name]) for name in ("a", "b")
    ]

    assert [one.wait(60) for one in both] == [0, 0]
    assert len(gate(tmp_path).projects.all()) == 40
