"""What import-linter cannot say: doors, sizes, and the rules for node types."""

import ast
from pathlib import Path

import grimp
import pytest

from flowforge_lab.nodes import builtin_types

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "flowforge_lab"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE, MAX_FUNCTION = 400, 50
VAGUE = {"utils", "util", "helpers", "common", "base", "manager", "misc", "core", "lib"}


def room(module):
    return ".".join(module.split(".")[:2])


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("flowforge_lab", cache_dir=None)


def test_rooms_are_entered_by_their_door(graph):
    through_the_wall = sorted(
        f"{importer} -> {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if room(importer) != room(imported)
        and (imported != room(imported) or imported == "flowforge_lab")
    )
    assert through_the_wall == []


def test_rooms_say_what_they_know_and_what_they_never_do():
    silent = []
    for door in sorted(PACKAGE.glob("*/__init__.py")):
        text = ast.get_docstring(ast.parse(door.read_text())) or ""
        if not text.startswith("Knows") or "Never:" not in text:
            silent.append(door.parent.name)
    assert silent in ([], ["ui"]), "a room that is not built yet may be silent"


def test_no_module_has_a_vague_name():
    assert [path for path in MODULES if path.stem in VAGUE or path.parent.name in VAGUE] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_MODULE
    for found in ast.walk(ast.parse(text)):
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            assert found.end_lineno - found.lineno < MAX_FUNCTION, found.name


def test_modules_of_tests_stay_small_too():
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("*.py")}

    assert [str(path) for path, lines in sizes.items() if lines > MAX_MODULE] == []


def suppressions():
    for path in MODULES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "# noqa" in line or "# type: ignore" in line:
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_every_suppression_names_its_rule_and_its_reason():
    bare = [
        place
        for place, line in suppressions()
        if len(line.split("# noqa" if "# noqa" in line else "# type: ignore")[1].split("  ")) < 2
    ]
    assert bare == []


def has_tests(group, verb):
    """Say whether a kind has tests of its own, or is one of those that a shared module tries."""
    folder = ROOT / "tests" / "nodes" / group
    shared = {"message": folder / "test_files.py"}.get(group)
    by_name = shared is not None and f'"{verb}"' in shared.read_text()
    return by_name or (folder / f"test_{verb}.py").exists()


@pytest.mark.parametrize("node_type", list(builtin_types()), ids=lambda node_type: node_type.kind)
def test_node_types_keep_the_house_rules(node_type):
    group, *rest = node_type.kind.split(".")
    verb = "_".join(rest)
    home = PACKAGE / "nodes" / "builtin" / group / f"{verb}.py"
    assert home.exists(), f"{node_type.kind} belongs in {home}"
    assert has_tests(group, verb), f"{node_type.kind} is tried nowhere in tests/nodes/{group}"
    assert node_type.doc
    for model in (node_type.config, node_type.inputs, node_type.outputs):
        assert all(field.description for field in model.model_fields.values()), model
