"""Templates: every type has some, each is a config that its model takes, and their files may be wrong."""

import pytest

from flowforge_lab.nodes import NodeTypeError, Registry, builtin_types, templates_of
from flowforge_lab.plan import Surroundings, validate
from flowforge_lab.spec import Node, Workflow

TYPES = list(builtin_types())
REGISTRY = Registry()
FEW = {"trigger.manual": 1, "user.check_linked": 0}  # nothing, or next to nothing, can be set
ALL = [(kind, one) for kind in TYPES for one in templates_of(kind)]
OWN = '''\
"""Two types."""

from flowforge_lab.nodes import Attempt, Model, NoInputs, node_type


class Config(Model):
    """Which."""

    name: str = ""


@node_type("my.first", title="First", outputs=NoInputs)
async def first(config: Config, inputs: NoInputs, attempt: Attempt) -> NoInputs:
    """Do nothing."""
    return inputs


@node_type("my.second", title="Second", outputs=NoInputs)
async def second(config: Config, inputs: NoInputs, attempt: Attempt) -> NoInputs:
    """Do nothing."""
    return inputs
'''


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.kind)
def test_every_type_has_templates(kind):
    assert len(templates_of(kind)) >= FEW.get(kind.kind, 2)


@pytest.mark.parametrize(("kind", "one"), ALL, ids=lambda value: getattr(value, "title", ""))
def test_a_template_is_a_config_that_can_be_run(kind, one):
    node = Node(kind=kind.kind, config=dict(one.config))
    before = {} if kind.is_trigger else {"start": Node(kind="trigger.manual", next="it")}
    workflow = Workflow(id="tried", nodes={**before, "it": node})

    problems = validate(workflow, REGISTRY, Surroundings())

    found = [one for one in problems if (one.field or "").startswith("config")]
    assert not [one for one in found if one.severity == "error"], found


@pytest.mark.parametrize(("kind", "one"), ALL, ids=lambda value: getattr(value, "title", ""))
def test_a_template_is_named_in_a_few_words(kind, one):
    titles = [other.title for other in templates_of(kind)]

    assert titles.count(one.title) == 1
    assert len(one.title) <= 40
    assert not one.text or one.text.endswith((".", "?"))


@pytest.fixture
def own(tmp_path):
    """Return the types in a lab's own file, with a table of templates beside it."""

    def own(table):
        (tmp_path / "mine.py").write_text(OWN)
        (tmp_path / "mine.toml").write_text(table)
        registry = Registry(tmp_path)
        return registry.get("my.first"), registry.get("my.second")

    return own


def test_a_type_of_ones_own_has_those_beside_its_file(own):
    first, second = own('[[templates]]\ntitle = "A"\nkind = "my.first"\nconfig = { name = "a" }\n[[templates]]\ntitle = "B"\nconfig = {}\n')  # fmt: skip

    assert [one.title for one in templates_of(first)] == ["A", "B"]
    assert [one.title for one in templates_of(second)] == ["B"]


@pytest.mark.parametrize("table", ["templates = 3", "[[templates", '[[templates]]\ntitle = "A"\n', '[[templates]]\ntitle = "A"\nconfig = {}\nconfg = {}\n'])  # fmt: skip
def test_a_file_that_is_none_is_told_with_its_path(own, table):
    first, _ = own(table)

    with pytest.raises(NodeTypeError, match=r"mine\.toml: not templates"):
        templates_of(first)
