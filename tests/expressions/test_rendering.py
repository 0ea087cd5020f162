from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pandas as pd
import pytest

from flowforge_lab.errors import ExpressionError
from flowforge_lab.expressions import NEEDS_SANDBOX, Evaluator, compile_value
from flowforge_lab.values import Frame

from .conftest import SCOPE


def quick(text, scope=SCOPE):
    return Evaluator().try_render(compile_value(text), scope)


def test_a_whole_template_hands_out_the_value_itself():
    assert quick("{{ nodes.load.rows }}") is SCOPE["nodes"]["load"]["rows"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ nodes.load.rows[-1].id + 1 }}", 3),
        ("{{ nodes.load.count > 1 and not nodes.load.user }}", True),
        ("{{ 1 < inputs.month <= 7 }}", True),
        ("{{ 'Oslo' in ['Oslo', 'Rome'] }}", True),
        ("{{ inputs.month in (1, 7) }}", True),
        ("{{ 'city' in nodes.load.rows[0] }}", True),
        ("{{ nodes.load.user is None }}", True),
        ("{{ 'big' if nodes.load.count > 10 else 'small' }}", "small"),
        ("{{ len(nodes.load.rows) * 10 - 1 }}", 19),
        ("{{ -inputs.month // 2 }}", -4),
        ("{{ 'Dear ' + inputs.name }}", "Dear Ann"),
        ("{{ nodes.load.rows[input.x].id }}", 2),
        ("{{ nodes.load.user or 'nobody' }}", "nobody"),
        ("{{ vars.user.points }}", 12),
        ("{{ {'id': inputs.month, 'all': [1, inputs.name]} }}", {"id": 7, "all": [1, "Ann"]}),
        ("{{ trigger.at.year }}", 2026),
        ("{{ now() > trigger.at }}", True),
        ("{{ default(nodes.absent.x, 'none') }}", "none"),
        ("{{ default(nodes.load.rows[5], 'none') }}", "none"),
        ("{{ default(nodes.load.user.name, 'none') }}", "none"),
        ("{{ default(nodes.load.user, 'none') }}", None),
    ],
)
def test_simple_expressions_need_no_sandbox(text, expected):
    assert quick(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {{ inputs.name }}!", "Hello Ann!"),
        ("[{{ nodes.load.user }}]", "[]"),
        ("{{ nodes.load.mean }} km", "3.5 km"),
        ("at {{ trigger.at }}", "at 2026-03-29T08:30:00+00:00"),
        ("{{ nodes.load.count }}{{ nodes.load.count }}", "22"),
        (" {{ nodes.load.rows[0] }}", ' {"id": 1, "city": "Oslo"}'),
        ("{{ inputs.name == 'Ann' }}.", "True."),
        ("literal {{ '{{' }}", "literal {{"),
    ],
)
def test_mixed_text_is_joined(text, expected):
    assert quick(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ [row.id for row in nodes.load.rows] }}", [1, 2]),
        ("{{ sum(row.id for row in nodes.load.rows) }}", 3),
        ("{{ sorted(nodes.load.rows, key=lambda row: -row.id)[0].id }}", 2),
        ("{{ inputs.name.upper() }}", "ANN"),
        ("{{ f'{inputs.month:02d}/{now():%Y}' }}", "07/2026"),
        ("{{ f'{inputs.name!r:>7}' }}", "  'Ann'"),
        ("{{ now() - timedelta(days=1) }}", datetime(2026, 11, 20, 9, 0, tzinfo=UTC)),
        ("{{ date(2026, 1, 31) }}", date(2026, 1, 31)),
        ("{{ json.loads('[1, 2]') }}", [1, 2]),
        ("{{ re.sub('n+', '-', inputs.name) }}", "A-"),
        ("{{ math.floor(nodes.load.mean) }}", 3),
        ("{{ [default(row.nope, 0) for row in nodes.load.rows] }}", [0, 0]),
        ("{{ [default(row['city'].x, '?') for row in nodes.load.rows] }}", ["?", "?"]),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ {*inputs.name} == {'A', 'n'} }}", True),
        ("{{ inputs.name[:2] }}", "An"),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ {**input, 'y': 2} }}", {"x": 1, "y": 2}),
        ("{{ max(nodes.load.count, *[5, 6]) }}", 6),
        ("{{ default(nodes.absent.x, 1) + max(1, 2) }}", 3),
        ("{{ sum([1]) if True else nodes.absent.x }}", 1),
        ("{{ '%.1f' % nodes.load.mean }}", "3.5"),
        ("{{ [\n  row.id\n  for row in nodes.load.rows\n] }}", [1, 2]),
        ("{{ [input for input in [1]] + [input.x] }}", [1, 1]),
    ],
)
def test_everything_else_is_python(render, text, expected):
    assert quick(text) is NEEDS_SANDBOX
    assert render(text) == expected


