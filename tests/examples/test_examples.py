"""What holds for every example: it is listed, can be copied, is valid, and its README is right."""

import json
import shutil

import pytest

from flowforge_lab.cli import main
from flowforge_lab.cli.shipped import find_example, list_examples
from flowforge_lab.lab import FOLDER, Inspector
from flowforge_lab.variables import Secrets
from tests.examples.stage import EXAMPLES

NAMES = [
    *("api-sync", "feedback", "flights-report", "loyalty-programme", "newsletter"),
    *("order-approval", "sales-report", "support-bot", "user-onboarding"),
]


@pytest.fixture
def run(capsys):
    """Run the program, and return its exit code and what it wrote."""

    def run(*words):
        with pytest.raises(SystemExit) as left:
            main([*map(str, words)])
        out, err = capsys.readouterr()
        return left.value.code, out, err

    return run


@pytest.fixture
def copied(tmp_path, run, request):
    """An example, copied and set up as its README says, but for what its services are."""

    def copied(name):
        folder = tmp_path / name
        assert run("examples", "copy", name, folder)[0] == 0
        (folder / FOLDER).mkdir()
        table = folder / "connections.toml"
        if table.exists():
            shutil.copyfile(table, folder / FOLDER / "flowforge.toml")
        for secret in find_example(name).secrets:
            Secrets(folder / FOLDER).set(secret, "x")
        return folder

    return copied


def test_all_are_listed_with_what_they_need(run):
    code, out, _ = run("examples", "--json")

    listed = {one["name"]: one for one in json.loads(out)}
    assert (code, sorted(listed)) == (0, NAMES)
    assert listed["order-approval"]["connections"] == {"shop": "http", "shop_bot": "telegram"}
    assert listed["order-approval"]["secrets"] == ["shop_bot", "shop_signing", "shop_token"]
    assert listed["order-approval"]["variables"] == ["approvers_chat"]
    assert all(one["summary"] and one["workflows"] for one in listed.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_is_valid_without_a_warning(copied, name):
    folder = copied(name)

    inspector = Inspector(folder)
    for workflow in find_example(name).workflows:
        found = inspector.problems_of(folder / workflow)
        assert not [one for one in found if "prepare" not in one.message], workflow


@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_are_those_of_the_workflows(name):
    for workflow in find_example(name).workflows:
        picture = EXAMPLES / name / workflow.replace(".flow.yaml", ".svg")
        again = f"flowforge picture examples/{name}/{workflow}"
        assert picture.read_text() == Inspector(EXAMPLES).picture_of(EXAMPLES / name / workflow), again  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_shows_each_workflow_and_names_what_it_needs(name):
    text = (EXAMPLES / name / "README.md").read_text()
    example = find_example(name)

    for workflow in example.workflows:
        assert f"`{workflow}`" in text or workflow in text
        is_helper = workflow == "sample.flow.yaml"
        assert f"]({workflow.replace('.flow.yaml', '.svg')})" in text or is_helper
    for needed in (*example.connections, *example.secrets, *example.variables):
        assert f"`{needed}`" in text, needed


def test_what_is_there_already_stays(tmp_path, run):
    (tmp_path / "issue.html").write_text("mine")

    code, out, _ = run("examples", "copy", "newsletter", tmp_path, "--json")

    assert code == 0
    assert "issue.html" not in json.loads(out)["written"]
    assert (tmp_path / "issue.html").read_text() == "mine"
    assert (tmp_path / "leave.flow.yaml").is_file()


def test_a_copy_goes_into_a_folder_with_its_name(tmp_path, run, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert run("examples", "copy", "api-sync")[0] == 0
    assert (tmp_path / "api-sync" / "sync.flow.yaml").is_file()


def test_a_mistyped_name_is_guessed(run):
    code, _, err = run("examples", "copy", "newsleter")

    assert code == 3
    assert "did you mean 'newsletter'?" in err


def test_a_folder_that_cannot_be_written_is_told(tmp_path, run):
    (tmp_path / "file").write_text("")

    code, _, err = run("examples", "copy", "api-sync", tmp_path / "file" / "below")

    assert (code, "cannot write" in err) == (5, True)


def test_examples_are_listed_in_the_order_of_their_names():
    assert [example.name for example in list_examples()] == NAMES
