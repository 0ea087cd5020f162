"""The generated pages, and the links between pages."""

import json
import re
import runpy

import pytest

from flowforge_lab.nodes import builtin_types
from tests.docs.code_blocks import ROOT, pages

BUILD = runpy.run_path(str(ROOT / "docs" / "build_reference.py"), run_name="build_reference")


@pytest.fixture(scope="module")
def generated():
    return dict(BUILD["pages"]())


@pytest.mark.slow
def test_every_node_type_has_a_page_with_its_fields(generated):
    for kind in builtin_types():
        page = generated[f"nodes/{kind.kind}.md"]
        assert page.startswith(f"# {kind.title}\n")
        for field in kind.config.model_fields:
            assert f"| `{field}` |" in page
        assert f"({kind.kind}.md)" in generated["nodes/index.md"]


def test_every_command_is_shown_with_its_help(generated):
    page = generated["command-line.md"]

    assert page.count("Usage: flowforge ") > 20
    assert "### history export" in page


def test_the_schema_is_json(generated):
    assert json.loads(generated["schema.json"])["properties"]["nodes"]


def test_no_link_of_the_pages_leads_nowhere(generated):
    folder = ROOT / "docs" / "pages"
    for page in pages():
        for target in re.findall(r"\]\((?!https?:)([^)#]+\.(?:md|json))", page.read_text()):
            place = (page.parent / target).resolve()
            is_generated = place.is_relative_to(folder) and (
                str(place.relative_to(folder)) in generated
            )
            assert is_generated or place.exists(), f"{page.name}: {target}"


def test_the_menu_names_pages_that_exist(generated):
    menu = re.findall(r": (\S+\.md)$", (ROOT / "docs" / "mkdocs.yml").read_text(), re.MULTILINE)
    own = {page.name for page in (ROOT / "docs" / "pages").glob("*.md")}

    assert len(menu) > 10
    assert set(menu) <= own | set(generated)


def test_templates_stand_on_the_page_of_their_type(generated):
    page = generated["nodes/flow.delay.md"]

    assert "### The next working day" in page
    assert "```yaml\nkind: flow.delay\nconfig:\n  duration: 1h\n```" in page
