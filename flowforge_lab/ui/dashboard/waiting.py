"""What an execution waits for, and the way to answer it."""

from markupsafe import Markup

from flowforge_lab.services import WaitView
from flowforge_lab.store import ExecutionHead

from .markup import area, badge, dialog, join, opener, value, when
from .page import Desk

ANSWER = "/api/waits/any/answer"
_SCHEMA = "schema"


def waits_longer(head: ExecutionHead, now: int) -> bool:
    """Whether nothing can go on in an execution now: its time has not come, or only an answer brings it on."""
    is_timed = head.wake_at is not None and head.wake_at > now
    return is_timed or (head.status == "waiting" and head.wake_at is None)


async def waits_of(desk: Desk, head: ExecutionHead) -> Markup:
    """Return each thing an execution waits for; who may answer it is told how, and given a form."""
    if head.is_finished:
        return Markup("")
    found = await desk.parts.waits.all(execution_id=head.id)
    may = desk.rights.may("POST", ANSWER)
    return join(_wait(desk, one, number, may_answer=may) for number, one in enumerate(found))


def _wait(desk: Desk, one: WaitView, number: int, *, may_answer: bool) -> Markup:
    until = Markup("<p>until {}</p>").format(when(one.until, none="somebody answers"))
    how = _how(one, f"answer-{number}") if may_answer else badge("waits for an answer")
    address = _address(desk, one) if may_answer else Markup("")
    return Markup(
        '<div class="ff-way" data-key="wait-{}"><div><strong>{}</strong>{}{}</div>{}</div>'
    ).format(number, one.node, until, address, how)


def _address(desk: Desk, one: WaitView) -> Markup:
    """Return where a program answers; who knows a token may answer, so it is told to nobody else."""
    place = f"{desk.parts.settings.public_url.rstrip('/')}/waits/{one.key}"
    told = f"POST {place}" if "." in one.key and ":" not in one.key else one.key
    return Markup('<p><code class="ff-token">{}</code></p>').format(told)


def _how(one: WaitView, key: str) -> Markup:
    expected = one.terms.get(_SCHEMA)
    schema = Markup("<p>What is expected:</p>{}").format(value(expected)) if expected else ""
    fields = (
        Markup('<input type="hidden" name="key" value="{}">').format(one.key),
        area("answer", "Answer, as JSON or text"),
        Markup("{}").format(schema),
    )
    form = dialog(key, f"Answer {one.node}", "answer", fields=fields, confirm="Answer")
    return opener(key, "Answer", picture="edit", kind="is-small") + form
