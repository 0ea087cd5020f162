"""Variables of a lab: counted by many, swapped, listed."""

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

import flowforge_lab as ff
from flowforge_lab.errors import NotFoundError, ValueTooLargeError

ADD = "nodes:\n  start: {kind: trigger.manual, next: add}\n  add: {kind: action.set_variable, config: {name: n, scope: workflow, operation: increment, value: %s}}\n"


def test_sums_and_swaps(lab):
    assert lab.increment_variable("n") == 1
    assert lab.increment_variable("n", Decimal("0.5")) == Decimal("1.5")
    assert lab.swap_variable("lock", "me", expected=None)
    assert not lab.swap_variable("lock", "you", expected=None)
    assert lab.swap_variable("lock", None, expected="me")
    assert lab.variables() == {"n": Decimal("1.5")}
    assert lab.swap_variable("lock", "you", expected=None)


def test_a_text_stays_what_it_is(lab):
    lab.set_variable("city", "Bern")

    with pytest.raises(ValueError, match="city"):
        lab.increment_variable("city")
    with pytest.raises(ValueError, match="number"):
        lab.increment_variable("n", "one")
    assert lab.variables() == {"city": "Bern"}


def test_a_step_that_cannot_add_fails_as_a_step(lab, folder):
    path = folder / "add.flow.yaml"
    path.write_text(ADD % "many")

    outcome = lab.run(path)

    assert (outcome.status, outcome.error.type) == ("failed", "variable.no_number")


@pytest.mark.slow
def test_a_sum_keeps_the_time_to_live_of_what_is_there(lab):
    lab.increment_variable("n", ttl=0.3)
    lab.increment_variable("n", ttl=100)
    time.sleep(0.35)

    assert lab.variables() == {}
    assert lab.increment_variable("n") == 1


def test_all_scopes_are_one_frame(lab):
    lab.set_variable("limit", 15)
    lab.set_variable("ratio", 0.5, ttl=60)
    lab.set_variable("seen", {"a": [1]}, scope="user", owner="ann")
    lab.set_variable("cursor", "x", scope="workflow", owner="report")

    frame = lab.variable_frame()

    assert list(frame.columns) == ["scope", "owner", "name", "value", "expires_at"]
    assert frame["name"].tolist() == ["limit", "ratio", "seen", "cursor"]
    assert [type(value) for value in frame["value"]] == [int, float, dict, str]
    assert frame["expires_at"].isna().tolist() == [True, False, True, True]
    assert lab.variable_frame("user", "ann")["name"].tolist() == ["seen"]
    assert lab.variable_frame("user", "bob").empty


def test_variables_of_an_execution_are_shown_but_not_set_from_outside(lab, folder):
    path = folder / "add.flow.yaml"
    path.write_text((ADD % "3").replace("scope: workflow, ", ""))
    execution_id = lab.run(path).execution_id

    assert lab.variables("execution", execution_id[:20]) == {"n": 3}
    with pytest.raises(ValueError, match="its steps set them"):
        lab.set_variable("n", 1, scope="execution", owner=execution_id)


COUNT = """
import sys, flowforge_lab as ff
with ff.open_lab(sys.argv[1]) as lab:
    for _ in range(1000):
        lab.increment_variable("n")
"""


@pytest.mark.slow
def test_two_processes_that_count_to_a_thousand_each_come_to_two_thousand(folder, settings):
    with ff.open_lab(folder, settings=settings) as lab:
        command = [sys.executable, "-c", COUNT, str(folder)]
        counting = [subprocess.Popen(command, cwd=Path.cwd()) for _ in range(2)]

        assert [process.wait(60) for process in counting] == [0, 0]
        assert lab.variables() == {"n": 2000}


