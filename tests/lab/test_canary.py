"""A canary among the secrets: whatever a workflow does with it, nothing the product writes shows it."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from urllib.parse import quote

import pytest

import flowforge_lab as ff
from flowforge_lab.testing import LocalServer, Reply

CANARY = 'Kanarienvogel "91c7&é/'
NOT_UTF8 = CANARY.encode("latin-1", "replace")
SPOTS = {
    "as it is": CANARY,
    "in JSON": json.dumps(CANARY)[1:-1],
    "in JSON with letters": json.dumps(CANARY, ensure_ascii=False)[1:-1],
    "in an address": quote(CANARY, safe=""),
    "in base64": base64.b64encode(CANARY.encode()).decode()[4:-6],
    "in hexadecimal digits": CANARY.encode().hex(),
}
LEAKY = '''\
"""Leak."""

import base64, json, logging, sys
from urllib.parse import quote

from pydantic import Field

from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import AnyValue, Attempt, Model, NoInputs, Secret, node_type


class Config(Model):
    """How."""

    token: Secret = Field(description="The secret.")
    way: str = Field(description="The way.")


class Outputs(Model):
    """What is told."""

    value: AnyValue = Field(default=None, description="What is told.")


FORMS = (
    str,
    json.dumps,
    quote,
    repr,
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    lambda text: base64.urlsafe_b64encode(f"x{text}".encode()).decode(),
    lambda text: text.encode().hex(),
    lambda text: json.dumps(json.dumps({"body": text})),
)


@node_type("leaky.node", title="Leaky", outputs=Outputs, effects="writes")
async def leak(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Leak."""
    text = config.token.get_secret_value()
    spoken = [form(text) for form in FORMS]
    match config.way:
        case "log":
            for one in spoken:
                attempt.log(f"calling https://u:{one}@host/?q={one}", level="warning")
                logging.getLogger("leaky").error("own log: %s", attempt.execution_id)
        case "progress":
            attempt.progress(0.5, spoken[0])
        case "outputs":
            return Outputs(value={"deep": [{one: one} for one in spoken], "raw": text.encode()})
        case "large":
            return Outputs(value=["x" * 70_000, *spoken])
        case "frame":
            import pandas as pd

            return Outputs(value=pd.DataFrame({"told": spoken, text: range(len(spoken))}))
        case "node error":
            raise NodeError(spoken[0], detail=" ".join(spoken), is_transient=False)
        case "exception":
            try:
                raise KeyError(text)
            except KeyError as error:
                raise ValueError(" ".join(spoken)) from error
        case "variable":
            await attempt.variables.set("project", "left", spoken)
            await attempt.variables.set("execution", "left", text)
        case "call":
            await attempt.call("hears", {"told": spoken})
    return Outputs(value=len(text))
