"""Workflow files: read, changed, written, with everything their author put there."""

import pytest

from flowforge_lab.errors import ConflictError, DocumentError, NotFoundError
from flowforge_lab.spec import Document, Node, Retry, Workflow, digest, upgrade

TEXT = """\
# What this is for
flowforge: 1
name: Loyalty  # shown on the screen
x-team: ops
inputs: {phone: {type: string, required: true}}
nodes:
  # where it begins
  start: {kind: trigger.manual, next: ask}
  ask:
    kind: logic.condition   # asks
    config: {condition: "inputs.phone"}
    x-owner: me
    next: {"true": find, "false": [bye, find]}
  find: {kind: action.transform, timeout: 10m, on_error: bye}
  bye: {kind: flow.end}
canvas: {start: [0, 0]}
"""


def changed(document, **nodes):
    workflow = document.workflow
    return workflow.model_copy(update={"nodes": {**workflow.nodes, **nodes}})


def test_an_unchanged_workflow_leaves_the_text_as_it_was():
    document = Document.parse(TEXT)

    assert document.with_workflow(document.workflow).text == TEXT


def test_ports_named_true_or_like_a_number_need_no_quotes():
    text = TEXT.replace('"true": find, "false": [bye, find]', "true: find, 404: bye")
    document = Document.parse(text)

    assert set(document.workflow.nodes["ask"].next) == {"true", "404"}
    assert document.with_workflow(document.workflow).text == text


def test_a_change_leaves_comments_order_and_unknown_keys_elsewhere():
    document = Document.parse(TEXT)
    node = document.workflow.nodes["find"].model_copy(update={"timeout": 5.0})

    text = document.with_workflow(changed(document, find=node)).text

    assert text == TEXT.replace("timeout: 10m", "timeout: 5s")


def test_a_renamed_node_keeps_its_comments_and_place():
    document = Document.parse(TEXT)
    nodes = {
        ("begin" if id == "start" else id): node for id, node in document.workflow.nodes.items()
    }
    workflow = document.workflow.model_copy(update={"nodes": nodes})

    text = document.with_workflow(workflow, renamed={"start": "begin"}).text

    assert "# where it begins\n  begin: {kind: trigger.manual" in text


def test_a_new_node_is_written_at_the_end_in_block_style():
    document = Document.parse(TEXT)

    text = document.with_workflow(
        changed(document, more=Node(kind="python.code", config={"code": "a = 1\nb = 2\n"}))
    ).text

    assert (
        "  more:\n    kind: python.code\n    config:\n      code: |\n        a = 1\n        b = 2\n"
        in text
    )


def test_a_removed_node_is_gone_and_the_rest_stays():
    document = Document.parse(TEXT)
    nodes = {id: node for id, node in document.workflow.nodes.items() if id != "bye"}

    text = document.with_workflow(document.workflow.model_copy(update={"nodes": nodes})).text

    assert "bye: {kind" not in text
    assert "x-owner: me" in text


def test_what_is_written_reads_back_the_same():
    document = Document.parse(TEXT)

    again = Document.parse(Document.of(document.workflow).text)

    assert again.workflow == document.workflow
    assert again.problems == ()


def test_the_digest_ignores_canvas_comments_notes_and_order():
    one = Document.parse(TEXT).workflow
    nodes = dict(reversed(one.nodes.items()))
    nodes["bye"] = nodes["bye"].model_copy(update={"notes": "the end"})
    other = one.model_copy(update={"nodes": nodes, "canvas": {"bye": (9.0, 9.0)}})

    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    "change",
    [
        ("10m", "11m"),
        ("inputs.phone", "inputs.name"),
        ('true": find', 'true": bye'),
        ("name: Loyalty", "name: X"),
    ],
)
def test_the_digest_sees_every_change_of_meaning(change):
    assert digest(Document.parse(TEXT).workflow) != digest(
        Document.parse(TEXT.replace(*change)).workflow
    )


def test_three_ways_to_write_an_edge_are_one():
    texts = ("next: b", "next: [b]", "next: {out: b}", "next: {out: [b.in]}")
    found = {
        digest(Document.parse(f"nodes: {{a: {{kind: k.k, {t}}}, b: {{kind: k.k}}}}").workflow)
        for t in texts
    }

    assert len(found) == 1


def test_every_fault_of_form_is_told_at_once_with_its_line():
    text = TEXT.replace("timeout: 10m", "timeout: soon, retry: {attempts: 0}").replace(
        "x-owner", "owner"
    )

    problems = Document.parse(text).problems

    told = {(problem.node, problem.field, problem.line) for problem in problems}
    assert told == {("find", "timeout", 14), ("find", "retry.attempts", 14), ("ask", "owner", 12)}


def test_a_mistyped_field_hides_nothing_of_the_rest():
    document = Document.parse(TEXT.replace("timeout: 10m", "timeout: soon"))

    assert len(document.workflow.nodes) == 4
    assert document.workflow.nodes["find"].on_error[0].node == "bye"


