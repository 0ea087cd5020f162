"""What the documentation shows is true: its YAML validates, its Python runs, its commands exist."""

import ast
import os
import re
import shlex
import subprocess
import sys

import click
import nbformat
import pytest

from flowforge_lab.cli import command_line
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import validate
from flowforge_lab.spec import Document
from tests.docs.code_blocks import ROOT, blocks, pages

REGISTRY = Registry()
STUB = "{kind: action.transform, config: {value: 1}}"
OWN_KINDS = ("text.word_count",)
REPORT = """\
id: report
inputs: {month: {type: integer, default: 1}}
nodes:
  start: {kind: trigger.manual, next: work}
  work: {kind: action.transform, config: {value: "{{ inputs.month }}"}}
"""
PARAMETERS = nbformat.v4.new_code_cell("region = 'EU'", metadata={"tags": ["parameters"]})
NOTEBOOK = nbformat.v4.new_notebook(
    cells=[PARAMETERS, nbformat.v4.new_code_cell("told = region.lower()")]
)
CONNECTIONS = """\
[connections.post]
kind = "smtp"
host = "127.0.0.1"
from = "lab@example.org"
"""
ORDERS = '{"nodes": [{"name": "Go", "type": "n8n-nodes-base.manualTrigger"}], "connections": {}}'
BUNDLE = ROOT / "flowforge_lab" / "assets" / "editor.js"


def whole(text):
    """Return a block as a document: a lone node gets a trigger, and stubs where it leads."""
    if re.search(r"^nodes:", text, re.MULTILINE):
        return text
    node = "  ".join(("\n" + text).splitlines(keepends=True)).strip("\n")
    targets = re.findall(r"^  next: (\w+)", text, re.MULTILINE)
    stubs = "".join(f"  {name}: {STUB}\n" for name in targets)
    return f"nodes:\n{node}\n{stubs}"


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_the_yaml_of_the_pages_validates(block):
    document = Document.parse(whole(block.text))

    found = [*document.problems, *validate(document.workflow, REGISTRY)]
    unknown = [node for node in document.workflow.nodes.values() if node.kind in OWN_KINDS]

    assert [str(problem) for problem in found if problem.severity == "error"][len(unknown) :] == []


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_the_python_of_the_pages_runs_and_gives_what_it_says(block, tmp_path):
    if "ff.Editor" in block.text and not BUNDLE.exists():
        pytest.skip("the editor is not built: python extensions/editor/build_hook.py")
    (tmp_path / "report.flow.yaml").write_text(REPORT)
    (tmp_path / "orders.json").write_text(ORDERS)
    nbformat.write(NOTEBOOK, tmp_path / "report.ipynb")
    (tmp_path / ".flowforge").mkdir()
    (tmp_path / ".flowforge" / "flowforge.toml").write_text(CONNECTIONS)
    code = f"{prelude(block.text)}{checked(block.text)}\nprint('to the end')"
    (tmp_path / "snippet.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FLOWFORGE_OWNER_LINGER_SECONDS": "0.5"}

    done = subprocess.run(
        [sys.executable, "snippet.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, f"{block}\n{done.stderr}"
    assert done.stdout.endswith("to the end\n")


def prelude(code):
    """Return what a reader of the page has typed before."""
    needs_lab = re.search(r"^lab\.", code, re.MULTILINE) and "lab = " not in code
    lines = []
    if ("ff." in code or needs_lab) and "import flowforge_lab as ff" not in code:
        lines.append("import flowforge_lab as ff\n")
    if needs_lab:
        lines.append("lab = ff.open_lab()\n")
    return "".join(lines)


def checked(code):
    """Return the code with each `call  # value` made a test that it gives that value."""
    lines = []
    for line in code.splitlines():
        call, _, said = line.partition("  # ")
        try:
            lines.append(f"assert {call} == {ast.literal_eval(said)!r}, {call}" if said else line)
        except (SyntaxError, ValueError):
            lines.append(line)
    return "\n".join(lines)


def test_the_node_type_of_the_pages_is_one(tmp_path):
    [block] = [block for block in blocks("python") if "@node_type(" in block.text]
    (tmp_path / "hello.py").write_text(block.text)

    found = Registry(tmp_path).get("my.hello")

    assert (found.title, found.doc[:9]) == ("Hello", "Say hello")


def commands():
    """Return every `flowforge ...` line of the pages: from blocks, and from between backticks."""
    line = re.compile(r"(?:^|[`/])(flowforge [a-z][^`\n#|]*)", re.MULTILINE)
    return [
        pytest.param(found.strip(), id=f"{page.name}: {found.strip()}")
        for page in pages()
        for found in line.findall(page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("line", commands())
def test_the_commands_of_the_pages_are_understood(line):
    _, *words = shlex.split(line)
    command, context = command_line, click.Context(command_line)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        name = words.pop(0)
        command = command.get_command(context, name)
        assert command is not None, f"{line}: there is no command {name!r}"
        context = click.Context(command, context)

    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known | {"--help", "--json", "--"}


def test_the_pages_are_those_that_the_tests_look_into():
    assert {"yaml", "python"} <= {
        language for language in ("yaml", "python", "bash") if len(blocks(language)) > 2
    }
    assert len(commands()) > 10
