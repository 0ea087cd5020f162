"""What `flowforge demo` copies: valid, complete, and never over somebody's work."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from flowforge_lab.cli.starter import make_starter
from flowforge_lab.lab import Inspector

ROOT = Path(__file__).parents[2]
STARTER = {
    "README.md",
    "report.flow.yaml",
    "report.ipynb",
    "report.svg",
    "prepare.py",
    "notebooks/01-first-workflow.ipynb",
    "notebooks/02-history.ipynb",
    "notebooks/03-reactive.ipynb",
    "notebooks/04-scheduling.ipynb",
    "notebooks/05-telegram-bot.ipynb",
    "notebooks/06-debugging.ipynb",
    "notebooks/07-many-machines.ipynb",
    "notebooks/templates/bot-funnel.ipynb",
    "notebooks/templates/cost.ipynb",
    "notebooks/templates/failures.ipynb",
    "notebooks/templates/slo.ipynb",
}


def test_the_starter_has_workflow_notebooks_and_readme(tmp_path):
    make_starter(tmp_path)

    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == STARTER


def test_the_starter_is_valid_without_a_warning(tmp_path):
    make_starter(tmp_path)

    assert Inspector(tmp_path).problems_of(tmp_path / "report.flow.yaml") == []


def test_files_that_are_there_stay_as_they_are(tmp_path):
    (tmp_path / "report.ipynb").write_text("mine")

    written = make_starter(tmp_path)

    assert (tmp_path / "report.ipynb").read_text() == "mine"
    assert tmp_path / "report.ipynb" not in written
    assert make_starter(tmp_path) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").rglob("*.ipynb")), ids=lambda path: path.stem
)
def test_notebooks_are_kept_without_outputs(path):
    cells = json.loads(path.read_text())["cells"]

    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_carries_starter_examples_and_the_extension_of_jupyterlab(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    notebooks = {name for name in STARTER if name.startswith("notebooks/")}
    assert below("flowforge_lab/assets/starter/", names) == notebooks
    shipped = below("flowforge_lab/assets/examples/", names)
    assert shipped == set(tracked_below("examples"))
    extension = {name.partition(".data/data/")[2] for name in names} - {""}
    lab = tracked_below("extensions/jupyterlab/labextension")
    places = {f"share/jupyter/labextensions/flowforge-lab/{name}" for name in lab}
    assert extension == places | {"etc/jupyter/jupyter_server_config.d/flowforge_lab.json"}


def below(prefix, names):
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def tracked_below(folder):
    """The files of a folder that version control keeps."""
    command = ["git", "-C", str(ROOT / folder), "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return listed.rstrip("\0").split("\0")