def test_one_wrong_setting_hides_neither_the_others_nor_what_is_sound():
    settings = "settings: {durability: execution, timeout: 2x, timeot: 1s}\nnodes:"
    document = Document.parse(TEXT.replace("nodes:", settings, 1))

    assert document.workflow.settings.durability == "execution"
    assert {(one.field, one.hint) for one in document.problems} == {
        ("settings.timeout", ""),
        ("settings.timeot", "did you mean 'timeout'?"),
    }


@pytest.mark.parametrize(
    ("old", "new", "field", "hint"),
    [
        ("timeout: 10m", "retry: {atempts: 3}", "retry.atempts", "attempts"),
        ("timeout: 10m", "retry: {backoff: linaer}", "retry.backoff", "linear"),
        ("timeout: 10m", "tiemout: 10m", "tiemout", "timeout"),
        ("type: string", "type: strng", "inputs.phone.type", "string"),
        ("required: true", "requierd: true", "inputs.phone.requierd", "required"),
    ],
)
def test_a_misspelt_word_at_any_depth_is_recognised(old, new, field, hint):
    [problem] = Document.parse(TEXT.replace(old, new)).problems

    assert (problem.field, problem.hint) == (field, f"did you mean {hint!r}?")


@pytest.mark.parametrize("node", ["5", "null", "{kind: 5}", "{next: 1}", "{kind: x, config: 5}"])
def test_a_node_of_any_wrong_shape_leaves_the_others_alone(node):
    document = Document.parse(f"nodes: {{a: {{kind: x}}, b: {node}}}")

    assert document.workflow.nodes["a"].kind == "x"
    assert {problem.node for problem in document.problems} == {"b"}


def test_a_config_built_in_python_that_holds_itself_is_refused():
    config = {"value": "1"}
    config["self"] = [config]

    with pytest.raises(ValueError, match="refers to itself"):
        Workflow().with_node("a", "action.transform", config=config)


def test_saving_a_document_with_faults_keeps_what_was_not_understood():
    document = Document.parse(TEXT.replace("timeout: 10m", "timeout: soon"))
    node = document.workflow.nodes["bye"].model_copy(update={"label": "Bye"})

    assert "timeout: soon" in document.with_workflow(changed(document, bye=node)).text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "found nothing"),
        ("- a\n- b", "found a list"),
        ("a: [1, 2", "expected ',' or"),
        ("nodes: {a: {kind: x}, a: {kind: y}}", "duplicate key"),
        ("nodes: &n\n  s: {kind: x, config: {<<: *n}}", "refers to itself"),
        ("nodes: &n {s: {kind: x, config: *n}}", "document:1: a part refers to itself"),
        ("nodes:\n  s: &s\n    config: *s", "document:3: a part refers to itself"),
        ("x-a: &a [1, {b: *a}]\nnodes: {}", "refers to itself"),
        ("x-a: &a {? *a : 1}\nnodes: {}", "refers to itself"),
        ("flowforge: 99\nnodes: {}", "upgrade flowforge-lab"),
        ("flowforge: one", "found 'one'"),
        (
            "a: &a [x, x]\nb: &b [*a, *a]\n"
            + "".join(
                f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join(['*' + chr(98 + n)] * 9)}]\n"
                for n in range(8)
            ),
            "200,000 values",
        ),
        ("[" * 5000, "nested too deeply"),
        ("a: \x00", "control characters|not allowed"),
    ],
)
def test_text_that_is_no_workflow_gets_a_clear_error(text, expected):
    with pytest.raises(DocumentError, match=expected):
        Document.parse(text)


