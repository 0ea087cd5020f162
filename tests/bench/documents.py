"""The workflows that are measured."""

from flowforge_lab.spec import Document, Workflow

THREE_STEPS = """\
id: three_steps
nodes:
  start: {kind: trigger.manual, next: one}
  one: {kind: action.transform, config: {value: 1}, next: two}
  two: {kind: action.transform, config: {value: "{{ nodes.one.value }}"}, next: three}
  three: {kind: action.transform, config: {value: "{{ nodes.two.value }}"}}
"""


def parse(text: str) -> Workflow:
    document = Document.parse(text)
    assert document.problems == ()
    return document.workflow


def chain(steps: int, durability: str = "execution") -> Workflow:
    """Return a row of transforms, each handing on the value of the one before it."""
    lines = [
        "id: chain",
        f"settings: {{durability: {durability}}}",
        "nodes:",
        "  start: {kind: trigger.manual, next: n0}",
    ]
    for number in range(steps):
        value = f'"{{{{ nodes.n{number - 1}.value }}}}"' if number else "1"
        after = f", next: n{number + 1}" if number + 1 < steps else ""
        lines.append(f"  n{number}: {{kind: action.transform, config: {{value: {value}}}{after}}}")
    return parse("\n".join(lines))


_BLOCK = """\
  c{n}:
    kind: logic.condition
    config: {{condition: "{{{{ inputs.month > 6 }}}}"}}
    next: {{true: a{n}, false: b{n}}}
  a{n}: {{kind: action.transform, config: {{set: {{total: "{{{{ inputs.month + 1 }}}}"}}}}, next: d{n}}}
  b{n}: {{kind: action.transform, config: {{set: {{total: 0}}}}, next: d{n}}}
  d{n}:
    kind: action.transform
    config: {{set: {{text: "{n}: {{{{ default(nodes.a{n}.value.total, 0) }}}} {{{{ inputs.month }}}}"}}}}
    next: {after}
"""


def broad(blocks: int) -> Workflow:
    """Return a workflow as people draw them: blocks of a condition, two ways and where they meet."""
    head = "id: broad\ninputs: {month: {type: integer, default: 7}}\nnodes:\n"
    start = "  start: {kind: trigger.manual, next: c0}\n"
    after = [f"c{number + 1}" for number in range(blocks - 1)] + ["[]"]
    return parse(head + start + "".join(_BLOCK.format(n=n, after=after[n]) for n in range(blocks)))
