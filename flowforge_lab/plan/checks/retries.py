"""When an attempt is made again: the errors named are known, and nothing is sent twice by surprise."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from flowforge_lab.errors import ERROR_TYPES, Problem
from flowforge_lab.plan.draft import Draft
from flowforge_lab.spec import Retry, did_you_mean, is_status


def check(draft: Draft) -> Iterator[Problem]:
    """Yield a problem for retries that never come to pass, or that may do something twice."""
    for id, node in draft.workflow.nodes.items():
        if node.retry is not None:
            yield from _causes(node.retry, id)
            yield from _waits(node.retry, id)
    yield from _sent_twice(draft)


def _causes(retry: Retry, id: str) -> Iterator[Problem]:
    for name in ("retry_on", "stop_on"):
        for cause in getattr(retry, name):
            if is_status(cause) or any(fnmatchcase(known, cause) for known in ERROR_TYPES):
                continue
            hint = did_you_mean(cause, ERROR_TYPES)  # own node types may have types of their own
            if hint:
                text = f"no error is of type {cause!r}"
                yield Problem("retry.cause", text, id, f"retry.{name}", hint, severity="warning")
    for cause in retry.retry_on:
        if cause in retry.stop_on:
            text = f"{cause!r} is never tried again: stop_on wins"
            yield Problem("retry.cause", text, id, "retry.retry_on", severity="warning")


def _waits(retry: Retry, id: str) -> Iterator[Problem]:
    if (
        retry.max_elapsed is not None
        and retry.attempts > 1
        and retry.first > 2 * retry.max_elapsed
    ):
        text = f"the wait before the second attempt is {retry.first:g} s, so there never is one"
        hint = "make max_elapsed longer or first shorter"
        yield Problem("retry.never", text, id, "retry.max_elapsed", hint, severity="warning")


def _sent_twice(draft: Draft) -> Iterator[Problem]:
    for id, kind in draft.types.items():
        retry = draft.workflow.nodes[id].retry
        if kind.is_keyed is None or retry is None or retry.attempts == 1 or retry.retry_on:
            continue
        if not kind.is_safe_again(draft.configs[id]):
            text = "what it sends may arrive twice: an answer that got lost looks like a failure"
            hint = "name idempotency_header if the service knows one, or the errors in retry_on"
            yield Problem("retry.twice", text, id, "retry", hint, severity="warning")