def test_an_alias_that_leads_nowhere_back_means_what_it_names():
    text = "x-shared: &s {value: '1'}\nnodes: {a: {kind: x, config: *s}, b: {kind: x, config: {<<: *s}}}"
    nodes = Document.parse(text).workflow.nodes

    assert nodes["a"].config == nodes["b"].config == {"value": "1"}


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "big.flow.yaml"
    path.write_text("# x\n" * 3_000_000)

    with pytest.raises(DocumentError, match="1,000,000"):
        Document.read(path)


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path):
    (tmp_path / "b.flow.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(NotFoundError, match=r"no file .*a\.flow\.yaml"):
        Document.read(tmp_path / "a.flow.yaml")
    with pytest.raises(DocumentError, match="UTF-8"):
        Document.read(tmp_path / "b.flow.yaml")


def test_two_writers_of_one_file_do_not_overwrite_each_other(tmp_path):
    path = tmp_path / "a.flow.yaml"
    path.write_text(TEXT)
    mine, theirs = Document.read(path), Document.read(path)
    node = theirs.workflow.nodes["bye"].model_copy(update={"label": "Bye"})
    theirs.with_workflow(changed(theirs, bye=node)).write()

    with pytest.raises(ConflictError, match="changed by somebody else"):
        mine.write()

    assert "label: Bye" in path.read_text()
    mine.write(force=True)
    assert path.read_text() == TEXT


def test_the_id_is_the_stem_of_the_file_unless_it_names_one(tmp_path):
    (tmp_path / "report.flow.yaml").write_text("nodes: {}")
    (tmp_path / "other.flow.yaml").write_text("id: mine\nnodes: {}")

    assert Document.read(tmp_path / "report.flow.yaml").workflow.id == "report"
    assert Document.read(tmp_path / "other.flow.yaml").workflow.id == "mine"


def test_a_document_of_format_0_is_lifted():
    text = """
flowforge: 0
nodes: [{id: a, kind: trigger.manual}, {id: b, kind: flow.end}]
edges: [{from: a, to: b}]
"""

    document = Document.parse(text)

    assert document.problems == ()
    assert [str(edge) for edge in document.workflow.edges()] == ["a.out -> b"]


def test_lifts_are_taken_one_version_at_a_time():
    raw = upgrade(
        {"flowforge": -1, "a": 1},
        {-1: lambda r: {**r, "a": r["a"] + 1}, 0: lambda r: {**r, "b": r["a"]}},
    )

    assert (raw["a"], raw["b"], raw["flowforge"]) == (2, 2, 1)


def test_a_workflow_is_built_in_python_step_by_step():
    workflow = (
        Workflow(id="report")
        .with_node("start", "trigger.manual", next="work")
        .with_node(
            "work",
            "action.transform",
            config={"value": "1"},
            retry={"attempts": 2},
            on_error="bye",
        )
        .with_node("bye", "flow.end")
    )

    assert [str(edge) for edge in workflow.edges()] == ["start.out -> work", "work.error -> bye"]
    assert workflow.nodes["work"].retry == Retry(attempts=2)


@pytest.mark.parametrize("place", ["[.nan, 1]", "[.inf, -.inf]", "[1e400, 2]", "[1, 1e10]"])
def test_a_place_on_the_canvas_that_is_nowhere_is_told_and_left_out(place):
    document = Document.parse(f"nodes: {{a: {{kind: x}}}}\ncanvas: {{a: {place}}}")

    [problem] = document.problems
    assert (problem.field, problem.severity, problem.line) == ("canvas.a", "warning", 2)
    assert "canvas" not in document.workflow.plain()


def test_a_canvas_built_in_python_holds_only_places():
    with pytest.raises(ValueError, match="than or equal to"):
        Workflow(canvas={"a": (float("nan"), 1.0)})


@pytest.mark.parametrize("id", ['""', r'"a\n"', '"a b"', "1", "é", "a" * 65])
def test_an_id_that_is_none_is_told_with_its_line(id):
    [problem] = Document.parse(f"flowforge: 1\nnodes: {{{id}: {{kind: x}}}}").problems

    assert (problem.code, problem.line) == ("document.id", 2)


def test_python_names_no_node_what_a_file_may_not():
    with pytest.raises(ValueError, match="should match pattern"):
        Workflow().with_node("a b", "flow.end")
    with pytest.raises(ValueError, match="should match pattern"):
        Workflow(nodes={"": {"kind": "flow.end"}})


def test_an_emoji_in_the_two_halves_of_json_is_one_character():
    document = Document.parse('{"nodes": {"a": {"kind": "x", "label": "\\ud83c\\udf89"}}}')

    assert document.workflow.nodes["a"].label == "🎉"
    assert digest(document.workflow)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (r'"\ud800"', r"document:3: '\\ud800' is half a character"),
        (r'"\udf89\ud83c"', "half a character"),
        ('{"\\ud800": 1}', "half a character"),
        ("0x" + "f" * 6000, "document:3: a number of more than 4,000 digits"),
        ("9" * 5000, "document:3: Exceeds the limit"),
        ("2020-13-45", "document:3: month must be in 1..12"),
        ("!!float abc", "document:3: could not convert"),
    ],
)
def test_a_value_that_is_none_is_told_with_its_line(value, expected):
    with pytest.raises(DocumentError, match=expected):
        Document.parse(f"flowforge: 1\nnodes:\n  a: {{kind: x, config: {{value: {value}}}}}")


@pytest.mark.parametrize("fields", [{"label": "\ud800"}, {"config": {"a": [{"\udc00": 1}]}}])
def test_python_puts_no_half_of_a_character_in_a_workflow(fields):
    with pytest.raises(ValueError, match="half a character"):
        Workflow().with_node("a", "flow.end", **fields)


def test_a_file_that_cannot_be_written_is_told_and_not_raised_as_the_systems_own_error(tmp_path):
    path = tmp_path / f"{'a' * 240}.flow.yaml"  # the draft beside it would have too long a name

    with pytest.raises(ConflictError, match=r"cannot write .* name too long"):
        Document.parse(TEXT).write(path)


def test_a_save_keeps_the_mode_of_the_file_and_the_link_to_it(tmp_path):
    path, link = tmp_path / "real.flow.yaml", tmp_path / "a.flow.yaml"
    path.write_text("nodes: {}")
    path.chmod(0o600)
    link.symlink_to(path.name)

    Document.parse(TEXT).write(link)

    assert link.is_symlink()
    assert (path.read_text(), path.stat().st_mode & 0o777) == (TEXT, 0o600)
