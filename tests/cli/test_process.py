"""How executions really went, on the command line."""

import pytest

pytestmark = pytest.mark.slow


def test_prints_variants_and_writes_pictures_and_logs(flowforge, folder):
    for _ in range(2):
        assert flowforge("run", "hello.flow.yaml").code == 0

    variants = flowforge("process", "hello.flow.yaml", "--json").json
    told = flowforge("process", "hello.flow.yaml", "edges", "--since", "1h").out
    fits = flowforge("process", "hello.flow.yaml", "conformance")
    files = [
        flowforge("process", "hello.flow.yaml", what, "--json").json["file"]
        for what in ("picture", "xes", "ocel")
    ]

    assert [(row["variant"], row["executions"]) for row in variants] == [
        ("start > greet > done", 2)
    ]
    assert "greet" in told
    assert fits.code == 0
    assert [(folder / name).stat().st_size > 500 for name in files] == [True] * 3


def test_what_is_not_drawn_any_more_exits_with_1(flowforge, folder):
    flowforge("run", "hello.flow.yaml")
    path = folder / "hello.flow.yaml"
    text = path.read_text().replace("next: greet}", "next: [greet2]}").replace("greet:", "greet2:")
    path.write_text(text.replace("nodes.greet.", "nodes.greet2."))

    assert flowforge("process", "hello.flow.yaml", "conformance", "--json").code == 1