@pytest.mark.slow
def test_a_step_that_is_killed_after_it_added_does_not_add_again(folder, settings):
    text = ADD % "1" + "  more: {kind: test.append, config: {path: %s, text: x, kill: true}}\n" % (
        folder / "lines"
    )
    path = folder / "add.flow.yaml"
    path.write_text(text.replace("next: add}", "next: [add, more]}"))
    run = "import sys, flowforge_lab as ff; ff.open_lab(sys.argv[1]).run(sys.argv[2])"
    dead = subprocess.Popen([sys.executable, "-c", run, str(folder), str(path)], cwd=Path.cwd())
    dead.wait(30)

    with ff.open_lab(folder, settings=settings) as lab:
        deadline = time.monotonic() + 20
        while not lab.due() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lab.wait(lab.due()[0].execution_id).status == "succeeded"
        assert lab.variables("workflow", "add") == {"n": 1}


@pytest.mark.parametrize(
    ("scope", "owner", "told"),
    [
        ("workflow", "", "needs an owner: the id of the workflow"),
        ("user", "", "needs an owner: the name of the user"),
    ],
)
def test_a_scope_says_whether_it_needs_an_owner(lab, scope, owner, told):
    with pytest.raises(ValueError, match=told):
        lab.set_variable("n", 1, scope=scope, owner=owner)
    with pytest.raises(ValueError, match=told):
        lab.variables(scope, owner)


def test_a_project_that_is_not_there_has_no_variables(lab):
    with pytest.raises(NotFoundError, match="'me'"):
        lab.set_variable("n", 1, owner="me")
    with pytest.raises(NotFoundError, match="'me'"):
        lab.variables("project", "me")


@pytest.mark.slow
def test_a_value_that_is_too_large_is_told_with_its_name_and_its_size(lab):
    with pytest.raises(
        ValueTooLargeError, match=r"variable 'big'.* 70,000,\d+ bytes.* file or a data frame"
    ):
        lab.set_variable("big", "a" * 70_000_000)
    with pytest.raises(ValueTooLargeError, match="'big'"):
        lab.swap_variable("big", "a" * 70_000_000, expected=None)

    assert lab.variables() == {}


@pytest.mark.parametrize("name", ["", "bad name", "a.b", "9a", "a\n"])
def test_a_name_is_one_that_expressions_can_name(lab, name):
    told = "a name is letters, digits and underscores"
    with pytest.raises(ValueError, match=told):
        lab.set_variable(name, 1)
    with pytest.raises(ValueError, match=told):
        lab.increment_variable(name)
    with pytest.raises(ValueError, match=told):
        lab.swap_variable(name, 1, expected=None)

    assert lab.variables() == {}
    lab.set_variable(name, None)  # one that was set before may go


@pytest.mark.parametrize("ttl", [-5, float("nan"), float("inf"), 1e12])
def test_a_time_to_live_is_one_that_can_be_lived(lab, ttl):
    with pytest.raises(ValueError, match="ttl: a duration lies between 0 and 100 years"):
        lab.set_variable("limit", 1, ttl=ttl)

    assert lab.variables() == {}


def test_a_scope_that_is_none_says_which_there_are(lab):
    told = "expected one of the scopes project, workflow, user, found 'nosuch'"

    with pytest.raises(ValueError, match=told):
        lab.set_variable("limit", 1, scope="nosuch")
    with pytest.raises(ValueError, match=told):
        lab.variables("nosuch")


OF_USER = """\
nodes:
  start: {kind: trigger.manual, next: card}
  card: {kind: %s, config: {%s}}
"""


@pytest.mark.parametrize(
    ("kind", "config", "type"),
    [
        ("action.set_variable", "name: card, scope: user, value: 7", "variable.no_user"),
        ("action.set_variable", "name: n, scope: user, operation: increment", "variable.no_user"),
        ("action.set_variable", "name: n, scope: user, operation: swap", "variable.no_user"),
        ("action.get_variable", "name: card, scope: user, default: 1", "variable.no_user"),
        ("action.transform", "value: 'default(vars.user.card, 1)'", "expression"),
    ],
)
def test_an_execution_for_nobody_has_no_variables_of_a_user(lab, folder, kind, config, type):
    path = folder / "of_user.flow.yaml"
    path.write_text(OF_USER % (kind, config))

    refused, done = lab.run(path), lab.run(path, user="ann")

    assert (refused.status, refused.error.type) == ("failed", type)
    assert "--user NAME" in refused.error.detail
    assert done.status == "succeeded"
    assert lab.variable_frame("user").query("owner == ''").empty
