"""Waits for somebody: known addresses, judged answers, questions asked again, many in one chat."""

import asyncio
import json

import pytest

from flowforge_lab.events import VisitParked

ADDRESS = """
nodes:
  start: {kind: trigger.manual, next: tell}
  tell: {kind: test.append, config: {path: "%s", text: "{{ waits.ask.url }}"}, next: ask}
  ask: {kind: flow.wait_webhook, config: {expects: {type: object, required: [ok]}, timeout: 1h}, next: {received: after, timeout: late}}
  after: {kind: action.transform, config: {value: nodes.ask.answer}}
  late: {kind: action.transform, config: {value: "'late'"}}
"""
CHAT = """
nodes:
  start: {kind: trigger.manual, next: ask}
  ask: {kind: test.wait_reply, config: {chat: c1, path: "%s", number: true, timeout: 1h}, next: {received: after, invalid: wrong, timeout: late}}
  after: {kind: action.transform, config: {value: nodes.ask}}
  wrong: {kind: action.transform, config: {value: "'wrong'"}}
  late: {kind: action.transform, config: {value: "'late'"}}
"""


@pytest.fixture
def said(tmp_path):
    return tmp_path / "said"


def keys(bench, outcome):
    return [
        wait.key
        for wait in asyncio.run(bench.journal.find_waits(execution_id=outcome.execution_id))
    ]


def answer(bench, key, value):
    return asyncio.run(bench.journal.answer(key, json.dumps(value)))


def test_the_address_that_was_told_is_the_one_that_is_waited_at(bench, said):
    parked = bench.run(ADDRESS % said)

    told = said.read_text().split()[-1]
    assert parked.status == "waiting"
    assert keys(bench, parked) == [f"webhook:{told.removeprefix('/waits/')}"]


def test_goes_on_with_the_answer(bench, said):
    parked = bench.run(ADDRESS % said)
    answer(bench, keys(bench, parked)[0], {"ok": {"$blob": {"digest": "x"}}})

    outcome = bench.resume(parked.execution_id, ADDRESS % said)

    assert outcome.result == {"after": {"value": {"ok": {"$blob": {"digest": "x"}}}}}


def test_an_answer_that_does_not_fit_leaves_the_wait_as_it_is(bench, said):
    parked = bench.run(ADDRESS % said)
    answer(bench, keys(bench, parked)[0], {"no": 1})

    again = bench.resume(parked.execution_id, ADDRESS % said)

    assert again.status == "waiting"
    assert keys(bench, again) == keys(bench, parked) != []


def test_nobody_answered_in_time(bench, said):
    parked = bench.run(ADDRESS % said)
    bench.let_time_pass(parked.execution_id)

    outcome = bench.resume(parked.execution_id, ADDRESS % said)

    assert outcome.result == {"late": {"value": "late"}}


@pytest.mark.parametrize("text", [ADDRESS, CHAT])
def test_goes_on_with_the_answer_from_a_cut_at_any_event_after_it(bench, said, text):
    text %= said

    def answered():
        parked = bench.run(text)
        answer(bench, keys(bench, parked)[0], 7 if "chat" in text else {"ok": 1})
        return bench.resume(parked.execution_id, text)

    kinds = [entry.event for entry in bench.entries(answered().execution_id)]
    parked_at = next(
        place for place, event in enumerate(kinds, 1) if isinstance(event, VisitParked)
    )
    for keep in range(parked_at + 2, len(kinds)):  # with the resume, and what was waited for
        cut = answered()
        bench.journal.cut(cut.execution_id, keep)
        assert bench.resume(cut.execution_id, text).result == cut.result


def test_each_turn_of_a_loop_has_an_address_of_its_own(bench, said):
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: each}}
  each: {{kind: logic.loop, config: {{items: "[1, 2]", parallel: 2}}, next: {{body: [tell, ask], done: after}}}}
  tell: {{kind: test.append, config: {{path: "{said}", text: "{{{{ waits.ask.token }}}}"}}}}
  ask: {{kind: flow.wait_webhook, next: {{received: each}}}}
  after: {{kind: action.transform, config: {{value: "[one.answer for one in nodes.each.results]"}}}}
