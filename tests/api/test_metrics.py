"""Metrics of a server: for Prometheus, and by the hour."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.slow


def told(http):
    answer = http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_prometheus_reads_what_has_happened_since_the_server_began(lab, http):
    before = told(http)
    lab.start("hello", wait=5)
    lab.start("fails", wait=5)
    after = told(http)

    def grown(status, workflow):
        labels = (("status", status), ("workflow", workflow))
        key = ("flowforge_executions_finished_total", *labels)
        return after.get(key, 0.0) - before.get(key, 0.0)

    assert grown("succeeded", "hello") == 1
    assert grown("failed", "fails") == 1


def test_metrics_are_shown_to_who_has_a_token_only(lab, http):
    token = lab.parts.access.tokens.create("prometheus", "viewer")
    try:
        assert http.get("/metrics").status_code == 401
        shown = http.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 200
    finally:
        lab.parts.access.tokens.revoke("prometheus")


def test_metrics_count_by_the_hour(lab, http):
    lab.start("hello", wait=5)

    rows = http.get("/api/metrics?workflow_id=hello").json()

    assert rows[0]["succeeded"] >= 1
    assert rows[0]["grain"] == "hour"
