"""An imported workflow runs, and gives what it gave there."""

import json

import pytest

from flowforge_lab.importers import import_file
from flowforge_lab.lab import open_lab
from flowforge_lab.settings import Settings

from .foreign import service, text_of

pytestmark = pytest.mark.slow


def run(folder, name, port=0, inputs=None, **start):
    (folder / name).write_text(text_of(name, port))
    settings = Settings(owner_linger_seconds=0.2, private_addresses_allowed=True)
    with open_lab(folder, settings=settings) as lab:
        found = lab.import_workflows(folder / name)
        outcome = lab.run(found.workflows[-1].id, inputs, **start)
        steps = {step.node: step for step in lab.steps_of(outcome.execution_id)}
    return outcome, steps


def test_n8n_s_orders_are_reported(tmp_path):
    order = {"total": 250, "customer": {"name": "Anna"}}
    with service({"/orders": order, "/report": {"ok": True}}) as (port, told):
        outcome, _ = run(tmp_path, "n8n_orders.json", port)

    path, body, headers = told[1]
    assert outcome.status == "succeeded"
    assert (told[0][0], path) == ("/orders?state=open", "/report")
    assert json.loads(body) == {"customer": "ANNA", "total": 250, "text": "Order of Anna!"}
    assert "Authorization" not in headers


def test_n8n_s_python_runs_and_its_placeholder_says_what_is_missing(tmp_path):
    body = {"customers": [{"name": "Anna", "visits": 4}]}

    outcome, steps = run(tmp_path, "n8n_batches.json", payload={"method": "POST", "body": body})

    assert outcome.status == "failed"
    assert "'Score' of n8n (n8n-nodes-base.code) was not taken over" in str(steps["score"].error)


def test_node_red_s_price_is_told(tmp_path):
    payload = {"method": "POST", "params": {"id": "7"}, "body": {"amount": 3}}
    with service({"/stock/7": {"count": 2, "name": "Tea"}}) as (port, told):
        outcome, _ = run(tmp_path, "node_red_http.json", port, payload=payload)

    assert (outcome.status, outcome.result) == ("succeeded", "Tea: 3 EUR")
    assert told[0][0] == "/stock/7"


def test_kestra_s_weather_is_reported(tmp_path):
    with service({"/weather": {"temperature": 25}}) as (port, told):
        outcome, steps = run(tmp_path, "kestra_weather.yaml", port, {"city": "Rome"})

    assert outcome.status == "succeeded", outcome.error
    assert outcome.result == {"twice": 42, "city": "Rome"}
    assert steps["yes"].output["value"] == "ROME is warm"
    assert "It is 25 degrees in Rome" in str(steps["say"].output)
    assert told[0][0] == "/weather?city=Rome"


def notebook(*cells):
    made = [
        {
            "cell_type": "code",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        }
        for cell in cells
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4})


@pytest.mark.kernel
def test_elyra_s_pipeline_of_scripts_and_notebooks_runs_in_order(tmp_path):
    (tmp_path / "load.py").write_text(
        "import os\nopen('data.csv', 'w').write('1\\n' * int(os.environ['ROWS']))\n"
    )
    (tmp_path / "count.py").write_text(
        "if __name__ == '__main__':\n    open('n.txt', 'w').write(str(len(open('data.csv').readlines())))\n"
    )
    (tmp_path / "clean.ipynb").write_text(
        notebook(
            "rows = open('data.csv').read().split()",
            "open('clean.txt', 'w').write(','.join(rows))",
        )
    )
    (tmp_path / "report.ipynb").write_text(
        notebook(
            "told = open('n.txt').read() + ': ' + open('clean.txt').read()",
            "open('report.txt', 'w').write(told)",
        )
    )

    outcome, _ = run(tmp_path, "elyra_local.pipeline")

    assert outcome.status == "succeeded", outcome.error
    assert (tmp_path / "report.txt").read_text() == "4: 1,1,1,1"


def test_a_script_beside_the_pipeline_needs_no_word(tmp_path):
    (tmp_path / "p.pipeline").write_text(text_of("elyra_local.pipeline"))
    (tmp_path / "count.py").write_text("")

    lines = {line.name: line for line in import_file(tmp_path / "p.pipeline").lines}

    assert lines["count.py"].fate == "mapped"
    assert "put 'load.py' beside the workflow" in lines["load.py"].why
