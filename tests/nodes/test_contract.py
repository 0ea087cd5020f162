"""What makes a function a node type, and what is said where it cannot be one."""

import asyncio

import pytest
from pydantic import ValidationError

from flowforge_lab.nodes import (
    ERROR,
    IN,
    OUT,
    VALUE,
    Attempt,
    Emit,
    Model,
    NoInputs,
    Port,
    fits,
    node_type,
)


class Config(Model):
    size: int = 1


class Outputs(Model):
    text: str = ""


def made(run, kind="my.node", **facts):
    return node_type(kind, title="Mine", outputs=Outputs, **facts)(run)


async def run(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Do nothing."""
    return Outputs()


def test_the_models_are_read_from_the_function():
    kind = made(run)

    assert (kind.config, kind.inputs, kind.outputs) == (Config, NoInputs, Outputs)
    assert (kind.category, kind.effects, kind.version) == ("my", "none", 1)
    assert kind.inputs_of({}) == (IN,)
    assert kind.outputs_of({}) == (OUT,)


def test_the_description_is_the_modules():
    assert made(run).doc == __doc__


async def bare(config, inputs, attempt):
    return Outputs()


async def one(config: Config):
    return Outputs()


async def quoted(config: "Config", inputs: NoInputs, attempt: Attempt):
    return Outputs()


@pytest.mark.parametrize("function", [bare, one, quoted])
def test_a_function_without_its_models_is_refused_with_its_place(function):
    with pytest.raises(TypeError, match=r"test_contract.*annotated parameters"):
        made(function)


def test_a_function_that_is_not_async_is_refused():
    def plain(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
        return Outputs()

    with pytest.raises(TypeError, match=r"my.node: .* must be async; write `async def plain`"):
        made(plain)


def test_an_unknown_fact_is_refused():
    with pytest.raises(TypeError, match="colour"):
        made(run, colour="red")


def test_ports_may_follow_from_the_config():
    kind = made(run, ports=lambda config: tuple(Port(name) for name in config.get("cases", ())))

    assert [port.name for port in kind.outputs_of({"cases": ["a", "b"]})] == ["a", "b"]


def test_effects_may_be_narrowed_by_the_config():
    kind = made(run, effects="writes", effects_of=lambda config: config.get("does", "writes"))

    assert kind.effects_with({}) == "writes"
    assert kind.effects_with({"does": "reads"}) == "reads"


def test_a_kind_of_the_trigger_group_is_a_trigger():
    assert made(run, "trigger.mine").is_trigger
    assert not made(run, "my.trigger").is_trigger


def test_edges_run_between_ports_of_one_type_or_of_any():
    assert fits(VALUE, VALUE)
    assert fits(OUT, VALUE)
    assert fits(ERROR, IN)
    assert not fits(VALUE, ERROR)


def test_configs_are_frozen_and_refuse_unknown_fields():
    with pytest.raises(ValidationError, match="sise"):
        Config(sise=2)
    with pytest.raises(ValidationError, match="frozen"):
        Config().size = 2


def test_inputs_that_look_at_nothing_take_anything():
    assert NoInputs.model_validate({"whatever": 1}) == NoInputs()


def test_a_node_type_is_called_through_its_function():
    outputs = asyncio.run(made(run).run(Config(), NoInputs(), None))

    assert Emit(outputs).port == "out"
