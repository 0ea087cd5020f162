"""Live events: as they are acknowledged, in order, none lost and none doubled over reconnects."""

import asyncio
import json
import socket
import time

import httpx
import pytest

from flowforge_lab.api import hub as hub_module
from flowforge_lab.api.hub import Fallen, Hub, Live, Subscription
from flowforge_lab.api.streaming import _following
from flowforge_lab.events import Entry, ExecutionResumed

pytestmark = pytest.mark.slow

LOOP = """\
inputs: {n: {type: integer, default: 20}}
nodes:
  start: {kind: trigger.manual, next: each}
  each: {kind: logic.loop, config: {items: "range(inputs.n)"}, next: {body: work}}
  work: {kind: action.transform, config: {value: item}, next: each}
"""


def frames(lines):
    """Yield (id, data) of each event, `("end", None)` for the last."""
    id = None
    for line in lines:
        if line.startswith("id: "):
            id = int(line[4:])
        elif line == "event: end":
            yield "end", None
            return
        elif line.startswith("data: "):
            yield id, json.loads(line[6:])


def read(lab, path, *, after=None, count=None, seconds=20):
    """Return the events of a stream, at most `count`."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    found = []
    with httpx.stream(
        "GET", lab.url + path, headers=headers, timeout=seconds, trust_env=False
    ) as stream:
        for frame in frames(stream.iter_lines()):
            found.append(frame)
            if count is not None and len(found) >= count:
                break
    return found


@pytest.mark.slow
def test_a_stream_of_an_execution_has_every_event_in_order_and_ends_with_it(lab, http):
    lab.write("loop", LOOP, is_active=False)
    id = lab.start("loop")

    found = read(lab, f"/api/executions/{id}/stream")
    journal = http.get(f"/api/executions/{id}/events").json()["items"]

    assert found[-1] == ("end", None)
    assert [data for _, data in found[:-1]] == journal
    assert [seq for seq, _ in found[:-1]] == list(range(1, len(journal) + 1))


@pytest.mark.slow
def test_who_comes_back_misses_nothing_and_gets_nothing_twice(lab, http):
    lab.write("loop", LOOP, is_active=False)
    id = lab.start("loop", inputs={"n": 200})
    place = f"/api/projects/default/workflows/loop/executions/{id}/stream"
    got = []
    while not got or got[-1][0] != "end":
        got += read(lab, place, after=got[-1][0] if got else None, count=37)

    journal = http.get(f"/api/executions/{id}/events?limit=1000").json()
    assert [seq for seq, _ in got[:-1]][: len(journal["items"])] == [
        e["seq"] for e in journal["items"]
    ]
    assert len({seq for seq, _ in got}) == len(got)


@pytest.mark.slow
def test_events_come_while_the_execution_runs(lab, http):
    id = lab.start("asks")
    with httpx.stream(
        "GET", f"{lab.url}/api/executions/{id}/stream", timeout=10, trust_env=False
    ) as stream:
        events = frames(stream.iter_lines())
        for _, data in events:
            if data["event"]["type"] == "visit.parked":
                break
        [wait] = http.get(f"/api/waits?execution_id={id}").json()
        http.post(f"/api/resume/{wait['key']}", json={"ok": 1})
        rest = [data["event"]["type"] for _, data in events if data]

    assert rest[-1] == "execution.finished"


@pytest.mark.slow
def test_a_stream_of_a_workflow_has_what_comes_from_now_on(lab, http):
    lab.start("hello", wait=5)
    with httpx.stream(
        "GET", f"{lab.url}/api/workflows/hello/stream", timeout=10, trust_env=False
    ) as stream:
        lines = stream.iter_lines()
        next(lines)
        time.sleep(0.2)
        ids = [lab.start("hello", wait=5) for _ in range(3)]
        lab.start("fails", wait=5)
        seen, over = [], 0
        for _, data in frames(lines):
            seen.append((data["execution_id"], data["seq"]))
            over += data["event"]["type"] == "execution.finished"
            if over == 3:
                break

    assert {id for id, _ in seen} == set(ids)
    assert len(set(seen)) == len(seen)


@pytest.mark.slow
def test_a_stream_of_a_workflow_goes_on_where_it_was_left(lab):
    lab.write("often", LOOP, is_active=False)
    stream = "/api/workflows/often/stream"
    before = lab.run(lab.parts.store.journal.position())
    ids = [lab.start("often", wait=5) for _ in range(3)]
    left = sum(len(lab.run(lab.parts.executions.entries(id))) for id in ids)
    got = []
    while left > len(got):
        some = min(50, left - len(got))
        got += read(lab, stream, after=got[-1][0] if got else before, count=some)

    for id in ids:
        seqs = [data["seq"] for _, data in got if data["execution_id"] == id]
        assert seqs == list(range(1, len(seqs) + 1))


def test_a_stream_of_what_is_not_there_is_refused(http):
    assert http.get("/api/executions/nix/stream").status_code == 404
    assert http.get("/api/workflows/nix/stream").status_code == 404


@pytest.mark.parametrize("id", ["x", "-5", "9" * 30, ""])
def test_a_last_event_id_that_is_none_of_ours_begins_anew(lab, id):
    execution = lab.start("hello", wait=5)

    assert read(lab, f"/api/executions/{execution}/stream", after=id)[0][0] == 1


def test_nobody_is_followed_for_when_the_last_reader_has_left(lab):
    execution = lab.start("asks")
    read(lab, f"/api/executions/{execution}/stream", count=1)

    lab.wait_for(lambda: lab.server.front.hub.count == 0)


@pytest.mark.slow
def test_a_reader_who_does_not_read_is_cut_off_and_keeps_nobody_waiting(lab, http):
    lab.write("loop", LOOP, is_active=False)
    lab.write("large", LOOP.replace("value: item", "value: \"'x' * 50000\""), is_active=False)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(lab.listener.getsockname())
    sock.sendall(b"GET /api/workflows/large/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    lab.wait_for(lambda: lab.server.front.hub.count == 1)

    begun = time.monotonic()
    lab.start("large", inputs={"n": 300}, wait=20)
    took = time.monotonic() - begun
    lab.wait_for(lambda: lab.server.front.hub.count == 0, seconds=25)
    sock.close()

    assert took < 10


@pytest.mark.slow
def test_two_hundred_readers_see_everything(lab, http):
    lab.write("loop", LOOP, is_active=False)
    id = lab.start("loop", inputs={"n": 100})

    async def one(client):
        found = []
        async with client.stream("GET", f"{lab.url}/api/executions/{id}/stream") as stream:
            lines = stream.aiter_lines()
            found += [int(line[4:]) async for line in lines if line.startswith("id: ")]
        return found

    async def all_of_them():
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=25, limits=limits, trust_env=False) as client:
            return await asyncio.gather(*(one(client) for _ in range(200)))

    everybody = asyncio.run(all_of_them())
    count = len(lab.run(lab.parts.executions.entries(id)))

    assert all(found == list(range(1, count + 1)) for found in everybody)


@pytest.mark.parametrize(
    ("numbers", "fresh", "has_gap"),
    [
        ([4, 5, 6], [4, 5, 6], False),
        ([2, 3, 4, 3, 4, 5], [4, 5], False),
        ([5, 4], [], True),
        ([4, 6, 5], [4], True),
        ([], [], False),
    ],
)
def test_what_comes_twice_is_sent_once_and_a_gap_is_seen(numbers, fresh, has_gap):
    found = [Live(Entry("x", seq, "", 0, ExecutionResumed())) for seq in numbers]

    got, saw_gap = _following(found, 3)

    assert ([one.entry.seq for one in got], saw_gap) == (fresh, has_gap)


def test_who_falls_behind_is_given_up(monkeypatch):
    stream = Subscription("x", "")

    async def fall():
        for _ in range(hub_module.MAX_BEHIND + 1):
            stream.put(object())
        await stream.take(patience=1)

    with pytest.raises(Fallen):
        asyncio.run(fall())


def test_what_comes_between_two_readers_is_not_missed(lab):
    hub = lab.server.front.hub

    async def leave_and_come():
        first = await hub.subscribe(execution_id="a")
        hub.leave(first)
        second = await hub.subscribe(execution_id="b")
        is_following = hub._is_following.is_set()
        hub.leave(second)
        return is_following

    assert isinstance(hub, Hub)
    assert lab.run(leave_and_come())
