"""Run Python code of your own, with any package that is installed here and modules beside the workflow.

What `inputs` names is there as a variable; data frames are pandas frames. What the code calls
`result` is the result; a pandas frame flows on as a table. `print` and `log("text",
level="warning")` go to the step's log, `progress(0.5, "half")` shows how far it is.

The code runs in a process of its own that is used once: it cannot hurt the lab, and ends with the
step. It is no wall against bad intent: the code may do what you may do.

Best practice: say in `effects` what the code does outside, so that a crash or a retry does not do
it twice. For small values `action.transform` is a hundred times quicker.
Troubleshooting: `code.memory` asks for a higher `max_memory_mb`; `code.crashed` means that the
process died (a fault in a compiled package, or `os._exit`).
"""

import ast
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from flowforge_lab.clients import CodeJob, CodeLimits
from flowforge_lab.nodes import Attempt, Effects, Expression, Model, NoInputs, Python, node_type

_MEGABYTE = 1_000_000
_MAX_LINES = 200
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class Config(Model):
    """The code, and what it gets."""

    code: Python = Field(
        min_length=1,
        description="The code; it gives its result by the name `result`.",
        examples=["result = flights.groupby('carrier').dep_delay.mean().reset_index()"],
    )
    inputs: dict[Name, Expression] = Field(
        default_factory=dict,
        description="Variables for the code, by expressions.",
        examples=[{"flights": "nodes.load.frame", "limit": "inputs.limit"}],
    )
    effects: Literal["none", "reads", "writes"] = Field(
        default="writes",
        description="What the code does outside: nothing, only reading, or writing. After a crash, "
        "code that writes is not run again by itself.",
    )
    max_memory_mb: int = Field(default=2_000, ge=50, description="The most memory, in megabytes.")

    @field_validator("code")
    @classmethod
    def _is_python(cls, code: str) -> str:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        try:
            compile(code, "code", "exec", flags=flags)
        except (SyntaxError, ValueError) as error:
            raise ValueError(_told(error)) from error
        return code


class Outputs(Model):
    """What the code gave."""

    result: Any = Field(description="What the code called `result`; null if nothing.")
    logs: list[str] = Field(description="The first lines of its output, at most 200.")


def _told(error: SyntaxError | ValueError) -> str:
    if not isinstance(error, SyntaxError) or not error.lineno:
        return str(error)
    character = f", character {error.offset}" if error.offset else ""
    return f"line {error.lineno}{character}: {error.msg}"


def _effects(config: Mapping[str, Any]) -> Effects:
    effects = config.get("effects")
    return effects if effects in ("none", "reads") else "writes"


@node_type(
    "python.code",
    title="Python code",
    outputs=Outputs,
    icon="code",
    color="#0ea5e9",
    effects="writes",
    effects_of=_effects,
    is_idempotent=False,
    keywords=("script", "pandas", "function", "program"),
)
async def code(config: Config, inputs: NoInputs, attempt: Attempt) -> Outputs:
    """Run the code in a worker process."""
    lines: list[str] = []

    def log(message: str, *, level: str = "info", source: str = "node") -> None:
        attempt.log(message, level=level, source=source)
        if len(lines) < _MAX_LINES:
            lines.append(message)

    job = CodeJob(
        directory=attempt.folder,
        source=config.code,
        inputs=config.inputs,
        limits=CodeLimits(max_memory_bytes=config.max_memory_mb * _MEGABYTE),
    )
    result = await attempt.clients.code.run(job, log=log, progress=attempt.progress)
    return Outputs(result=result, logs=lines)
