"""Alert rules as they are written: one YAML file each in the lab's folder `alerts`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flowforge_lab.errors import DocumentError, Problem
from flowforge_lab.spec import load_yaml, plain_yaml
from flowforge_lab.values import Duration

FOLDER = "alerts"
Severity = Literal["info", "warning", "critical"]


class AlertRule(BaseModel):
    """A question to the history that is asked again and again; it fires when there is any row in answer.

    In `sql` the tables are as they were at the moment `$now`. After it fired the rule is silent for
    `cooldown` seconds, however often it would fire.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", pattern=r"^[A-Za-z0-9_. -]{0,80}$")
    sql: str = Field(min_length=1)
    severity: Severity = "warning"
    every: Duration = Field(default=60.0, ge=5)
    cooldown: Duration = Field(default=3600.0, ge=0)
    is_active: bool = True


def read_rules(root: Path) -> list[AlertRule]:
    """Return the rules of the lab in `root`, by name; a file without a name in it lends it its own.

    Raises:
        DocumentError: with everything that is wrong in any of the files.
    """
    rules: dict[str, AlertRule] = {}
    problems: list[Problem] = []
    for path in sorted((root / FOLDER).glob("*.y*ml")):
        try:
            written = plain_yaml(load_yaml(path.read_text("utf-8"), path.name))
            rule = AlertRule.model_validate({"name": path.name.partition(".")[0], **written})
        except ValidationError as error:
            problems += [_problem(path, fault["loc"], fault["msg"]) for fault in error.errors()]
            continue
        except (OSError, UnicodeDecodeError, DocumentError, TypeError) as error:
            problems.append(_problem(path, (), str(error)))
            continue
        if rule.name in rules:
            problems.append(_problem(path, ("name",), f"another rule is called {rule.name!r}"))
        rules[rule.name] = rule
    if problems:
        raise DocumentError("; ".join(map(str, problems)), problems)
    return [rules[name] for name in sorted(rules)]


def _problem(path: Path, place: tuple[int | str, ...], message: str) -> Problem:
    field = ".".join(map(str, (f"{FOLDER}/{path.name}", *place)))
    return Problem("alert.invalid", message, field=field)
