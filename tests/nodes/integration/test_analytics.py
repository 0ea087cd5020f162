import json

import duckdb
import pytest

from flowforge_lab.clients import Clients
from flowforge_lab.errors import NodeError
from flowforge_lab.nodes import NoInputs, Registry
from flowforge_lab.testing import Reply, a_real_attempt

NODE = Registry().get("integration.analytics")
EVENT = {"event": "order placed", "user": "u1", "properties": {"total": 5}}


@pytest.fixture
def count(visit, server):
    def count(service, **config):
        told = {
            "service": service,
            "host": server.url(""),
            "key": "k3y",
            "allow_private": True,
            **config,
        }
        return visit("integration.analytics", told)

    return count


def bodies(server):
    return [json.loads(one.body) for one in server.received]


def test_posthog_gets_a_batch_with_its_key(count, server):
    server.tell("/batch/", Reply(body=b'{"status": 1}'))

    got = count("posthog", **EVENT)

    [body] = bodies(server)
    assert (body["api_key"], got.count) == ("k3y", 1)
    assert body["batch"][0]["properties"] == {"total": 5, "distinct_id": "u1"}


def test_segment_gets_a_batch_with_its_write_key(count, server):
    server.tell("/v1/batch", Reply(body=b'{"success": true}'))

    count("segment", **EVENT)

    [body] = bodies(server)
    assert server.received[0].headers["authorization"] == "Basic azN5Og=="
    assert (body["batch"][0]["userId"], body["batch"][0]["type"]) == ("u1", "track")


def test_many_go_out_in_batches_by_number_and_size(count, server):
    server.tell("/batch/", Reply())
    many = [{**EVENT, "at": "2030-01-01T00:00:00"} for _ in range(250)]
    large = [{**EVENT, "properties": {"x": "y" * 150_000}} for _ in range(5)]

    assert count("posthog", events=many).batches == 3
    assert count("posthog", events=large).batches == 3
    assert [len(body["batch"]) for body in bodies(server)] == [100, 100, 50, 2, 2, 1]


def test_an_attempt_made_again_counts_nothing_twice(count, server):
    server.tell("/batch/", Reply())
    events = [EVENT, EVENT]
    count("posthog", events=events)
    count("posthog", events=events)

    first, second = ([event["uuid"] for event in body["batch"]] for body in bodies(server))
    assert first == second
    assert len(set(first)) == 2


@pytest.fixture
def keep(run, tmp_path):
    clients = Clients(
        connections={
            "lake": {"kind": "duckdb", "path": "lake.duckdb", "read_only": False},
            "shut": {"kind": "duckdb", "path": "lake.duckdb"},
        },
        folder=tmp_path,
    )

    def keep(connection="lake", **config):
        told = NODE.config.model_validate(
            {"service": "duckdb", "connection": connection, **config}
        )
        return run(NODE.run(told, NoInputs(), a_real_attempt(tmp_path, clients=clients)))

    yield keep
    run(clients.close())


def test_the_own_sink_keeps_each_event_once(keep, tmp_path):
    events = [EVENT, {**EVENT, "user": "'; DROP TABLE events; --"}]
    keep(events=events)
    keep(events=events)

    with duckdb.connect(tmp_path / "lake.duckdb", read_only=True) as lake:
        kept = lake.sql(
            "SELECT user_id, properties->>'total' FROM events ORDER BY user_id"
        ).fetchall()
    assert kept == [("'; DROP TABLE events; --", "5"), ("u1", "5")]


def test_a_sink_that_is_only_read_is_told(keep):
    with pytest.raises(NodeError) as caught:
        keep("shut", **EVENT)

    assert caught.value.type == "sql.read_only"


def test_no_events_are_no_error(count, server):
    assert count("posthog", events=[]).batches == 0
    assert server.received == []


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"event": "x"},
        {"events": "x"},
        {"events": [1]},
        {"events": [{**EVENT, "at": "yesterday"}]},
        {"events": [{**EVENT, "properties": 5}]},
        {"events": [{**EVENT, "properties": {"x": 2j}}]},
    ],
)
def test_what_is_no_event_is_told(count, server, config):
    with pytest.raises(NodeError) as caught:
        count("posthog", **config)

    assert (caught.value.type, server.received) == ("analytics.invalid", [])


@pytest.mark.parametrize(
    ("status", "again"), [(401, False), (404, False), (409, False), (429, True), (500, True)]
)
def test_a_service_that_is_not_well_is_told(count, server, status, again):
    server.tell("/batch/", Reply(status=status))

    with pytest.raises(NodeError) as caught:
        count("posthog", **EVENT)

    assert (caught.value.status, caught.value.is_transient) == (status, again)
    assert "k3y" not in str(caught.value)
