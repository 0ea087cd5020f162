"""Documents of other products become workflows, and the report says of each node what became of it."""

import json

import pytest

from flowforge_lab.errors import DocumentError
from flowforge_lab.importers import read_foreign
from flowforge_lab.spec import Document

from .foreign import NAMES, imported, lines_of, text_of

SOURCES = {name: name.split("_")[0] if "node_red" not in name else "node-red" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_each_document_is_known_by_its_content_and_reads_back_the_same(name):
    found = imported(name)

    assert found.source == SOURCES[name]
    for workflow in found.workflows:
        again = Document.parse(Document.of(workflow).text, stem=workflow.id)
        assert (again.problems, again.workflow) == ((), workflow)


@pytest.mark.parametrize("name", NAMES)
def test_no_credential_is_taken_over(name):
    found = imported(name)

    text = "".join(Document.of(one).text for one in found.workflows) + repr(found)
    for secret in (
        "abcdefgh12345678",
        "k3str4",
        "hunter22",
        "4wjtkzwVGBM9yKnjm3yv8r",
        "'pw'",
        "=abc",
    ):
        assert secret not in text


def test_n8n_s_expressions_items_and_bodies_are_said_by_the_nodes_they_come_from():
    (workflow,) = imported("n8n_orders.json").workflows
    nodes = workflow.nodes

    assert nodes["large"].config["condition"] == "(nodes.get_orders.body.total > 100)"
    assert (
        nodes["shape"].config["set"]["customer"]
        == "{{ nodes.get_orders.body.customer.name.upper() }}"
    )
    assert nodes["send_report"].config["body"]["value"]["total"] == "{{ nodes.shape.value.total }}"
    assert nodes["every_morning"].config == {"cron": "30 7 * * *"}
    assert nodes["get_orders"].retry.attempts == 3
    assert workflow.settings.timeout == 3600
    assert workflow.places["send_report"] == (880, 0)
    assert [note.text for note in workflow.drawn.values()] == ["## Orders\nSent once a day"]


def test_n8n_s_loops_python_errors_and_javascript():
    found = imported("n8n_batches.json")
    nodes = found.workflows[0].nodes

    assert nodes["split_out"].config["items"] == "nodes.webhook.body.customers"
    assert nodes["webhook"].config["path"] == "customers/{region}"
    assert "_input.all()" in nodes["double"].config["code"]
    assert "# for (const item of $input.all()) {" in nodes["score"].config["code"]
    assert nodes["slack"].on_error[0].node == "stop"
    assert lines_of(found)["Stop"].fate == "placeholder"
    assert lines_of(found)["Slack"].fate == "placeholder"
    assert '"channel": "#sales"' in nodes["slack"].notes


def test_n8n_s_older_nodes_circles_and_connections():
    found = imported("n8n_older.json")
    nodes = found.workflows[0].nodes

    assert nodes["cron"].config == {"cron": "15 8 * * 1"}
    assert nodes["wait"].next["out"][0].node == "back_to_set"
    assert nodes["back_to_set"].kind == "logic.jump"
    assert nodes["send_email"].disabled
    assert nodes["telegram"].continues
    wanted = {(one.name, one.kind, one.called) for one in found.connections}
    assert ("shop_db", "postgresql", "Shop DB") in wanted
    assert ("mail_of_the_shop", "smtp", "Mail of the shop") in wanted


def test_n8n_s_edges_may_name_ids():
    nodes = [
        {"id": f"id-{name}", "name": name, "type": "n8n-nodes-base.noOp", "typeVersion": 1}
        for name in ("a", "b")
    ]
    edges = {"id-a": {"main": [[{"node": "id-b", "type": "main", "index": 0}]]}}

    found = read_foreign(json.dumps({"nodes": nodes, "connections": edges}))

    assert found.workflows[0].nodes["a"].next["out"][0].node == "b"


def test_a_name_that_no_expression_could_say_gets_another_id():
    nodes = [
        {"name": name, "type": "n8n-nodes-base.noOp", "typeVersion": 1} for name in ("If", "Not")
    ]

    found = read_foreign(json.dumps({"nodes": nodes, "connections": {}}))

    assert {"if_node", "not_node"} <= set(found.workflows[0].nodes)


def test_node_red_s_tabs_links_catches_and_messages():
    found = imported("node_red_home.json")
    heating, lights = found.workflows

    assert (
        heating.nodes["split"].config["items"] == "nodes.every_ten_minutes_message.value.payload"
    )
    assert heating.nodes["every_ten_minutes_message"].next["out"][1].node == "me_example_org"
    assert heating.nodes["delay"].on_error[0].node == "me_example_org"
    assert (
        "# msg.payload = msg.payload * 9 / 5 + 32;"
        in heating.nodes["to_fahrenheit"].config["code"]
    )
    assert lights.nodes["telegram_sender"].disabled
    assert lines_of(found)["change"].why == "a value of the kind 'jsonata'"


def test_node_red_s_subflow_is_a_workflow_that_is_called():
    greet, main = imported("node_red_sub.json").workflows

    assert main.nodes["greet"].config == {
        "workflow": greet.id,
        "inputs": {"payload": "{{ nodes.go_message.value.payload }}"},
    }
    assert greet.nodes["hello"].config["set"] == {"payload": "Hello {{ inputs.payload }}"}


def test_elyra_s_nodes_wait_for_all_that_lead_to_them():
    found = imported("elyra_local.pipeline")
    (workflow,) = found.workflows

    assert workflow.nodes["before_report_ipynb"].kind == "logic.join"
    assert "os.environ['ROWS'] = '4'" in workflow.nodes["load_py"].config["code"]
    assert "AWS_SECRET" not in workflow.nodes["load_py"].config["code"]
    assert "REGION" in lines_of(found)["clean.ipynb"].why
    assert workflow.id == "elyra_local"


def test_elyra_s_older_pipelines_and_super_nodes():
    found = imported("elyra_older.pipeline")

    assert found.workflows[0].nodes["load_data"].config == {"path": "part 1/load data.ipynb"}
    assert "inner_py" in found.workflows[0].nodes
    assert lines_of(found)["plot.r"].fate == "placeholder"


def test_kestra_s_rows_branches_and_outputs():
    (workflow,) = imported("kestra_weather.yaml").workflows

    assert workflow.nodes["ask"].config["url"].endswith("/weather?city={{ inputs.city }}")
    assert (
        workflow.nodes["temperature"].config["value"] == "json.loads(nodes.ask.body).temperature"
    )
    assert workflow.nodes["warm"].next["true"][0].node == "yes"
    assert workflow.nodes["yes"].next["out"] == workflow.nodes["no"].next["out"]
    assert workflow.nodes["morning"].config["timezone"] == "Europe/Berlin"
    assert (workflow.nodes["ask"].timeout, workflow.nodes["ask"].retry.attempts) == (30, 3)
    assert workflow.settings.concurrency.limit == 2


def test_kestra_s_loops_and_what_has_no_counterpart():
    found = imported("kestra_loop.yaml")
    nodes = found.workflows[0].nodes

    assert nodes["for_each"].config == {"items": "inputs.months", "parallel": 2}
    assert nodes["both"].kind == "logic.join"
    assert nodes["which"].next["default"][0].node == "other"
    assert '# echo "{{ execution.id }}"' in nodes["shell"].config["code"]
    assert any("errors" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a mapping"),
        ("[]", "none of them"),
        ("{}", "none of them"),
        ("a: 1", "none of them"),
        ("{" * 5000, "nested too deeply"),
        ("[" * 200_000, "nested too deeply"),
        ('{"nodes": 5, "connections": []}', None),
        ("id: x\nnamespace: y\ntasks: &a [*a]", "refers to itself"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_in_words(text, told):
    if told is None:
        assert read_foreign(text).source == "n8n"
        return
    with pytest.raises(DocumentError, match=told):
        read_foreign(text)


@pytest.mark.slow
def test_aliases_of_aliases_are_refused():
    rows = ["b0: &b0 [1, 1]", *(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]" for n in range(1, 30))]

    with pytest.raises(DocumentError, match="200,000 values"):
        read_foreign("\n".join(rows))


def test_the_wrong_product_is_refused():
    with pytest.raises(DocumentError, match="Node-RED"):
        read_foreign(text_of("n8n_orders.json"), source="node-red")


def test_a_document_of_too_many_nodes_is_refused():
    nodes = [{"name": f"n{number}", "type": "x", "typeVersion": 1} for number in range(2001)]

    with pytest.raises(DocumentError, match="at most 2,000 nodes"):
        read_foreign(json.dumps({"nodes": nodes, "connections": {}}))


@pytest.mark.slow
def test_a_large_original_is_cut_so_that_the_document_can_be_written():
    big = {"parameters": {"text": "x" * 50_000}, "type": "n8n-nodes-base.slack", "typeVersion": 1}
    nodes = [{**big, "name": f"n{number}"} for number in range(100)]

    found = read_foreign(json.dumps({"nodes": nodes, "connections": {}}))

    assert len(Document.of(found.workflows[0]).text) < 900_000
