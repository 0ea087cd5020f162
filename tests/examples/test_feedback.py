"""Feedback: what guests say is kept, what went wrong is told at once, and a report comes every week."""

import duckdb
import pytest

import flowforge_lab as ff
from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


@pytest.fixture
def telegram():
    with stage.telegram("cafe_bot") as server:
        yield server


@pytest.fixture
def guest(telegram):
    return telegram.person("Gus")


@pytest.fixture
def boss(telegram):
    [boss] = telegram.group(telegram.person("Boss"))
    return boss


@pytest.fixture
def folder(tmp_path, telegram, post, boss):
    folder = stage.set_up(tmp_path, "feedback", telegram=telegram, smtp_port=post.port)
    stage.flowforge("variables", "set", "--lab", folder, "managers_chat", "--", boss.chat.id)
    stage.flowforge("variables", "set", "--lab", folder, "managers_email", "boss@example.org")
    return folder


@pytest.fixture
def lab(folder):
    with stage.served(folder, "feedback") as lab:
        yield lab


def kept(folder):
    with duckdb.connect(folder / "feedback.duckdb", read_only=True) as database:
        return database.execute("SELECT rating, comment FROM feedback").fetchall()


def rate(guest, stars):
    guest.writes("/feedback")
    guest.sees("How was your visit")
    guest.presses(f"{stars} ⭐")


def test_stars_and_words_are_kept(lab, guest, folder):
    rate(guest, 5)
    guest.sees("say more")
    guest.writes("Good; DROP TABLE feedback --")
    guest.sees("Thank you")

    assert stage.ended(lab) == ["succeeded"]
    assert kept(folder) == [(5, "Good; DROP TABLE feedback --")]


def test_bad_feedback_is_told_to_the_managers_at_once(lab, guest, boss, folder):
    rate(guest, 1)
    guest.sees("What went wrong?")
    guest.writes("The soup was cold")

    told = boss.sees("1 of 5 from Gus")

    assert told["text"].endswith("The soup was cold")
    assert stage.ended(lab) == ["succeeded"]


def test_stars_count_without_words(lab, guest, folder):
    rate(guest, 4)
    guest.sees("say more")
    guest.writes("/skip")
    guest.sees("Thank you")

    assert stage.ended(lab) == ["succeeded"]
    assert kept(folder) == [(4, "")]


def test_where_the_group_is_gone_the_managers_get_a_mail(lab, guest, telegram, post):
    rate(guest, 2)
    guest.sees("What went wrong?")
    telegram.refuse("sendMessage", code=403, text="Forbidden: bot was kicked from the group chat")
    telegram.refuse("sendMessage", code=403, text="Forbidden: bot was kicked from the group chat")
    guest.writes("/skip")

    mail = post.mail_to("boss@example.org")

    assert mail["subject"] == "2 of 5 from Gus"
    assert "Nothing was written" in stage.text_of(mail)


def test_a_guest_who_goes_away_leaves_nothing_behind(folder, guest):
    path = folder / "feedback.flow.yaml"
    path.write_text(path.read_text().replace("timeout: 1h", "timeout: 1s"))
    with stage.served(folder, "feedback") as lab:
        guest.writes("/feedback")
        guest.sees("How was your visit")

        assert stage.ended(lab) == ["succeeded"]
        assert lab.http.get("/api/waits").json() == []


def test_a_week_without_feedback_is_quiet(folder, post):
    with ff.open_lab(folder) as lab:
        outcome = lab.run(folder / "weekly.flow.yaml")

    assert (outcome.status, outcome.result, post.mails) == ("succeeded", "no feedback", [])


@pytest.mark.kernel
@pytest.mark.timeout(200)
def test_the_report_of_the_week_comes_by_mail(folder, post):
    with ff.open_lab(folder) as lab:
        lab.run(folder / "sample.flow.yaml")
        outcome = lab.run(folder / "weekly.flow.yaml")

    mail = post.mail_to("boss@example.org")
    html = stage.text_of(mail, "html")
    assert outcome.result == "3.8 of 5 from 12 guests in 7 days"
    assert mail["subject"] == f"Feedback: {outcome.result}"
    assert "The sandwich was &lt;cold&gt;, and nobody cared" in html
    assert "Too old" not in html
    assert any(part.get_content_type() == "image/png" for part in mail.walk())
