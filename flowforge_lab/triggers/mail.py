"""Which mails start which workflow."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from flowforge_lab.plan import Plan

_KIND = "trigger.email"


class MailWatch(msgspec.Struct, frozen=True):
    """A trigger that waits for mails in a folder of a connection."""

    workflow_id: str
    digest: str
    node: str
    connection: str
    folder: str
    spec: Mapping[str, Any]


class MailFacts(msgspec.Struct, frozen=True):
    """What filters look at."""

    sender: str
    recipients: Sequence[str]
    subject: str
    has_files: bool


def mail_watches(plan: Plan, workflow_id: str, digest: str) -> Iterator[MailWatch]:
    """Yield each `trigger.email` of a plan, in document order."""
    for step in plan.triggers:
        if step.type.kind == _KIND and step.config is not None:
            spec = dict(step.config)
            yield MailWatch(workflow_id, digest, step.id, spec["connection"], spec["folder"], spec)


def is_watched(watch: MailWatch, mail: MailFacts) -> bool:
    """Return whether the mail is one that the trigger waits for."""
    told = watch.spec
    if told["only_with_attachments"] and not mail.has_files:
        return False
    return (
        _fits(told["sender"], [mail.sender])
        and _fits(told["recipient"], mail.recipients)
        and _fits(told["subject"], [mail.subject])
    )


def _fits(pattern: str, texts: Sequence[str]) -> bool:
    return not pattern or any(fnmatchcase(text.casefold(), pattern.casefold()) for text in texts)
