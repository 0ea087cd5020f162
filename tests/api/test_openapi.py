"""What the OpenAPI document allows, and what it does not, never breaks the server."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Served, make_folder

EXAMPLES = os.environ.get("FLOWFORGE_API_EXAMPLES", "3")
PHASES = "coverage,fuzzing" if "FLOWFORGE_API_EXAMPLES" in os.environ else "fuzzing"
"""What goes through all bounds of all fields takes minutes: that is for the long run."""
SCHEMATHESIS = shutil.which("schemathesis", path=str(Path(sys.executable).parent))


@pytest.fixture
def asked(tmp_path):
    """A lab that knows who asks from the first request on: whatever is made up meanwhile locks nobody out."""
    (tmp_path / "lab").mkdir()
    with Served(make_folder(tmp_path / "lab"), caller_rate="", address_rate="") as lab:
        lab.token = lab.parts.access.tokens.create("the one that asks")
        yield lab


def _failures(text):
    """Return what schemathesis says of failures, without its warnings and its sums."""
    return text.partition(" FAILURES ")[2].partition(" WARNINGS ")[0][:5000] or text[-3000:]


@pytest.mark.chaos
@pytest.mark.timeout(1200)
@pytest.mark.skipif(SCHEMATHESIS is None, reason="schemathesis is not installed")
def test_no_request_that_can_be_made_up_is_answered_with_a_failure_of_ours(asked, tmp_path):
    command = [
        *(SCHEMATHESIS, "run", f"{asked.url}/api-docs/openapi.json"),
        *("--header", f"Authorization: Bearer {asked.token}"),
        *("--checks", "not_a_server_error", "--phases", PHASES),
        *("--max-examples", EXAMPLES, "--seed", "7", "--continue-on-failure", "--workers", "2"),
        *("--suppress-health-check", "all", "--request-timeout", "20"),
    ]

    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    still = asked.http.get("/api/me", headers={"Authorization": f"Bearer {asked.token}"})

    assert done.returncode == 0, _failures(done.stdout)
    assert still.status_code == 200
