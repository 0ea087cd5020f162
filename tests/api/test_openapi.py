"""What the OpenAPI document allows, and what it does not, never breaks the server."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCHEMATHESIS = shutil.which("schemathesis", path=str(Path(sys.executable).parent))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(SCHEMATHESIS is None, reason="schemathesis is not installed")
def test_no_request_that_can_be_made_up_is_answered_with_a_failure_of_ours(lab, tmp_path):
    command = [
        *(
            SCHEMATHESIS,
            "run",
            f"{lab.url}/api-docs/openapi.json",
            "--checks",
            "not_a_server_error",
        ),
        *("--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "7"),
        *("--suppress-health-check", "all", "--continue-on-failure", "--request-timeout", "20"),
    ]

    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout[-3000:]
