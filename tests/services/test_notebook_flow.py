"""A plan of notebooks becomes a workflow as a person would draw it."""

import pytest

from flowforge_lab.clients import NotebookShape, Parameter
from flowforge_lab.errors import PlanError
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import NotebookPlan, find_problems
from flowforge_lab.services.notebook_flow import document_of, slug_of

REGION = Parameter("region", "string", "EU", has_default=True, help="Where", choices=("EU", "US"))
LIMIT = Parameter("limit", "integer", 3, has_default=True)
DAY = Parameter("day", "any", None, has_default=False, written="date.today()")
REPORT = NotebookShape("python3", "python", 4, (REGION, LIMIT, DAY))
LOOSE = NotebookShape("python3", "python", 2, note="no cell is tagged")
POST = {"post": {"kind": "smtp", "host": "localhost", "sender": "a@example.org"}}


def drawn(*shapes, connections=POST, **facts):
    facts = {"notebooks": ("report.ipynb",), "cron": "0 8 * * 1-5", **facts}
    return document_of(NotebookPlan(**facts), shapes or (REPORT,), connections).workflow


def test_parameters_become_inputs_with_types_so_that_every_form_asks_for_them():
    workflow = drawn(parameters={"limit": 5})

    assert {name: (field.type, field.default) for name, field in workflow.inputs.items()} == {
        "region": ("string", "EU"),
        "limit": ("integer", 5),
    }
    assert workflow.inputs["region"].enum == ("EU", "US")
    assert workflow.nodes["report"].config["parameters"] == {
        "region": "{{ inputs.region }}",
        "limit": "{{ inputs.limit }}",
    }


def test_a_template_is_given_as_it_is():
    workflow = drawn(parameters={"day": "{{ trigger.due_at }}"})

    assert workflow.nodes["report"].config["parameters"]["day"] == "{{ trigger.due_at }}"
    assert "day" not in workflow.inputs


def test_several_notebooks_run_one_after_the_other():
    paths = ("load.ipynb", "2 report.ipynb", "other/load.ipynb")

    nodes = drawn(LOOSE, REPORT, LOOSE, notebooks=paths).nodes

    assert [target.node for target in nodes["at"].next["out"]] == ["load"]
    assert [target.node for target in nodes["load"].next["out"]] == ["notebook_2_report"]
    assert [target.node for target in nodes["notebook_2_report"].next["out"]] == ["load_2"]
    assert nodes["load_2"].config["path"] == "other/load.ipynb"


def test_retries_and_limits_of_time_are_those_of_each_notebook():
    node = drawn(retries=2, timeout=600.0, cell_timeout=60.0, keep_kernel=300.0).nodes["report"]

    assert (node.retry.attempts, node.timeout) == (3, 600.0)
    assert (node.config["cell_timeout"], node.config["keep_kernel"]) == ("60s", "300s")


def test_failures_are_told_in_the_branch_that_always_runs():
    places = (
        "email:ann@example.org,bob@example.org",
        "telegram:42",
        "webhook:https://x.org",
        "log",
    )

    workflow = drawn(on_failure=places)

    assert workflow.settings.finally_ == "ended"
    assert workflow.nodes["tell"].config["channels"] == [
        {"type": "email", "to": ["ann@example.org", "bob@example.org"], "connection": "post"},
        {"type": "telegram", "chat": "42"},
        {"type": "webhook", "url": "https://x.org"},
        {"type": "log"},
    ]


def test_what_is_drawn_is_valid(tmp_path):
    (tmp_path / "report.ipynb").write_text("{}")
    plan = NotebookPlan(
        notebooks=("report.ipynb",), cron="@daily", on_failure=("email:a@b.org", "log"), retries=1
    )
    document = document_of(plan, (REPORT,), POST)
    around = Surroundings(frozenset({"post"}), frozenset(), tmp_path)

    found = find_problems(document, Registry(), around)

    assert [str(one) for one in found if one.severity == "error"] == []


@pytest.mark.parametrize("place", ["mail:a@b.org", "email:", "ann@example.org", "log:x", ""])
def test_a_place_that_cannot_be_told_is_refused(place):
    with pytest.raises(PlanError, match="expected email:ADDRESS"):
        drawn(on_failure=(place,))


@pytest.mark.parametrize("connections", [{}, {**POST, "other": {"kind": "resend"}}])
def test_a_mail_needs_to_know_its_connection(connections):
    with pytest.raises(PlanError, match="name one with `via`"):
        drawn(on_failure=("email:a@b.org",), connections=connections)


@pytest.mark.parametrize("place", ["email:a@b.org", "telegram:1", "log"])
def test_a_connection_that_is_not_there_is_refused(place):
    with pytest.raises(PlanError, match="no connection 'psot'; the lab has: post") as caught:
        drawn(on_failure=(place,), via="psot")

    assert [one.field for one in caught.value.problems] == ["via"]


def test_a_parameter_that_no_notebook_has_is_refused():
    with pytest.raises(PlanError, match="did you mean 'region'"):
        drawn(parameters={"regoin": 1})


def test_all_that_is_wrong_with_a_plan_is_told_at_once_with_its_fields():
    with pytest.raises(PlanError) as caught:
        drawn(
            cron="0 25 * * *",
            timezone="Mars",
            parameters={"limit": "many", "region": "XX", "day": "{{ trigger.due_at }}"},
            on_failure=("email:a b",),
            retries=-1,
            timeout=float("nan"),
            id="../x",
        )

    fields = [one.field for one in caught.value.problems]
    values = ["parameters.region", "parameters.limit"]
    assert fields == [*values, "cron", "timezone", "retries", "timeout", "id", "on_failure"]


def test_a_notebook_without_a_tagged_cell_takes_what_it_is_given():
    workflow = drawn(LOOSE, parameters={"x": [1]})

    assert workflow.inputs["x"].default == [1]
    assert workflow.nodes["report"].config["parameters"] == {"x": "{{ inputs.x }}"}


def test_one_name_of_two_types_is_an_input_of_any_type():
    other = NotebookShape(
        "python3", "python", 1, (Parameter("limit", "string", "x", has_default=True),)
    )

    workflow = drawn(REPORT, other, notebooks=("a.ipynb", "b.ipynb"))

    assert workflow.inputs["limit"].type == "any"


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("report.ipynb", "report"),
        ("a/b/My Report (2).ipynb", "my_report_2"),
        ("2026.ipynb", "notebook_2026"),
        ("отчёт.ipynb", "notebook"),
        ("x" * 200 + ".ipynb", "x" * 60),
    ],
)
def test_a_name_becomes_an_id(path, slug):
    assert slug_of(path) == slug
