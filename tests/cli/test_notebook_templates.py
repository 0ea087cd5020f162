"""`flowforge notebook template`: what there is, and a copy of one."""

import nbformat

NAMES = {"bot-funnel", "cost", "failures", "slo"}


def test_the_templates_are_listed_with_what_they_tell(flowforge):
    listed = flowforge("notebook", "template", "--json")

    found = {one["name"]: one["summary"] for one in listed.json}
    assert found.keys() == NAMES
    assert all(len(summary) > 30 and summary.endswith(".") for summary in found.values())


def test_a_template_is_copied_once_and_never_over_a_file(flowforge, tmp_path):
    first = flowforge("notebook", "template", "slo", "mine.ipynb")
    again = flowforge("notebook", "template", "slo", "mine.ipynb")

    assert first.code == 0
    assert again.code != 0
    assert "is there already" in again.err
    assert nbformat.read(tmp_path / "mine.ipynb", as_version=4).cells


def test_a_name_that_is_none_is_told_with_the_nearest(flowforge):
    asked = flowforge("notebook", "template", "failure")

    assert asked.code != 0
    assert "failures" in asked.err


def test_a_folder_that_is_not_there_is_told(flowforge):
    asked = flowforge("notebook", "template", "cost", "nowhere/cost.ipynb")

    assert asked.code != 0
    assert "cannot write nowhere/cost.ipynb" in asked.err