'''
LEAKS = """\
nodes:
  start: {kind: trigger.manual, next: leak}
  leak:
    kind: leaky.node
    config: {token: "{{ secrets.canary }}", way: WAY}
    retry: {attempts: 2, first: 0.01}
    next: again
  again: {kind: action.transform, config: {value: nodes.leak.value}, next: done}
  done: {kind: flow.end, config: {result: nodes.again.value}}
"""
ECHO = """\
nodes:
  start: {kind: trigger.manual, next: ask}
  ask:
    kind: action.http_request
    config:
      url: "URL"
      allow_private: true
      auth: {type: header, name: X-Key, value: "{{ secrets.plain }}"}
    retry: {attempts: 1}
    next: done
  done: {kind: flow.end, config: {result: nodes.ask}}
"""
HEARS = """\
id: hears
inputs: {told: {type: any}}
nodes:
  start: {kind: trigger.manual, next: done}
  done: {kind: flow.end, config: {result: inputs.told}}
"""
WAYS = (
    "log",
    "progress",
    "outputs",
    "large",
    "frame",
    "node error",
    "exception",
    "variable",
    "call",
)


@pytest.fixture
def lab(tmp_path, settings):
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "leaky.py").write_text(LEAKY)
    with ff.open_lab(tmp_path, settings=settings) as lab:
        lab.secrets.set("canary", CANARY)
        yield lab


def leak(lab, way):
    (lab.root / "hears.flow.yaml").write_text(HEARS)
    path = lab.root / f"{way.replace(' ', '-')}.flow.yaml"
    path.write_text(LEAKS.replace("WAY", way))
    return lab.run(path)


def shown(content, spots=SPOTS):
    """Return how the canary can be seen in some bytes."""
    return [name for name, text in spots.items() if text.encode() in content]


def found_in(folder, spots=SPOTS):
    """Return where the canary can be seen in all that was written, also within archives and Parquet."""
    seen = {}
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file()
            and path.parent.name != "nodes"
            and (how := shown(contents(path), spots))
        ):
            seen[str(path.relative_to(folder))] = how
    return seen


def contents(path):
    content = path.read_bytes()
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return content + repr(pq.read_table(path).to_pylist()).encode()
    if path.name.endswith(".tar"):
        with tarfile.open(path) as archive:
            members = [archive.extractfile(one) for one in archive if one.isfile()]
            return content + b"".join(one.read() for one in members)
    try:
        return content + zlib.decompress(content)
    except zlib.error:
        return content


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_nothing_that_was_written_shows_the_canary(lab, caplog, capfd):
    outcomes = [leak(lab, way) for way in WAYS]
    lab.publish()
    lab.export(lab.root / "export.duckdb")
    lab.backup(lab.root / "backup.tar")
    told = [repr(outcome) for outcome in outcomes]
    told += [repr(lab.steps_of(outcome.execution_id)) for outcome in outcomes]
    told += [
        str(lab.sql(f"from {table}").to_dict())
        for table in ("events", "steps", "attempts", "executions", "logs", "dead_letters")
    ]
    told += [caplog.text, *capfd.readouterr(), repr(lab.variables()), repr(lab.secrets)]

    failed = [way for way, one in zip(WAYS, outcomes, strict=True) if one.status != "succeeded"]
    assert failed == ["node error", "exception"]
    assert [(shown(text.encode()), text) for text in told if shown(text.encode())] == []
    assert found_in(lab.root) == {}


@pytest.mark.slow
def test_sealed_segments_do_not_show_the_canary(tmp_path, settings):
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "leaky.py").write_text(LEAKY)
    sealing = settings.model_copy(update={"idle_seal_seconds": 0.1})
    with ff.open_lab(tmp_path, settings=sealing) as lab:
        lab.secrets.set("canary", CANARY)
        for way in ("log", "outputs", "exception"):
            leak(lab, way)
        until(lambda: list(tmp_path.rglob("segments/*.parquet")))

    assert found_in(tmp_path) == {}


def until(holds):
    import time

    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_the_shell_does_not_show_the_canary(lab):
    outcome = leak(lab, "exception")
    lab.close()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    calls = (
        ("show", outcome.execution_id),
        ("show", outcome.execution_id, "--json"),
        ("run", "log.flow.yaml", "--json"),
        ("secrets", "--json"),
        ("history", "sql", "from events", "--json"),
    )
    (lab.root / "log.flow.yaml").write_text(LEAKS.replace("WAY", "log"))
    for arguments in calls:
        command = [sys.executable, "-m", "flowforge_lab.cli", *arguments]
        told = subprocess.run(
            command, cwd=lab.root, env=environment, capture_output=True, check=False
        )

        assert told.returncode in {0, 1}, told.stderr
        assert shown(told.stdout + told.stderr) == []


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_a_service_that_sends_it_all_back_leaves_no_canary(lab, status):
    plain = "Kanarienvogel-91c7"
    lab.secrets.set("plain", plain)
    spots = {"it": plain, "base64": base64.b64encode(plain.encode()).decode()}

    async def asked():
        async with LocalServer() as server:
            headers = {"X-Echo": plain, "Location": f"/next?key={plain}", "Connection": "close"}
            body = json.dumps({"you sent": {"X-Key": plain}, plain: [spots["base64"]]}).encode()
            kind = {"Content-Type": "application/json"}
            server.tell("/echo", Reply(body=body, status=status, headers={**headers, **kind}))
            server.tell("/next", Reply(body=body, headers={**kind, "Connection": "close"}))
            path = lab.root / "echo.flow.yaml"
            path.write_text(ECHO.replace("URL", server.url("/echo")))
            return await asyncio.to_thread(lab.run, path), server.received

    outcome, received = asyncio.run(asked())
    lab.publish()

    assert received[0].headers["x-key"] == plain
    assert shown(repr(outcome).encode(), spots) == []
    assert shown(str(lab.entries(outcome.execution_id)).encode(), spots) == []
    assert found_in(lab.root, spots) == {}


@pytest.mark.slow
def test_a_secret_that_comes_in_with_a_start_is_not_kept(lab):
    leak(lab, "log")  # from here on it was handed out
    path = lab.root / "hears.flow.yaml"
    path.write_text(HEARS)

    outcome = lab.run(path, {"told": [CANARY]}, payload={"body": {"told": CANARY}})

    assert outcome.status == "succeeded"
    assert shown(repr(outcome).encode()) == []
    assert shown(repr(lab.entries(outcome.execution_id)).encode()) == []