def test_all_expressions_of_a_config_go_to_the_sandbox_together(render):
    config = {"a": "{{ max(1, 2) }}", "b": ["{{ input.x }}", "n={{ min(3, 4) }}"], "c": True}

    assert render(config) == {"a": 2, "b": [1, "n=3"], "c": True}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("see {{ nodes.absent.x }}", ("absent.x }}", "has not run in this execution")),
        ("{{ nodes.load.rosw }}", ("rosw }}", "did you mean 'rows'?")),
        ("{{ nodes.load.rows.id }}", ("id }}", "take one item first, such as [0].id")),
        ("{{ nodes.load.rows[9] }}", ("9] }}", "there are 2")),
        ("{{ nodes.load.user.name }}", ("name }}", "None has no 'name'")),
        ("{{ inptu.x }}", ("inptu.x }}", "did you mean 'input'?")),
        ("{{ item.x }}", ("item.x }}", "only known inside a loop")),
        ("{{ 1 + inputs.month / 0 }}", ("inputs.month / 0 }}", "division by zero")),
        ("{{ 'ü' + str(1 / 0) }}", ("1 / 0) }}", "division by zero")),
        ("{{ max(1, 2) }} {{ [r.nope for r in nodes.load.rows] }}", ("r.nope for", "no 'nope'")),
        ("{{ sum(nodes.load.nope) }}", ("nope) }}", "there is no 'nope'")),
        ("{{ sum([\n 1,\n inputs.name.x]) }}", ("x]) }}", "a text has no 'x'")),
        ("{{ inputs.name.frobnicate() }}", ("inputs.name.frobnicate", "'frobnicate'")),
        ("{{ int('seven') }}", ("int('seven')", "invalid literal")),
        ("{{ 'a' < 1 }}", ("'a' < 1", "not supported between")),
        ("{{ len(5) }}", ("len(5)", "has no len")),
        ("{{ open('/etc/passwd') }}", ("open(", "unknown name 'open'")),
        ("{{ [len] }}", ("[len] }}", "is not a value")),
    ],
)
def test_a_failure_names_its_field_and_points_at_the_character(render, text, told):
    points_at, says = told

    with pytest.raises(ExpressionError) as caught:
        render({"deep": [text]})

    error = caught.value
    assert says in str(error)
    assert error.field == "deep.0"
    assert error.source[error.offset :].startswith(points_at)


def test_a_path_that_leads_nowhere_only_matters_where_it_is_used(render):
    assert render("{{ 1 if max(1, 2) else nodes.absent.x }}") == 1
    assert render(["{{ default(nodes.absent.x, sum([2])) }}", "{{ max(3, 1) }}"]) == [2, 3]


