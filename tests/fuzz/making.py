"""Configs from the schema of a kind: nearly right, at the edges, of the wrong type, huge, full of expressions.

Hypothesis gives a seed, and all follows from it: a strategy for each of a thousand nested fields would
spend its time on itself.
"""

import copy
import datetime as dt
import math
import string
from decimal import Decimal
from functools import cache
from random import Random

from hypothesis import strategies as st

from flowforge_lab.nodes import templates_of

_DEEPEST = 5
_ONE_IN = 12  # so many values of a config are odd

NAMES = ("a", "b", "id", "name", "total", "items", "out", "error", "ä", "a b", "")
TEXTS = (
    "\0",
    "\ud800",
    "\u202etxt.exe",
    "👩‍👩‍👧‍👦" * 20,
    "x" * 70_000,
    "../../etc/passwd",
    "/dev/null",
    "' OR 1=1 --",
    "<b>&amp;</i>",
    "a\r\nBcc: x@example.org",
    "(a+)+$",
    "[",
    "%s%n{0}",
    "2030-02-31",
    "-1h",
    "1e999",
    "NaN",
    "Europe/Nowhere",
    "0 25 * * *",
)
EXPRESSIONS = (
    "{{ input }}",
    "{{ input.a }}",
    "{{ inputs.n }}",
    "{{ item }}",
    "a {{ nodes.start.a }} b",
    "{{ 1 / 0 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{",
    "}}",
    "{{ }}",
    "{{ secrets.gone }}",
    "{{ vars.execution.x }}",
    "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    "input['a'][0]",
    "[x for x in input]",
    "lambda: 1",
    "__import__('os')",
    "a" * 5000 + " + 1",
)
PLAIN_EXPRESSIONS = ("input", "item", "a", "a > 1", "len(input)", "name", "total * 2", "a + b")
DURATIONS = ("1s", "2h", "0s", "1d12h", "PT5M", "100000d", 3, 0.01)
MOMENTS = ("2030-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "now")
NUMBERS = (2**31, 2**63, -(2**63) - 1, 10**40, 0.5, -0.0, 1e308, math.nan, math.inf)
RARE = (
    Decimal("1.10"),
    Decimal("sNaN"),
    b"\x00\xff",
    dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
    dt.datetime(1, 1, 1, tzinfo=dt.UTC),
    dt.date(9999, 12, 31),
    dt.timedelta(days=1),
)
"""What an expression may give beside JSON."""


class Maker:
    """Makes what a seed says. With `has_templates` odd values may be expressions, else what one gives."""

    def __init__(self, seed, *, has_templates=True):
        self._random = Random(seed)
        self._rest = EXPRESSIONS if has_templates else RARE

    def config(self, kind):
        """Return a config of a kind: made from its schema, or a template with a place or two changed."""
        schema = _schema_of(kind.config)
        self._models = schema.get("$defs", {})
        known = templates_of(kind)
        if known and self._often(2):
            return self._changed(copy.deepcopy(dict(self._one(known).config)))
        return self._fields(schema, 0)

    def value(self, depth=0):
        """Return any value, mostly small."""
        if depth < 3 and self._often(2 + depth):
            inner = [self.value(depth + 1) for _ in range(self._random.randint(0, 3))]
            return inner if self._often(2) else dict(zip(self._some(NAMES), inner, strict=False))
        return self._leaf()

    def records(self):
        """Return records that share some fields, and now and then something else among them."""
        return [
            self.value() if self._often(20) else {name: self._leaf() for name in self._some(NAMES)}
            for _ in range(self._random.randint(0, 8))
        ]

    def odd(self):
        """Return a value that nobody expects."""
        match self._random.randint(0, 20):
            case 0:
                return _deep(self._random.randint(30, 400))
            case 1:
                return ["x"] * 3_000
            case 2:
                return {f"k{number}": number for number in range(3_000)}
        return self.value()

    def _often(self, one_in):
        return self._random.randrange(one_in) == 0

    def _one(self, things):
        return self._random.choice(things)

    def _some(self, things):
        return self._random.sample(things, k=self._random.randint(0, 4))

    def _leaf(self):
        match self._random.randint(0, 6):
            case 0:
                return self._one((None, True, False))
            case 1 | 2:
                return self._number()
            case 3:
                return self._one(self._rest)
        return self._text()

    def _number(self):
        return self._one(NUMBERS) if self._often(4) else self._random.randint(-3, 30)

    def _text(self):
        match self._random.randint(0, 3):
            case 0:
                return self._one(TEXTS)
            case 1:
                letters = string.printable + "äßé漢字🙂"
                return "".join(self._random.choices(letters, k=self._random.randint(0, 12)))
        return self._one(NAMES)

    def _changed(self, config):
        for _ in range(self._random.randint(1, 2)):
            holder, key = self._one(list(_places(config)) or [(config, "a")])
            holder[key] = self.odd()
        return config

    def _near(self, schema, depth):
        """Return a value near a schema: most of them fit, some are odd."""
        return self.odd() if self._often(_ONE_IN) else self._fitting(schema, depth)

    def _fitting(self, schema, depth):
        if "$ref" in schema:
            return self._fitting(self._models[schema["$ref"].rpartition("/")[2]], depth)
        if "const" in schema or "enum" in schema:
            return self._one(schema.get("enum") or [schema["const"]])
        members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if members:
            return self._fitting(self._one(members), depth)
        if schema.get("examples") and self._often(2):
            return self._one(schema["examples"])
        return self._plain(schema, depth)

    def _plain(self, schema, depth):
        match schema.get("type"):
            case "object" if "properties" in schema:
                return self._fields(schema, depth)
            case "object":
                inner = schema.get("additionalProperties")
                inner = inner if isinstance(inner, dict) else {}
                return {key: self._near(inner, depth + 1) for key in self._some(NAMES)}
            case "array":
                count = 0 if depth > _DEEPEST else self._random.randint(0, 3)
                return [self._near(schema.get("items") or {}, depth + 1) for _ in range(count)]
        return self._scalar(schema)

    def _fields(self, schema, depth):
        made = {}
        for name, field in schema["properties"].items():
            is_needed = name in schema.get("required", ()) or "const" in field
            if is_needed or (depth <= _DEEPEST and self._often(2)):
                made[name] = field.get("const") or self._near(field, depth + 1)
        return made

    def _scalar(self, schema):
        match schema.get("type"), schema.get("format"):
            case (("integer" | "number"), _):
                return self._near_bounds(schema)
            case "boolean", _:
                return self._one((True, False))
            case "string", form:
                return self._worded(form)
        return None if schema.get("type") == "null" else self.value()

    def _near_bounds(self, schema):
        bounds = [schema.get(name) for name in ("minimum", "maximum", "exclusiveMinimum")]
        edges = [edge + step for edge in bounds if edge is not None for step in (-1, 0, 1)]
        return self._one(edges) if edges and self._often(2) else self._number()

    def _worded(self, form):
        match form:
            case "duration":
                return self._one(DURATIONS)
            case "expression":
                return self._one(EXPRESSIONS if self._often(4) else PLAIN_EXPRESSIONS)
            case "date-time":
                return self._one(MOMENTS)
        return self._text()


def makers(*, has_templates=True):
    """Return the strategy of makers."""
    return st.integers(0, 2**48).map(lambda seed: Maker(seed, has_templates=has_templates))


@cache
def _schema_of(model):
    return model.model_json_schema()


def _deep(depth):
    value = "deep"
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def _places(value):
    if isinstance(value, dict | list):
        pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
        for key, inner in pairs:
            yield value, key
            yield from _places(inner)
