"""The same three steps with other engines, each in a process of its own; one that is not there is told."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .figures import Figure

HERE = Path(__file__).parent
INSTALL_SECONDS = 180
RUN_SECONDS = 180
OLDER = "fastapi<0.130"  # the newest Prefect does not start with the newest FastAPI


def measure_dbos(folder: Path) -> list[Figure]:
    found = run_peer([sys.executable, HERE / "peer_dbos.py", folder, 100, 200])
    return figures("DBOS on SQLite", found, at_once=200)


def measure_prefect(folder: Path) -> list[Figure]:
    """Make an environment for Prefect, or use the one `FLOWFORGE_BENCH_PREFECT` names (its Python)."""
    python = os.environ.get("FLOWFORGE_BENCH_PREFECT") or install_prefect(folder / "venv")
    environment = {
        **os.environ,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
    }
    environment.pop("PYTHONPATH", None)
    command = [python, HERE / "peer_prefect.py", folder, 10, 20]
    return figures("Prefect on SQLite", run_peer(command, environment), at_once=20)


def install_prefect(venv: Path) -> str:
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    python = str(venv / "bin" / "python")
    for command in (
        [uv, "venv", "-q", "--python", sys.executable, venv],
        [uv, "pip", "install", "-q", "--python", python, "prefect", OLDER],
    ):
        run(command, seconds=INSTALL_SECONDS)
    return python


def run_peer(command: list[object], environment: dict[str, str] | None = None) -> dict[str, float]:
    done = run(command, seconds=RUN_SECONDS, environment=environment)
    return json.loads(done.splitlines()[-1])


def run(
    command: list[object], *, seconds: float, environment: dict[str, str] | None = None
) -> str:
    done = subprocess.run(  # our own scripts and tools
        [*map(str, command)],
        check=True,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment,
    )
    return done.stdout.strip()


def figures(name: str, found: dict[str, float], *, at_once: int) -> list[Figure]:
    return [
        Figure(f"{name}: three steps, median", found["median"] * 1e3, "ms"),
        Figure(f"{name}: three steps, {at_once} at once", found["rate"], "/s"),
    ]


def why(error: Exception) -> str:
    """Return one line that says why a peer was skipped."""
    lines = str(getattr(error, "stderr", None) or error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1] if lines else 'it said nothing'}"
