"""What CI does with a test that failed: once more by itself, if it is one of few."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_timeout"}
AGAIN = Path(__file__).parents[1] / "again.py"
TESTS = """\
from pathlib import Path
import pytest

@pytest.mark.parametrize("n", range({failing}))
def test_(n):
    seen = Path(f"seen{{n}}")
    failed_before = seen.exists()
    seen.touch()
    assert failed_before and {mended}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    for name, value in ALONE.items():  # the others take seconds to load
        monkeypatch.setenv(name, value)

    def run(*, failing=1, mended=True):
        (tmp_path / "pytest.ini").touch()
        (tmp_path / "test_it.py").write_text(TESTS.format(failing=failing, mended=mended))
        pytest_ = [sys.executable, "-m", "pytest", "-q"]
        code = subprocess.call(pytest_, cwd=tmp_path)
        return again(tmp_path, code)

    return run


def again(folder, code):
    command = [sys.executable, str(AGAIN), str(code)]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)


def test_what_passes_by_itself_is_named_and_passes(run):
    done = run()

    assert done.returncode == 0
    assert "unsteady, to be mended: test_it.py::test_[0]" in done.stdout


def test_what_fails_again_fails(run):
    assert run(mended=False).returncode == 1


def test_many_are_not_run_again(run):
    done = run(failing=4)

    assert done.returncode == 1
    assert "4 tests failed" in done.stdout


@pytest.mark.parametrize("code", [2, 3, 4, 5, 130])
def test_a_suite_that_did_not_come_to_its_end_fails(tmp_path, code):
    assert again(tmp_path, code).returncode == code