"""
    parked = bench.run(text)
    told = sorted(line.split()[-1] for line in said.read_text().splitlines())
    assert sorted(keys(bench, parked)) == [f"webhook:{token}" for token in told]
    assert len(set(told)) == 2

    for number, key in enumerate(keys(bench, parked)):
        answer(bench, key, number)

    assert bench.resume(parked.execution_id, text).result["after"]["value"] == [0, 1]


def test_a_wait_that_is_come_to_again_has_another_address(bench, said):
    text = f"""
nodes:
  start: {{kind: trigger.manual, next: tell}}
  tell: {{kind: test.append, config: {{path: "{said}", text: "{{{{ waits.ask.token }}}}"}}, next: ask}}
  ask: {{kind: flow.wait_webhook, next: {{received: again}}}}
  again: {{kind: logic.jump, config: {{max_jumps: 1}}, next: {{out: tell, exhausted: after}}}}
  after: {{kind: action.transform, config: {{value: "nodes.ask.answer"}}}}
"""
    outcome = bench.run(text)
    for number in (1, 2):
        key = f"webhook:{said.read_text().split()[-1]}"
        assert keys(bench, outcome) == [key]
        answer(bench, key, number)
        outcome = bench.resume(outcome.execution_id, text)

    assert outcome.result == {"after": {"value": 2}}


def test_a_wrong_answer_makes_it_ask_again(bench, said):
    parked = bench.run(CHAT % said)
    answer(bench, "chat:c1", "many")
    again = bench.resume(parked.execution_id, CHAT % said)
    answer(bench, "chat:c1", "7")

    outcome = bench.resume(parked.execution_id, CHAT % said)

    assert again.status == "waiting"
    assert said.read_text().splitlines() == ["ask#1", "ask#2 'many' is no number"]
    assert outcome.result["after"]["value"] == {"text": 7, "asks": 2}


def test_it_asks_no_more_often_than_it_may(bench, said):
    outcome = bench.run(CHAT % said)
    for _ in range(3):
        answer(bench, "chat:c1", "x")
        outcome = bench.resume(outcome.execution_id, CHAT % said)

    assert outcome.result == {"wrong": {"value": "wrong"}}
    assert len(said.read_text().splitlines()) == 3


def test_asking_again_does_not_prolong_the_wait(bench, said):
    parked = bench.run(CHAT % said)
    answer(bench, "chat:c1", "x")
    bench.resume(parked.execution_id, CHAT % said)
    first, second = bench.events(parked.execution_id, VisitParked)
    bench.let_time_pass(parked.execution_id)

    assert first.until == second.until
    assert bench.resume(parked.execution_id, CHAT % said).result == {"late": {"value": "late"}}


def test_of_several_questions_in_one_chat_the_first_asked_gets_the_first_answer(bench, said):
    parked = [bench.run(CHAT % said) for _ in range(3)]
    got = [answer(bench, "chat:c1", number) for number in (1, 2, 3)]

    assert got == [one.execution_id for one in parked]
    assert answer(bench, "chat:c1", 4) is None


def test_a_question_that_is_asked_again_stands_behind_the_others(bench, said):
    one, other = (bench.run(CHAT % said) for _ in range(2))
    answer(bench, "chat:c1", "x")
    bench.resume(one.execution_id, CHAT % said)

    got = [answer(bench, "chat:c1", number) for number in (1, 2)]

    assert got == [other.execution_id, one.execution_id]


def test_a_decision_after_a_crash_is_no_answer_to_the_question(bench, said):
    text = (CHAT % said).replace("timeout: 1h}", "timeout: 1h}, on_crash: ask")
    parked = bench.run(text)
    bench.journal.cut(parked.execution_id, 3)  # the question was begun, and not parked
    asked = bench.resume(parked.execution_id, text)
    [key] = keys(bench, asked)
    answer(bench, key, "rerun")

    again = bench.resume(parked.execution_id, text)

    assert key.startswith("crash:")
    assert (again.status, keys(bench, again)) == ("waiting", ["chat:c1"])