def test_frames_are_handed_on_and_their_size_can_be_asked():
    frame = Frame.of(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    scope = {"input": frame}

    assert quick("{{ input }}", scope) is frame
    assert quick("{{ input.row_count > 1 and 'b' in input.columns and len(input) == 2 }}", scope)


@pytest.mark.parametrize("text", ["{{ sum(input) }}", "{{ [input] + [1] }}", "{{ input.a }}"])
def test_a_frame_never_enters_the_sandbox(render, text):
    with pytest.raises(ExpressionError, match="data frame"):
        render(text, {"input": Frame.of(pd.DataFrame({"a": [1]}))})


def test_a_frame_has_no_text():
    with pytest.raises(ExpressionError, match="row_count"):
        quick("all: {{ input }}", {"input": Frame.of(pd.DataFrame({"a": [1]}))})


@pytest.mark.parametrize(
    "value",
    [
        *([0] * 10_001, {n: n for n in range(10_001)}, [[0] * 9_000] * 30),
        [[[{"deep": object()}]]],
    ],
)
def test_what_is_too_big_or_strange_is_told_where_to_go(render, value):
    with pytest.raises(ExpressionError, match=r"python\.code"):
        render("{{ [x for x in input] }}", {"input": value})


@pytest.mark.parametrize(
    "value",
    [
        *(True, 5, 2.5, "é😀", None, b"\x00", [1, [2]], {"a": {"b": 1}}, {1: 2}, 2**70),
        *(Decimal("1.50"), date(2026, 1, 1), datetime(2026, 1, 1, 5, tzinfo=UTC)),
        *(timedelta(hours=3), float("inf")),
    ],
)
def test_values_come_back_from_the_sandbox_as_they_went_in(render, value):
    assert render("{{ [x for x in [input]][0] }}", {"input": value}) == value


def test_a_uuid_enters_as_its_text(render):
    value = UUID(int=7)

    assert render("{{ str(input).upper() }}", {"input": value}) == str(value).upper()


def test_the_clock_of_the_sandbox_stands_still(render):
    assert render("{{ datetime.now() == datetime.now() and datetime.now().year }}") == 2026


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([date(2026, 1, 1), Decimal("1.5")], '! ["2026-01-01", "1.5"]'),
        (timedelta(hours=1), "! 1:00:00"),
        (b"x", None),
        ([b"x"], None),
        ({(1, 2): 3}, None),
    ],
)
def test_odd_values_have_a_text_or_say_why_not(value, text):
    if text is not None:
        assert quick("! {{ input }}", {"input": value}) == text
        return
    with pytest.raises(ExpressionError) as caught:
        quick("! {{ input }}", {"input": value})
    assert caught.value.field == ""


@pytest.mark.parametrize(
    "text",
    [
        *("[-input.x, +input.x, not input.x]", "1 < 2 < 3 > input.x", "[input.x, 1] == [1, 1]"),
        *(
            "input['x'] + inputs['month']",
            "(nodes.load.user or input).x",
            "'a' not in inputs.name",
        ),
    ],
)
def test_more_simple_forms_need_no_sandbox(text):
    assert quick("{{ " + text + " }}") is not NEEDS_SANDBOX


def test_long_texts_are_put_together_in_the_sandbox_where_memory_has_a_limit():
    assert quick("{{ input + input }}", {"input": "x" * 600_000}) is NEEDS_SANDBOX


def test_a_chain_of_comparisons_that_cannot_be_compared_is_left_to_the_sandbox(render):
    with pytest.raises(ExpressionError, match="not supported between"):
        render("{{ 1 < 2 < 'a' }}")


def test_a_field_is_named_by_its_whole_path(render):
    with pytest.raises(ExpressionError) as caught:
        render({"headers": [{"x": "{{ input.nope }}"}]})

    assert str(caught.value).startswith("headers.0.x: input: there is no 'nope'")


def test_texts_that_grow_without_end_are_refused():
    with pytest.raises(ExpressionError, match="longer than"):
        quick(["{{ input }}" * 9 + "."] * 4, {"input": "x" * 1_000_000})
