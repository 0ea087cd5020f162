"""User onboarding: from a stranger in a chat to a colleague whose first days are told."""

import json

import pytest

from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def telegram():
    with stage.telegram("people_bot") as server:
        yield server


@pytest.fixture
def nina(telegram):
    return telegram.person("Nina", username="nina_b")


@pytest.fixture
def folder(tmp_path, telegram, post):
    folder = stage.set_up(tmp_path, "user-onboarding", telegram=telegram, smtp_port=post.port)
    stage.flowforge("users", "import", folder / "newcomers.csv", "--lab", folder)
    stage.flowforge("variables", "set", "people_email", "people@example.org", "--lab", folder)
    path = folder / "welcome.flow.yaml"
    text, cut = path.read_text(), "duration: 1d, business_hours: "
    before, _, after = text.partition(cut)
    path.write_text(
        f"{before}duration: 100ms{after[after.index('}') :]}".replace("100ms}}", "100ms}")
    )
    return folder


@pytest.fixture
def lab(folder):
    with stage.served(folder, "welcome") as lab:
        yield lab


def code_for(person, post, address):
    """Say who one is, and return the code from the mail."""
    person.writes("/start")
    person.sees("e-mail address at work")
    person.writes(address)
    person.sees("six digits")
    return post.mail_to(address.lower())["subject"].partition(" ")[0]


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def task(lab, nina, text, label):
    nina.sees(text)
    stage.waiting(lab, "task")
    nina.presses(label)


def test_the_whole_way(lab, nina, post, capsys):
    code = code_for(nina, post, "Nina.Berger@example.org")
    nina.writes(f"{code[:3]} {code[3:]}")
    nina.sees("Welcome, Nina Berger! There are 3 things")
    task(lab, nina, "1. Pick up", "Done")
    task(lab, nina, "2. Set up", "Not for me")
    task(lab, nina, "3. Read", "Done")
    told = post.mail_to("people@example.org")
    nina.sees("How are your first days?")
    nina.writes("Everybody is kind")
    nina.sees("Ask the people team")
    stage.ended(lab)
    capsys.readouterr()
    stage.flowforge("users", "show", "nina", "--json", "--lab", lab.root)

    assert json.loads(capsys.readouterr().out)["telegram_id"] == nina.id
    assert told["subject"] == "Nina Berger has done 2 of 3 tasks"
    assert "skipped: Set up your mail and calendar" in stage.text_of(told)
    kept = lab.http.get("/api/variables", params={"scope": "user"}).json()
    assert [one["value"] for one in kept] == ["Everybody is kind"]


def test_who_is_known_is_greeted(lab, folder, nina):
    stage.flowforge("users", "link", "omar", nina.id, "--lab", folder)
    nina.writes("/start")

    nina.sees("Welcome back, Omar Aziz")


def test_three_wrong_codes_are_enough(lab, nina, post):
    code = code_for(nina, post, "nina.berger@example.org")
    for _ in range(2):
        nina.writes(wrong(code))
        nina.sees("That is not it")
        nina.sees("six digits")
    nina.writes(wrong(code))

    nina.sees("Send /start whenever")
    assert stage.ended(lab) == ["succeeded"]


def test_the_second_try_counts(lab, nina, post):
    code = code_for(nina, post, "nina.berger@example.org")
    nina.writes(wrong(code))
    nina.sees("That is not it")
    nina.sees("six digits")
    nina.writes(code)

    nina.sees("Welcome, Nina Berger")


def test_an_address_that_nobody_expects_gets_no_mail(lab, nina, post):
    nina.writes("/start")
    nina.sees("e-mail address at work")
    nina.writes("stranger@example.org")

    nina.sees("I do not find you")
    assert post.mails == []


def test_the_account_of_another_colleague_does_not_change_hands(lab, folder, telegram, nina, post):
    thief = telegram.person("Mallory")
    code = code_for(nina, post, "nina.berger@example.org")
    thief.writes("/start")
    thief.sees("e-mail address at work")
    thief.writes("nina.berger@example.org")
    thief.sees("six digits")
    thief.writes(code)  # the code of another talk

    thief.sees("That is not it")
