"""A canary among the secrets is in nothing that the past tells over HTTP."""

import base64
import re

import pytest

from flowforge_lab.lab import FOLDER
from tests.lab.test_canary import CANARY, HEARS, LEAKS, LEAKY, contents, shown

from .conftest import Served

pytestmark = pytest.mark.slow
WAYS = ("large", "frame", "exception")
OF_WORKFLOW = (
    "process/variants",
    "process/conformance",
    "process/picture",
    "process/log",
    "process/log?format=ocel",
    "capacity/jobs",
)


@pytest.fixture
def lab(tmp_path):
    (tmp_path / FOLDER).mkdir(mode=0o700)
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "leaky.py").write_text(LEAKY)
    (tmp_path / "hears.flow.yaml").write_text(HEARS)
    with Served(tmp_path) as lab:
        sent = {"json": {"value": CANARY}}
        assert lab.http.put("/api/secrets/canary", **sent).status_code == 204
        yield lab


def past_of(lab, way):
    """Yield all that is told of an execution that has given its secret away."""
    id = way.replace(" ", "-")
    lab.write(id, LEAKS.replace("WAY", way), is_active=False)
    execution = lab.start(id, wait=10)
    http = lab.http
    outputs = http.get("/api/history/nodes/leak/outputs", params={"workflow_id": id})
    yield outputs.content
    for digest in re.findall(r'"digest":"([0-9a-f]{64})"', outputs.text):
        path = lab.root / "brought.parquet"
        path.write_bytes(http.get(f"/api/executions/{execution}/values/{digest}").content)
        yield contents(path) if path.read_bytes().startswith(b"PAR1") else path.read_bytes()
    for place in OF_WORKFLOW:
        answer = http.get(f"/api/workflows/{id}/{place}")
        assert answer.status_code == 200
        yield answer.content
    take = http.post(f"/api/executions/{execution}/record").json()
    yield str(take).encode()
    yield from map(base64.b64decode, take.get("recording", {}).get("blobs", {}).values())
    yield http.post(f"/api/workflows/{id}/backtest").content


@pytest.mark.timeout(120)
def test_nothing_that_is_told_shows_the_canary(lab):
    told = [content for way in WAYS for content in past_of(lab, way)]

    assert [how for content in told if (how := shown(content))] == []
    assert sum(b"***" in content for content in told) > 3
    assert len(told) > 9 * len(WAYS)
