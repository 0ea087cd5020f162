"""`flowforge pin`, `unpin` and `run --with-pins`."""

import pytest


@pytest.mark.slow
def test_outputs_are_pinned_used_and_taken_away(flowforge, folder):
    flowforge("init")
    assert flowforge("pin", "hello.flow.yaml").out == "nothing is pinned\n"
    [told] = flowforge("pin", "hello.flow.yaml", "greet", '{"value": "pinned"}', "--json").json
    ran = flowforge("run", "hello.flow.yaml", "--with-pins", "--json").json
    steps = flowforge("show", ran["execution_id"], "--json").json["steps"]

    assert (told["node"], told["outputs"]) == ("greet", {"value": "pinned"})
    assert ran["result"] == "pinned"
    assert [step["node"] for step in steps if step["pinned"]] == ["greet"]
    assert "it was not run" in flowforge("show", ran["execution_id"]).out
    assert flowforge("run", "hello.flow.yaml", "--json").json["result"] == "hello world"
    assert flowforge("unpin", "hello", "greet").out == "unpinned: greet\n"
    assert flowforge("unpin", "hello", "greet").code == 3


@pytest.mark.slow
def test_what_a_node_gave_and_what_a_file_says_can_be_pinned(flowforge, folder):
    flowforge("init")
    (folder / "outputs.json").write_text('{"value": "from a file"}')
    ran = flowforge("run", "hello.flow.yaml", "--json").json["execution_id"]

    assert flowforge("pin", "hello", "greet", "--from", ran).code == 0
    assert "hello world" in flowforge("pin", "hello").out
    assert flowforge("pin", "hello", "greet", "@outputs.json").code == 0
    assert "from a file" in flowforge("pin", "hello").out


@pytest.mark.slow
def test_what_cannot_be_pinned_is_told(flowforge, folder):
    flowforge("init")

    assert flowforge("pin", "hello.flow.yaml", "greet", '{"valu": 1}').code == 1
    assert flowforge("pin", "hello.flow.yaml", "gret", "{}").code == 3
    assert flowforge("pin", "hello.flow.yaml", "greet", "{").code == 2
    assert flowforge("pin", "hello.flow.yaml", "greet", "@nothing.json").code == 2
    assert flowforge("pin", "hello.flow.yaml", "greet").code == 2
