"""Workflows with a webhook."""

ORDER = """\
inputs: {amount: {type: number, default: 0}}
nodes:
  hook:
    kind: trigger.webhook
    config:
      path: "orders/{id}"
      answer: with_result
      response:
        status: 201
        headers: {X-Order: "{{ trigger.params.id }}"}
        body: "{'id': result.id, 'doubled': nodes.sum.value}"
    next: sum
  sum: {kind: action.transform, config: {value: inputs.amount * 2}, next: end}
  end: {kind: flow.end, config: {result: "{'id': trigger.params.id}"}}
"""


KEEP = "{kind: flow.end, config: {result: nodes.hook}}"


def hook(config="", last=KEEP, method="POST"):
    """A workflow with a webhook whose result is the request."""
    return f"""\
nodes:
  hook: {{kind: trigger.webhook, config: {{method: {method}, answer: with_result, {config}}}, next: last}}
  last: {last}
"""
