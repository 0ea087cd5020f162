"""The base of the models of node types."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """The base of every `Config`, `Inputs` and `Outputs`: frozen; unknown config fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
