"""Schedules that QStash carries: made, removed, looked at; and its calls, genuine and not."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

import flowforge_lab as ff
from flowforge_lab.cli import main
from flowforge_lab.errors import ServiceError, SettingsError
from flowforge_lab.services import is_public, microseconds
from flowforge_lab.settings import Settings
from tests.qstash_stand_in import KEY, NEXT, PUBLIC, qstash_settings, qstash_stand_in

TICK = """\
nodes:
  tick: {{kind: trigger.schedule, config: {{cron: "{cron}", timezone: Europe/Berlin}}, next: work}}
  work: {{kind: action.transform, config: {{value: trigger.due_at}}}}
"""
ADDRESS = f"{PUBLIC}/api/qstash/webhook"


@pytest.fixture
def qstash():
    with qstash_stand_in() as server:
        yield server


@pytest.fixture
def settings(qstash):
    return Settings(owner_linger_seconds=0.5, poll_seconds=0.05, **qstash_settings(qstash))


@pytest.fixture
def tick(folder):
    path = folder / "tick.flow.yaml"
    path.write_text(TICK.format(cron="0 * * * *"))
    return path


def receive(lab, call, url="", **changed):
    asked = lab.parts.qstash_calls.receive(call.headers | changed, call.body, url)
    return lab._loop.run_sync(asked)


def the_only(qstash):
    [id] = qstash.schedules
    return id


def now():
    return int(datetime.now(UTC).timestamp())


def by_environment(lab, settings, monkeypatch):
    """Let the command line find the lab and the settings of a test."""
    monkeypatch.chdir(lab.root)
    for name in ("public_url", "qstash_url"):
        monkeypatch.setenv(f"FLOWFORGE_{name}".upper(), getattr(settings, name))
    monkeypatch.setenv("FLOWFORGE_QSTASH_TOKEN", "token")
    monkeypatch.setenv("FLOWFORGE_QSTASH_CURRENT_SIGNING_KEY", KEY)


@pytest.mark.slow
def test_activation_makes_a_schedule_and_deactivation_removes_it(lab, tick, qstash):
    lab.activate(tick)
    lab.activate(tick)
    [made] = qstash.schedules.values()
    lab.deactivate("tick")

    assert made["cron"] == "CRON_TZ=Europe/Berlin 0 * * * *"
    assert (made["destination"], made["retries"], made["timeout"]) == (ADDRESS, 3, 30)
    assert qstash.schedules == {}


@pytest.mark.slow
def test_a_deactivation_that_qstash_did_not_hear_of_can_be_tried_again(lab, tick, qstash):
    lab.activate(tick)
    qstash.down += [500] * 10
    with pytest.raises(ServiceError, match="QStash"):
        lab.deactivate("tick")
    kept = dict(qstash.schedules)
    qstash.down.clear()
    lab.deactivate("tick")

    assert len(kept) == 1
    assert qstash.schedules == {}
    assert lab.schedules() == []


@pytest.mark.slow
def test_a_schedule_that_a_later_version_dropped_is_removed(lab, tick, qstash):
    lab.activate(tick)
    first = the_only(qstash)
    tick.write_text(TICK.format(cron="0 * * * *").replace("tick:", "tock:"))
    lab.activate(tick)

    assert the_only(qstash) != first


@pytest.mark.slow
@pytest.mark.parametrize("cron", ["*/10 * * * * *", "0 0 L * *", "@hourly", "0 0 * * mon#1"])
def test_what_qstash_cannot_say_stays_with_the_host(lab, tick, qstash, cron):
    tick.write_text(TICK.format(cron=cron))
    lab.activate(tick)

    assert qstash.schedules == {}
    assert "carrier" not in lab.schedules()[0].spec


def test_nothing_is_activated_while_qstash_refuses(lab, tick, qstash):
    qstash.token = "another"

    with pytest.raises(ServiceError, match="QStash: 401"):
        lab.activate(tick)
    assert lab.schedules() == []


@pytest.mark.slow
def test_a_failure_that_passes_is_tried_again(lab, tick, qstash):
    qstash.down = [500, 429]
    lab.activate(tick)

    assert len(qstash.schedules) == 1


@pytest.mark.slow
def test_a_genuine_call_starts_the_fire_that_is_due(lab, tick, qstash):
    lab.activate(tick)

    received = receive(lab, qstash.call(the_only(qstash)), ADDRESS)

    assert (received.status, received.http_status) == ("started", 200)
    due_at = lab.wait(received.execution_id).result["work"]["value"]
    assert timedelta(0) <= datetime.now(UTC) - due_at < timedelta(hours=1, minutes=1)
    assert (due_at.minute, due_at.second) == (0, 0)


def test_the_next_key_counts_as_well(lab, tick, qstash):
    lab.activate(tick)

    assert receive(lab, qstash.call(the_only(qstash), key=NEXT)).status == "started"


@pytest.mark.slow
def test_without_a_next_key_only_the_present_one_counts(folder, tick, qstash, settings):
    alone = settings.model_copy(update={"qstash_next_signing_key": Settings().qstash_token})
    with ff.open_lab(folder, settings=alone) as lab:
        lab.activate(tick)
        call = qstash.call(the_only(qstash))
        forged = qstash.call(the_only(qstash), key=NEXT)

        assert receive(lab, call).status == "started"
        assert receive(lab, forged).status == "refused"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"key": "sig_" + "3" * 40}, "verification failed"),
        ({"exp": now() - 3600, "nbf": now() - 7200}, "expired"),
        ({"nbf": now() + 3600}, "not yet valid"),
        ({"iat": now() - 3600, "nbf": now() - 3600, "exp": now() + 3600}, "too long ago"),
        ({"sub": f"{PUBLIC}/api/other"}, "Invalid subject"),
        ({"sub": "https://evil.example.org/api/qstash/webhook"}, "Invalid subject"),
        ({"iss": "Somebody"}, "issuer"),
        ({"body": "AAAA"}, "Invalid body hash"),
        ({"jti": None}, "JWT ID must be a string"),
    ],
)
def test_calls_that_are_not_genuine_are_refused(lab, tick, qstash, claims, reason):
    lab.activate(tick)

    received = receive(lab, qstash.call(the_only(qstash), **claims))

    assert (received.status, received.http_status) == ("refused", 401)
    assert reason.lower() in received.reason.lower()
    assert lab.heads() == []


@pytest.mark.slow
def test_odd_calls_are_refused_and_break_nothing(lab, tick, qstash):
    lab.activate(tick)
    call = qstash.call(the_only(qstash))
    take = lab.parts.qstash_calls.receive
    odd = [
        ({}, call.body),
        ({"Upstash-Signature": "x"}, call.body),
        ({"Upstash-Signature": "e30.e30.e30"}, call.body),
        (call.headers, b""),
        (call.headers, b"\xff\xfe"),
        (call.headers, call.body + b" "),
        (call.headers, b"x" * 100_000),
    ]

    found = {lab._loop.run_sync(take(headers, body)).status for headers, body in odd}

    assert found == {"refused"}
    assert receive(lab, call, f"{PUBLIC}/api/elsewhere").status == "refused"
    assert lab.heads() == []


@pytest.mark.slow
def test_a_call_that_is_replayed_is_refused_also_after_a_restart(
    lab, tick, qstash, folder, settings
):
    lab.activate(tick)
    call = qstash.call(the_only(qstash))
    first = receive(lab, call)
    again = receive(lab, call, **{"Upstash-Message-Id": "another"})
    lab.close()

    with ff.open_lab(folder, settings=settings) as other:
        later = receive(other, call)
        assert len(other.heads()) == 1
    assert (first.status, again.status, later.status) == ("started", "replayed", "replayed")
    assert (again.http_status, again.execution_id) == (409, first.execution_id)


def test_a_further_attempt_at_a_message_stands_for_the_same_fire(lab, tick, qstash):
    tick.write_text(TICK.format(cron="* * * * *"))
    lab.activate(tick)
    id = the_only(qstash)
    first = receive(lab, qstash.call(id, message_id="m", iat=now() - 240))

    second = receive(lab, qstash.call(id, message_id="m"))

    assert (second.status, second.execution_id) == ("known", first.execution_id)


@pytest.mark.slow
def test_two_hosts_and_both_ways_of_firing_start_one_execution(
    lab, tick, qstash, folder, settings
):
    lab.activate(tick)
    id = the_only(qstash)
    with ff.open_lab(folder, settings=settings) as other, ThreadPoolExecutor(8) as threads:
        calls = [qstash.call(id) for _ in range(8)]
        labs = [lab, other] * 4
        found = [one.status for one in threads.map(receive, labs, calls)]
    [schedule] = lab.schedules()
    due_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    croniter_too = {key: value for key, value in schedule.spec.items() if key != "carrier"}
    put = lab.parts.store.schedules.put
    lab._loop.run_sync(put("tick", "tick", croniter_too, next_at=microseconds(due_at)))
    lab._loop.run_sync(lab.parts.host.look())

    assert sorted(found) == ["known"] * 7 + ["started"]
    assert len(lab.heads()) == 1


def test_a_host_leaves_alone_what_qstash_carries(lab, tick):
    lab.activate(tick)
    [schedule] = lab.schedules()
    past = microseconds(datetime.now(UTC) - timedelta(minutes=1))
    put = lab.parts.store.schedules.put
    lab._loop.run_sync(put("tick", "tick", schedule.spec, next_at=past))
    lab._loop.run_sync(lab.parts.host.look())

    assert lab.heads() == []


def test_a_call_for_what_is_not_active_any_more_starts_nothing(lab, tick, qstash):
    lab.activate(tick)
    call = qstash.call(the_only(qstash))
    lab.deactivate("tick")

    received = receive(lab, call)

    assert (received.status, received.http_status) == ("inactive", 410)
    assert lab.heads() == []


@pytest.mark.slow
def test_the_state_of_deliveries_is_told(lab, tick, qstash):
    lab.activate(tick)
    id = the_only(qstash)
    before = lab.deliveries()[0].state
    qstash.note(id, qstash.call(id), is_delivered=False)
    after = lab.deliveries()[0].state
    qstash.schedules.clear()

    assert (before, after, lab.deliveries()[0].state) == ("none", "fail", "missing")


@pytest.mark.slow
def test_the_command_tells_of_deliveries_also_while_qstash_is_gone(
    lab, tick, qstash, settings, monkeypatch, capsys
):
    lab.activate(tick)
    by_environment(lab, settings, monkeypatch)
    found = []
    for qstash.token in ("token", "another"):
        with pytest.raises(SystemExit):
            main(["schedules", "--json"])
        found.append(json.loads(capsys.readouterr().out)[0]["delivery"]["state"])

    assert found == ["none", "unknown"]


@pytest.mark.slow
def test_whoever_activates_is_told_who_fires(lab, tick, settings, monkeypatch, capsys):
    by_environment(lab, settings, monkeypatch)
    told = []
    for cron in ("0 * * * *", "*/5 * * * * *"):
        tick.write_text(TICK.format(cron=cron))
        with pytest.raises(SystemExit):
            main(["activate", "tick.flow.yaml"])
        told.append(capsys.readouterr().err)

    assert "QStash fires it" in told[0]
    assert "flowforge serve" in told[1]


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://flows.example.org", True),
        ("https://8.8.8.8:443", True),
        ("http://localhost:8080", False),
        ("http://x.localhost", False),
        ("http://127.0.0.1", False),
        ("http://10.1.2.3", False),
        ("http://[::1]:80", False),
        ("http://server", False),
        ("", False),
    ],
)
def test_only_a_public_address_is_one(url, answer):
    assert is_public(url) is answer


def test_without_a_public_address_hosts_fire_the_schedules(folder, tick, qstash, settings):
    local = settings.model_copy(update={"public_url": "http://localhost:8080"})
    with ff.open_lab(folder, settings=local) as lab:
        lab.activate(tick)

        assert lab.parts.qstash_calls is None
        assert qstash.schedules == {}


def test_a_token_without_a_signing_key_is_a_mistake(folder, settings):
    keyless = settings.model_copy(update={"qstash_current_signing_key": Settings().qstash_token})

    with pytest.raises(SettingsError, match="qstash_current_signing_key"):
        ff.open_lab(folder, settings=keyless)


def test_tokens_and_keys_are_not_shown_with_the_settings(settings):
    assert "token'" not in repr(settings)
    assert KEY not in repr(settings)
