"""What a deployment is made of names commands, settings and files that are there."""

import asyncio
import configparser
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from docs.build_reference import ENVIRONMENT, environment_file
from flowforge_lab.cli import COMMANDS
from flowforge_lab.settings import settings_table

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


def unit(path):
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read_string(path.read_text())
    return read


def commands_in(line):
    """Return the words behind each `flowforge` of a shell line."""
    found = re.split(r"&&|;", line)
    return [shlex.split(one.split("flowforge", 1)[1]) for one in found if "flowforge" in one]


def flowforge_lines():
    lines = [unit(path)["Service"]["ExecStart"].rpartition("/")[2] for path in UNITS]
    services = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())["services"]
    for service in services.values():
        command = service.get("command", [])
        lines += [command[-1]] if command[:2] == ["sh", "-c"] else [shlex.join(command)]
    last = re.findall(r"^CMD (\[.*\])", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)[-1]
    return [*lines, shlex.join(json.loads(last))]


def test_the_file_of_settings_is_that_of_this_version():
    assert ENVIRONMENT.read_text() == environment_file(), (
        "run `python docs/build_reference.py --environment`"
    )


def test_every_setting_that_is_named_is_one():
    known = {row.variable for row in settings_table()}
    told = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())
    told += (ROOT / "docs" / "pages" / "deploy.md").read_text()
    named = set(re.findall(r"FLOWFORGE_[A-Z_]*[A-Z]", told))

    assert named - known - {"FLOWFORGE_SECRET"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("line", flowforge_lines(), ids=str)
def test_every_command_is_one_and_takes_these_options(line):
    for words in commands_in(line):
        assert words[0] in COMMANDS
        options = [word for word in words if word.startswith("--")]
        command = [sys.executable, "-m", "flowforge_lab.cli", *words[:1], "--help"]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert [one for one in options if one not in told] == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_a_user_of_its_own_who_may_write_the_lab_alone(path):
    service = unit(path)["Service"]

    assert service["User"] not in {"", "root"}
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == service["WorkingDirectory"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_the_unit(path, tmp_path):
    copy = tmp_path / path.name.replace("@", "@1")
    program = tmp_path / "flowforge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy.write_text(re.sub(r"/opt/flowforge/bin/flowforge", str(program), path.read_text()))
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        check=False,
    )

    ours = [line for line in told.stderr.splitlines() if path.stem.split("@")[0] in line]
    assert [line for line in ours if "not found" not in line and "User" not in line] == []


def test_the_image_is_not_run_by_root():
    text = (DEPLOY / "Containerfile").read_text()
    last = text.rpartition("FROM ")[2]

    assert re.search(r"^USER [1-9]\d*$", last, re.MULTILINE)
    assert "pip install" not in last


def test_the_services_of_the_compose_file_lean_on_each_other():
    told = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    services = told["services"]

    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}"
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in told["volumes"]
    assert services["worker"]["deploy"]["replicas"] == 2


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker here")
def test_docker_understands_the_compose_file(tmp_path):
    for name in ("compose.yaml", ".env.example"):
        shutil.copy(DEPLOY / name, tmp_path)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=x\n")
    found = subprocess.run(
        ["docker", "compose", "config", "-q"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if "not a docker command" in found.stderr or "unknown" in found.stderr.lower():
        pytest.skip("docker has no compose here")

    assert found.returncode == 0, found.stderr


@pytest.mark.slow
def test_the_function_for_vercel_serves_what_is_deployed(tmp_path, monkeypatch):
    deployed = tmp_path / "deployed"
    shutil.copytree(DEPLOY / "vercel", deployed)
    hello = "nodes: {start: {kind: trigger.manual, next: done}, done: {kind: flow.end, config: {result: 1 + 1}}}"
    (deployed / "hello.flow.yaml").write_text(hello)
    monkeypatch.setenv("FLOWFORGE_OWNER_LINGER_SECONDS", "0.5")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spec = importlib.util.spec_from_file_location("index", deployed / "api" / "index.py")
    index = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(index)

    async def ask():
        transport = httpx.ASGITransport(index.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.get("/health/live"), await client.get("/api/workflows")

    live, refused = asyncio.run(ask())
    assert (live.status_code, refused.status_code) == (200, 401)
    assert (index.LAB / "hello.flow.yaml").read_text() == hello
    assert json.loads((deployed / "vercel.json").read_text())["rewrites"]
