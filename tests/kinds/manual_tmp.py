"""Manual."""
from typing import Any
from pydantic import ConfigDict, Field
from flowforge_lab.nodes import Attempt, Model, node_type
class Config(Model):
    """c"""
class Inputs(Model):
    """i"""
    model_config=ConfigDict(extra="allow",frozen=True)
class Outputs(Model):
    """o"""
    model_config=ConfigDict(extra="allow",frozen=True)
@node_type("trigger.manual", title="Manual", outputs=Outputs, takes=())
async def manual(config: Config, inputs: Inputs, attempt: Attempt) -> Outputs:
    """x"""
    return Outputs(**(inputs.model_extra or {}))
