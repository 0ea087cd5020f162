"""The template of a package of node types, installed as its users would."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "extensions" / "node-pack-template"
LISTED = """
import sys
from flowforge_lab.nodes import Registry
print("text.word_count" in Registry().kinds(), "flowforge_word_count" in sys.modules)
"""
RUN = """
import re, sys
import flowforge_lab as ff
text = re.search("```yaml\\n(.*?)```", open(sys.argv[2]).read(), re.DOTALL).group(1)
document = ff.Document.parse(text)
with ff.open_lab(sys.argv[1]) as lab:
    assert lab.validate(document) == [], lab.validate(document)
    print(lab.run(document, {"text": "to be or not to be"}).result)
"""


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Return a folder with the template installed in it."""
    folder = tmp_path_factory.mktemp("packs")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    if find_spec("hatchling") is not None:  # then nothing has to be fetched to build it
        command.append("--no-build-isolation")
    subprocess.run([*command, str(TEMPLATE)], check=True, timeout=120)
    return folder


def python(packs, *arguments):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{packs}"}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(
        command,
        env=environment,
        cwd=packs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_an_installed_pack_is_listed_without_being_imported(packs):
    assert python(packs, "-c", LISTED) == "True False"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_workflow_of_its_readme_validates_and_runs(packs, tmp_path):
    said = python(packs, "-c", RUN, tmp_path, TEMPLATE / "README.md")

    assert said == "{'count': {'words': 6, 'frequent': ['to', 'be']}}"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_its_own_tests_pass(packs):
    said = python(packs, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEMPLATE / "tests")

    assert "3 passed" in said
