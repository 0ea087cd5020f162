"""The newsletter: nobody gets it who has not clicked, and whoever leaves gets it no more."""

import re

import duckdb
import pytest

from tests.examples import stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
SITE = "http://localhost:8750"  # of this machine: nobody is asked for a token


@pytest.fixture
def folder(tmp_path, post):
    return stage.set_up(tmp_path, "newsletter", smtp_port=post.port)


@pytest.fixture
def lab(folder):
    with stage.served(folder, "subscribe", "leave", public_url=SITE) as lab:
        yield lab


def subscribe(lab, email="Anna@example.org", name="Anna"):
    return lab.http.post("/api/webhooks/subscribe", data={"email": email, "name": name})


def link_in(mail, path):
    """Return the address in a mail that leads to a path of the lab, without the site."""
    return re.search(rf"{SITE}({path}\S+)", stage.text_of(mail))[1]


def readers(folder):
    with duckdb.connect(folder / "readers.duckdb", read_only=True) as database:
        return database.execute("SELECT email, name, status FROM readers").fetchall()


def joined(lab, post):
    """Subscribe and confirm, and return the welcome."""
    subscribe(lab)
    link = link_in(post.mail_to("anna@example.org"), "/waits/")
    lab.http.post(link, headers=BROWSER)
    return post.mail_to("anna@example.org", number=2)


def test_whoever_confirms_is_a_reader(lab, folder, post):
    answer = subscribe(lab)
    asked = post.mail_to("anna@example.org")
    opened = lab.http.get(link_in(asked, "/waits/"), headers=BROWSER)
    before = readers(folder)
    clicked = lab.http.post(link_in(asked, "/waits/"), headers=BROWSER)
    welcome = post.mail_to("anna@example.org", number=2)

    assert (answer.status_code, answer.text) == (202, "Please look into your mail.")
    assert "<button>Confirm</button>" in opened.text
    assert before == []  # what opens every link of a mail confirms nothing
    assert "The next issue comes to you" in clicked.text
    assert welcome["subject"] == "Welcome"
    assert stage.ended(lab) == ["succeeded"]
    assert readers(folder) == [("anna@example.org", "Anna", "active")]


def test_a_link_works_once(lab, post):
    subscribe(lab)
    link = link_in(post.mail_to("anna@example.org"), "/waits/")
    lab.http.post(link, headers=BROWSER)

    again = lab.http.post(link, headers=BROWSER)
    opened = lab.http.get(link, headers=BROWSER | {"Sec-Fetch-Site": "cross-site"})

    assert (again.status_code, opened.status_code) == (409, 409)
    assert "used already" in opened.text


def test_who_sends_the_form_twice_gets_one_mail(lab, post):
    subscribe(lab)
    post.mail_to("anna@example.org")
    subscribe(lab)
    subscribe(lab, email="boris@example.org")
    post.mail_to("boris@example.org")

    assert len(post.mails) == 2


def test_a_reader_who_subscribes_again_is_left_alone(lab, post):
    joined(lab, post)
    stage.ended(lab)
    subscribe(lab)

    stage.ended(lab, 2)
    assert len(post.mails) == 2


@pytest.mark.parametrize(
    "email", ["nobody", "a@b", "x@y.de, victim@example.org", "a b@example.org"]
)
def test_what_is_no_address_gets_no_mail(lab, post, email):
    subscribe(lab, email=email)

    assert stage.ended(lab) == ["succeeded"]
    assert post.mails == []


def test_who_never_clicks_is_not_kept(folder, post):
    path = folder / "subscribe.flow.yaml"
    path.write_text(path.read_text().replace("timeout: 2d", "timeout: 1s"))
    with stage.served(folder, "subscribe", public_url=SITE) as lab:
        subscribe(lab)

        assert stage.ended(lab) == ["succeeded"]
    assert readers(folder) == []


def test_an_issue_goes_to_readers_until_they_leave(lab, folder, post):
    leave = link_in(joined(lab, post), "/api/webhooks/leave/")
    stage.ended(lab)
    lab.start("issue", inputs={"subject": "March", "site": SITE})
    issue = post.mail_to("anna@example.org", number=3)
    page = lab.http.get(leave)
    still = readers(folder)
    left = lab.http.post(leave, content="List-Unsubscribe=One-Click")
    lab.start("issue", inputs={"subject": "April", "site": SITE})
    stage.ended(lab, 5)

    assert issue["subject"] == "March"
    assert issue["List-Unsubscribe"].strip() == f"<{SITE}{leave}>"
    assert leave in stage.text_of(issue, "html")
    assert "<button>Leave</button>" in page.text
    assert still[0][2] == "active"
    assert "off the list" in left.text
    assert readers(folder)[0][2] == "left"
    assert len(post.mails) == 3
