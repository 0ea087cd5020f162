"""Which node types a lab has: its own files, packages, the built-in ones."""

import re
import subprocess
import sys

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.nodes import NodeTypeError, Registry
from flowforge_lab.plan import validate
from flowforge_lab.spec import Document

HELLO = '''\
"""Say hello."""

from flowforge_lab.nodes import Attempt, Model, NoInputs, node_type


class Config(Model):
    """Nothing to say."""


class Outputs(Model):
    """What was said."""

    text: str


@node_type("my.hello", title="{title}", outputs=Outputs)
async def hello(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    return Outputs(text="hello")
'''
WORKFLOW = "nodes:\n  start: {kind: trigger.manual, next: one}\n  one: {kind: my.hello, next: two}\n  two: {kind: %s}\n"


@pytest.fixture
def own(tmp_path):
    (tmp_path / "hello.py").write_text(HELLO.format(title="Hello"))
    return tmp_path


def problems(text, registry):
    return validate(Document.parse(text).workflow, registry)


def test_the_labs_own_files_are_found_and_used(own):
    registry = Registry(own)

    assert "my.hello" in registry.kinds()
    assert registry.get("my.hello").doc == "Say hello."
    assert problems(WORKFLOW % "flow.end", registry) == []


def test_listing_kinds_imports_nothing(own):
    (own / "hello.py").write_text('@node_type("my.trap")\nraise SystemExit("imported")')

    assert "my.trap" in Registry(own).kinds()


def test_a_changed_file_is_seen_by_the_next_registry(own):
    before = Registry(own).get("my.hello")
    (own / "hello.py").write_text(HELLO.format(title="Good morning"))

    assert (before.title, Registry(own).get("my.hello").title) == ("Hello", "Good morning")


def test_an_own_type_wins_over_the_built_in_one(own):
    (own / "end.py").write_text(HELLO.format(title="Mine").replace("my.hello", "flow.end"))

    assert Registry(own).get("flow.end").title == "Mine"
    assert Registry(own).replaced() == {"flow.end": own / "end.py"}
    assert Registry().get("flow.end").title != "Mine"


def test_a_broken_file_is_a_problem_of_its_nodes_and_of_no_others(own):
    (own / "broken.py").write_text(
        'import nothing_there\n\n@node_type("my.broken")\ndef broken(): ...'
    )
    registry = Registry(own)

    [problem] = problems(WORKFLOW % "my.broken", registry)

    assert (problem.node, problem.severity) == ("two", "error")
    assert "broken.py" in problem.message
    assert "nothing_there" in problem.message


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00 not text", b"", b'@node_type("my.half"', b"def f(:\n"],
    ids=["bytes", "empty", "cut off", "no Python"],
)
def test_no_file_can_hide_the_others(own, content):
    (own / "bad.py").write_bytes(content)
    (own / "folder.py").mkdir()
    (own / "gone.py").symlink_to(own / "nowhere.py")

    assert Registry(own).get("my.hello").title == "Hello"


def test_a_file_that_only_says_it_holds_a_type_is_told(own):
    (own / "empty.py").write_text('TEXT = """\n@node_type("my.promise")\n"""')

    with pytest.raises(NodeTypeError, match=r"empty\.py.*holds no such node type"):
        Registry(own).get("my.promise")


def test_an_unknown_kind_gets_a_hint(own):
    with pytest.raises(NotFoundError, match=r"did you mean 'my\.hello'"):
        Registry(own).get("my.helo")
    with pytest.raises(NotFoundError, match="flowforge nodes"):
        Registry(own).get("something.else.entirely")


def test_a_lab_without_own_nodes_has_the_built_in_ones(tmp_path):
    assert Registry(tmp_path / "nowhere").kinds() == Registry().kinds()


@pytest.mark.slow
def test_the_built_in_kinds_are_listed_without_their_modules():
    code = (
        "import sys; from flowforge_lab.nodes import Registry; print(len(Registry().kinds()));"
        "print([name for name in sys.modules if '.builtin.' in name or name in ('pandas', 'duckdb')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    count, loaded = done.stdout.split("\n", 1)
    assert int(count) >= 14
    assert loaded.strip() == "[]"


def test_going_through_all_types_leaves_a_broken_one_out_and_says_so(own, caplog):
    (own / "broken.py").write_text('@node_type("my.broken", title="x")\noops(\n')

    kinds = [kind.kind for kind in Registry(own)]

    assert "logic.condition" in kinds
    assert "my.broken" not in kinds
    assert "broken.py" in caplog.text


def test_a_file_that_cannot_even_be_parsed_is_told_though_no_kind_is_found_in_it(own, caplog):
    (own / "half.py").write_text('"""Half."""\n\nKIND = (\n')
    (own / "helper.py").write_text("NUMBER = 1\n")

    list(Registry(own))

    assert "half.py:3 cannot be parsed" in caplog.text
    assert "helper.py" not in caplog.text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('\n@node_type("my.bad")\nasync def bad(:\n', "bad.py:3 cannot be imported: SyntaxError"),
        ('"""Bad."""\n\nimport gone\n@node_type("my.bad")\ndef f(): ...\n', "bad.py:3 cannot be imported"),
        ('import sys\nsys.exit(3)\n@node_type("my.bad")\ndef f(): ...\n', "bad.py:2.*SystemExit: 3"),
        ("\nX = [\n", "bad.py:2 cannot be parsed"),
        ("\0", "bad.py.* cannot be parsed"),
    ],
)  # fmt: skip
def test_each_fault_of_an_own_file_is_told_once_with_its_line(own, content, told):
    (own / "bad.py").write_text(content)

    [fault] = Registry(own).faults()

    assert re.search(told, fault)


def test_sound_own_files_have_no_faults(own):
    assert Registry(own).faults() == []


@pytest.mark.parametrize("given", ['ports=("out", "timeout")', 'takes="in"', 'ports=["out"]'])
def test_ports_that_are_none_are_told_by_file_and_argument(own, given):
    asked = f'title="Odd", {given}, '
    text = HELLO.format(title="Odd").replace("my.hello", "my.odd").replace('title="Odd", ', asked)
    (own / "odd.py").write_text(text)

    [problem] = problems(WORKFLOW % "my.odd", Registry(own))

    argument = given.partition("=")[0]
    assert "odd.py:" in problem.message
    assert f"my.odd: {argument}: expected a tuple of ports" in problem.message
