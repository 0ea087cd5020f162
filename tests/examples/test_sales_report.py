"""The weekly sales report: what stands in the mail is what pandas alone says of the file."""

import io
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import flowforge_lab as ff
from tests.examples import stage

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]
START, END = "2026-03-09", "2026-03-16"


@pytest.fixture(scope="module")
def post():
    with stage.post_office() as post:
        yield post


@pytest.fixture(scope="module")
def lab(tmp_path_factory, post):
    folder = stage.set_up(tmp_path_factory.mktemp("lab"), "sales-report", smtp_port=post.port)
    with ff.open_lab(folder) as lab:
        lab.set_variable("sales_report_to", "boss@example.org")
        yield lab


@pytest.fixture(scope="module")
def report(lab, post):
    """The outcome of a good week, and its mail."""
    outcome = lab.run(lab.root / "sales.flow.yaml", {"until": END})
    return outcome, post.mail_to("boss@example.org")


@pytest.fixture(scope="module")
def source():
    table = pd.read_csv(stage.EXAMPLES / "sales-report" / "sales.csv")
    return table.assign(revenue=table.quantity * table.price)


def attached(mail):
    return {part.get_filename(): part.get_content() for part in mail.iter_attachments()}


def test_the_headline_has_the_figures_of_pandas(report, source):
    week = source[(source.day >= START) & (source.day < END)].revenue.sum()
    before = source[(source.day >= "2026-03-02") & (source.day < START)].revenue.sum()

    outcome, mail = report

    change = f"{abs(week / before - 1):.1%} {'more' if week >= before else 'less'}"
    assert outcome.result["headline"].startswith(f"{week:,.2f} from {START} to {END}, {change}")
    assert mail["subject"] == f"Sales: {outcome.result['headline']}"


def test_the_mail_shows_the_chart_and_the_products(report):
    _, mail = report

    html = mail.get_body(("html",)).get_content()
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert "cid:chart.png" in html
    assert "<th>product</th><th>sold</th><th>revenue</th>" in html
    assert images[0].get_content().startswith(b"\x89PNG")


def test_the_report_is_attached_as_a_page_without_its_code(report):
    outcome, mail = report

    page = attached(mail)["report.html"]

    assert outcome.result["headline"] in page
    assert "import pandas" not in page


def test_tables_are_attached(report, source):
    _, mail = report
    week = source[(source.day >= START) & (source.day < END)]

    files = attached(mail)
    table = pd.read_excel(io.BytesIO(files[f"sales-{START}.xlsx"])).set_index("product")
    sales = pd.read_csv(io.StringIO(files["sales.csv"]))

    wanted = week.pivot_table(index="product", columns="shop", values="revenue", aggfunc="sum")
    assert table.loc["espresso", "Harbour"] == pytest.approx(wanted.loc["espresso", "Harbour"])
    assert table.to_numpy().sum() == pytest.approx(week.revenue.sum())
    assert sales.revenue.sum() == pytest.approx(
        source[(source.day >= "2026-03-02") & (source.day < END)].revenue.sum()
    )


def test_the_executed_notebook_is_kept(report):
    outcome, _ = report

    notebook = json.loads(Path(outcome.result["notebook"]).read_text())

    assert all(
        cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"
    )


def test_a_week_without_sales_is_a_failure_that_says_so(lab, report):
    outcome = lab.run(lab.root / "sales.flow.yaml", {"until": "2031-01-06"})

    assert outcome.status == "failed"
    assert "no sales from 2030-12-30 on" in outcome.error.title


def test_a_notebook_that_fails_is_told_by_mail(lab, report, post):
    path = lab.root / "report.ipynb"
    whole = path.read_text()
    path.write_text(whole.replace("import io", "import no_such_module"))

    outcome = lab.run(lab.root / "sales.flow.yaml", {"until": END})
    path.write_text(whole)

    mail = post.mail_to("boss@example.org", number=2)
    assert outcome.status == "failed"
    assert mail["subject"] == "The sales report could not be made"


def test_it_is_due_on_mondays_at_seven_in_berlin(lab):
    lab.activate(lab.root / "sales.flow.yaml")

    [due] = lab.schedules()
    lab.deactivate("sales")

    at = datetime.fromtimestamp(due.next_at / 1e6, ZoneInfo("Europe/Berlin"))
    assert at.strftime("%a %H:%M") == "Mon 07:00"
