"""The support bot: what is asked often it answers itself, all else a person does, through the bot."""

import pytest

from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.fixture
def telegram():
    with stage.telegram("help_bot") as server:
        yield server


@pytest.fixture
def guest(telegram):
    return telegram.person("Gina", username="gina")


@pytest.fixture
def agents(telegram):
    """Two colleagues in their group."""
    return telegram.group(telegram.person("Otto"), telegram.person("Paula"))


@pytest.fixture
def folder(tmp_path, telegram, post, agents):
    folder = stage.set_up(tmp_path, "support-bot", telegram=telegram, smtp_port=post.port)
    chat = agents[0].chat.id
    stage.flowforge("variables", "set", "--lab", folder, "desk_chat", "--", chat)
    stage.flowforge("variables", "set", "--lab", folder, "desk_email", "desk@example.org")
    return folder


@pytest.fixture
def lab(folder):
    with stage.served(folder, "support") as lab:
        yield lab


def handed_over(lab, guest, agent, question="Where is my cat?"):
    """Ask what no list knows, let an agent take it, and return what the agent replies to."""
    guest.writes(question)
    guest.sees("One of them will write to you")
    asked = agent.sees(question)
    stage.waiting(lab, "desk")
    agent.presses("I take it", on=asked)
    guest.sees(f"{agent.account.first_name} is with you")
    ticket = agent.sees(f"answers {guest.account.first_name}")
    lab.wait_for(lambda: is_open(lab, ticket))
    return ticket


def is_open(lab, message):
    """Whether a message is waited at."""
    waits = lab.http.get("/api/waits").json()
    return any(wait["terms"].get("message_id") == message["message_id"] for wait in waits)


def test_what_is_asked_often_is_answered_at_once(lab, guest):
    guest.writes("When are you OPEN?")
    guest.sees("Monday to Saturday")
    guest.presses("That helps")
    guest.sees("welcome")

    assert stage.ended(lab) == ["succeeded"]


def test_both_sides_write_as_they_like_until_one_ends_it(lab, guest, agents):
    otto = agents[0]
    ticket = handed_over(lab, guest, otto)
    guest.writes("It is grey")
    otto.sees("Gina: It is grey")
    guest.writes("And small")
    otto.sees("Gina: And small")
    otto.writes("In our shop", reply_to=ticket)
    guest.sees("Otto: In our shop")
    again = otto.sees("Sent to Gina")
    lab.wait_for(lambda: is_open(lab, again))
    otto.writes("Come and get it", reply_to=again)
    guest.sees("Otto: Come and get it")
    last = otto.sees("Sent to Gina")
    lab.wait_for(lambda: is_open(lab, last))
    otto.writes("/done", reply_to=last)

    guest.sees("The talk is over")
    assert stage.ended(lab) == ["succeeded"]
    assert lab.http.get("/api/waits").json() == []


def test_an_answer_that_does_not_help_leads_to_a_person(lab, guest, agents):
    guest.writes("How can I pay?")
    guest.sees("PayPal")
    guest.presses("Talk to a person")

    assert "How can I pay?" in agents[0].sees("Gina asks")["text"]


def test_a_guest_ends_the_talk_too(lab, guest, agents):
    handed_over(lab, guest, agents[0])
    guest.writes("/end")

    agents[0].sees("Gina has ended the talk")
    guest.sees("The talk is over")


def test_two_talks_at_once_do_not_mix(lab, telegram, guest, agents):
    otto, paula = agents
    hugo = telegram.person("Hugo")
    first = handed_over(lab, guest, otto, "Where is my cat?")
    second = handed_over(lab, hugo, paula, "Where is my dog?")
    otto.writes("Your cat is here", reply_to=first)
    paula.writes("Your dog is here", reply_to=second)

    assert guest.sees("here")["text"] == "Otto: Your cat is here"
    assert hugo.sees("here")["text"] == "Paula: Your dog is here"


def test_where_nobody_takes_it_the_question_goes_into_the_mail(folder, guest, post):
    path = folder / "support.flow.yaml"
    path.write_text(path.read_text().replace("timeout: 15m", "timeout: 1s"))
    with stage.served(folder, "support") as lab:
        guest.writes("Where is my cat?")
        guest.sees("answer it here tomorrow")

        assert stage.ended(lab) == ["succeeded"]
    mail = post.mail_to("desk@example.org")
    assert mail["subject"] == "Question of Gina from Telegram"
    assert "user gina" in stage.text_of(mail)


def test_a_group_that_is_gone_loses_no_question(lab, telegram, guest, post):
    guest.starts()
    telegram.refuse("sendMessage", code=403, text="Forbidden: bot was kicked", after=1)
    guest.writes("Where is my cat?")

    guest.sees("answer it here tomorrow")
    assert post.mail_to("desk@example.org")
