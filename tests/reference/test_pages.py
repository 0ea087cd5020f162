"""Reference pages: made from the models, complete, one a node type."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from flowforge_lab.nodes import Registry
from flowforge_lab.reference import fields_of, node_page, nodes_index

ROOT = Path(__file__).parents[2]
REGISTRY = Registry()


@pytest.mark.parametrize("kind", REGISTRY.kinds())
def test_the_page_of_a_kind_has_every_field_with_its_description(kind):
    found = REGISTRY.get(kind)

    page = node_page(found)

    assert page.startswith(f"# {found.title}\n")
    for field in fields_of(found.config):
        assert f"| `{field.path}` |" in page
        assert field.description


def test_tables_are_not_broken_by_what_they_hold():
    for kind in REGISTRY:
        rows = [line for line in node_page(kind).splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {4, 5}


def test_fields_inside_fields_are_listed_with_their_place():
    paths = [field.path for field in fields_of(REGISTRY.get("action.http_request").config)]

    assert "body(json).value" in paths
    assert "paging(cursor).path" in paths
    assert paths.index("body") < paths.index("body(json).value") < paths.index("auth")


def test_the_index_links_every_kind_under_its_category():
    index = nodes_index(REGISTRY)

    assert all(f"[`{kind}`]({kind}.md)" in index for kind in REGISTRY.kinds())
    assert index.index("## action") < index.index("## trigger")


@pytest.mark.slow
def test_the_builder_writes_pages_settings_and_schema(tmp_path):
    command = [sys.executable, str(ROOT / "docs" / "build_reference.py"), str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT)})

    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert {"nodes/index.md", "nodes/sql.query.md", "schema.json", "settings.md"} <= written
    assert "command-line.md" in written
