"""Node types of the browser suite: one of every port rule and one with every form control."""

from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from flowforge_lab.nodes import (
    IN,
    OUT,
    AnyValue,
    Attempt,
    Expression,
    Model,
    NoInputs,
    Port,
    Python,
    Secret,
    Sql,
    Text,
    node_type,
)
from flowforge_lab.values import Duration, Frame


class Nothing(Model):
    """No fields."""


class Started(Model):
    """What started the execution."""

    started_at: str = Field(description="When it started.")


@node_type(
    "trigger.button",
    title="Button",
    outputs=Started,
    takes=(),
    icon="circle-play",
    color="#16a34a",
    keywords=("manual", "start"),
)
async def button(config: Nothing, inputs: NoInputs, attempt: Attempt) -> Started:
    """Start the workflow by hand.

    Nothing more is needed.
    """
    return Started(started_at="now")


class Clock(Model):
    """When to start."""

    cron: str = Field("0 8 * * *", description="Five fields: minute, hour, day, month, weekday.")
    timezone: str = "UTC"


@node_type(
    "trigger.clock",
    title="Schedule",
    outputs=Started,
    takes=(),
    icon="calendar-clock",
    color="#16a34a",
    keywords=("cron", "time"),
)
async def clock(config: Clock, inputs: NoInputs, attempt: Attempt) -> Started:
    """Start the workflow at set times."""
    return Started(started_at="now")


class Query(Model):
    """What to ask."""

    sql: Sql = Field(
        description="A question with `?` for each parameter.", examples=["select * from flights"]
    )
    connection: str | None = Field(None, description="By name; the lab's own DuckDB if empty.")
    parameters: list[str] = Field([], description="One for each `?`.")


class Rows(Model):
    """The answer."""

    rows: Frame = Field(description="The table.")
    seconds: float = Field(0.0, description="How long it took.")


@node_type(
    "sql.ask",
    title="SQL query",
    outputs=Rows,
    ports=(Port("out", "Rows", "frame"),),
    icon="database",
    color="#0891b2",
    keywords=("select", "database"),
    effects="reads",
)
async def ask(config: Query, inputs: NoInputs, attempt: Attempt) -> Rows:
    """Ask a database a question and get a table."""
    raise NotImplementedError


class Grouping(Model):
    """How to group."""

    by: str = Field(description="The column to group by.")
    value: str = Field(description="The column to reckon with.")
    how: Literal["mean", "sum", "max"] = "mean"


@node_type(
    "data.group",
    title="Group rows",
    outputs=Rows,
    ports=(Port("out", "Rows", "frame"),),
    takes=(Port("in", "Rows", "frame"),),
    icon="table-2",
    color="#0d9488",
    keywords=("pandas", "mean"),
)
async def group(config: Grouping, inputs: NoInputs, attempt: Attempt) -> Rows:
    """Group a table and reckon one number for each group."""
    raise NotImplementedError


class Spoken(Model):
    """What was said."""

    text: str


@node_type(
    "message.say",
    title="Say something",
    outputs=Spoken,
    takes=(Port("in", "Text", "value"),),
    ports=(Port("out", "Text", "value"),),
    icon="message-circle",
    color="#db2777",
    keywords=("text",),
)
async def say(config: Nothing, inputs: NoInputs, attempt: Attempt) -> Spoken:
    """Say a text."""
    raise NotImplementedError


class Case(BaseModel):
    """One way to go."""

    name: str = Field(description="The name of the port.")
    when: Expression = Field(description="It is taken where this holds.")


class Cases(Model):
    """Where to go when."""

    cases: list[Case] = Field([], description="The first that holds is taken.")


def _ways(config: Any) -> tuple[Port, ...]:
    cases = config.get("cases") or []
    return (
        *(Port(str(case["name"]), str(case["name"])) for case in cases),
        Port("otherwise", "Otherwise"),
    )


@node_type(
    "logic.ways",
    title="Switch",
    outputs=Spoken,
    ports=_ways,
    icon="split",
    color="#7c3aed",
    keywords=("case", "branch"),
)
async def ways(config: Cases, inputs: NoInputs, attempt: Attempt) -> Spoken:
    """Go the first way whose condition holds."""
    raise NotImplementedError


class Colour(Enum):
    """A colour."""

    red = "red"
    green = "green"
    blue = "a rather long name for blue"


class Login(BaseModel):
    """Who asks."""

    user: str = Field(description="The name.")
    password: Secret


class Square(BaseModel):
    """A shape."""

    shape: Literal["square"] = "square"
    side: float = 1.0


class Circle(BaseModel):
    """Another shape."""

    shape: Literal["circle"] = "circle"
    radius: float = 1.0


class Everything(Model):
    """Every kind of field."""

    title: str = Field(description="A text; may hold `{{ }}`.")
    method: Literal["GET", "POST", "PUT"] = "GET"
    colour: Colour = Colour.red
    count: int = Field(3, ge=1, le=10, description="Between 1 and 10.")
    ratio: float | None = None
    is_loud: bool = False
    wait: Duration = 600.0
    condition: Expression = True
    code: Python = "return input"
    body: Text = ""
    login: Login | None = None
    headers: dict[str, str] = {}
    tags: list[str] = []
    steps: list[Case] = []
    shape: Annotated[Square | Circle, Field(discriminator="shape")] = Square()
    extra: AnyValue = None
    either: int | str | None = None


@node_type(
    "action.everything",
    title="Everything",
    outputs=Spoken,
    ports=(OUT,),
    takes=(IN,),
    icon="sliders-horizontal",
    color="#ea580c",
    effects="writes",
    keywords=("form",),
)
async def everything(config: Everything, inputs: NoInputs, attempt: Attempt) -> Spoken:
    """Show every kind of form field.

    Use it to look at forms, with `code` and more.
    """
    raise NotImplementedError
