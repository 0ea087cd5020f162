"""Run once more, one after the other, the few tests that failed in the suite before: `suite || again.py $?`.

A test that really fails does so twice. One that only had to wait too long while two cores were shared by
three workers, browsers and kernels passes by itself; it is named at the end, since it is to be mended.
"""

import json
import subprocess
import sys
from pathlib import Path

AT_MOST = 3
SOME_FAILED = 1  # pytest's exit code; any other says that it did not come to its end
LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(code):
    """Return the exit code: 0 if no more than a few had failed, and each of them passes now."""
    if code != SOME_FAILED:
        return code
    failed = sorted(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    if not 1 <= len(failed) <= AT_MOST:
        print(f"{len(failed)} tests failed; only 1 to {AT_MOST} are run once more")
        return 1
    code = subprocess.call([sys.executable, "-m", "pytest", "-m", "", "--timeout=900", *failed])
    if code == 0:
        print("unsteady, to be mended: " + ", ".join(failed))
    return code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
