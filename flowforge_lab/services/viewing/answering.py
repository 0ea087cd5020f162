"""What the pages of a viewer may ask for, one function a question."""

from collections.abc import Callable, Mapping
from typing import Any

from flowforge_lab.errors import ConflictError, FlowForgeError
from flowforge_lab.services.editing.asking import Asker, Message, View, answer_by
from flowforge_lab.services.editing.bundle import part_text
from flowforge_lab.services.editing.preview import preview

from .session import ViewerSession


def answer_viewer(session: ViewerSession, view: View, message: Any) -> None:
    """Do what a page asks for. What cannot be done is told to that page; nothing is raised."""
    answer_by(_ANSWERS, session, view, message=message)


def _hello(session: ViewerSession, asker: Asker, _message: Any) -> None:
    session.join(asker.view)
    asker.tell(session.state())


def _part(_session: ViewerSession, asker: Asker, message: Any) -> None:
    asker.tell({"kind": "part", "name": message["name"], "text": part_text(str(message["name"]))})


def _moment(session: ViewerSession, asker: Asker, message: Any) -> None:
    asker.tell(session.moment(_number(message, "at")))


def _step(session: ViewerSession, asker: Asker, message: Any) -> None:
    asker.tell(session.step(int(message["visit"]), _number(message, "at")))


def _evaluate(session: ViewerSession, asker: Asker, message: Any) -> None:
    text, place = str(message["text"]), str(message.get("node") or "")
    told: Message = {"kind": "value", "text": text, "node": place}
    try:
        value = session.evaluate(
            text, place, visit=_number(message, "visit"), seq=_number(message, "at")
        )
    except FlowForgeError as error:
        asker.tell({**told, "error": str(error)})
    else:
        asker.tell({**told, "value": preview(value)})


def _compare(session: ViewerSession, asker: Asker, message: Any) -> None:
    asker.tell(session.compare(str(message["with"])))


def _sides(session: ViewerSession, asker: Asker, message: Any) -> None:
    asker.tell(session.sides(str(message["node"]), str(message["with"])))


def _others(session: ViewerSession, asker: Asker, _message: Any) -> None:
    asker.tell(session.others())


def _ways(session: ViewerSession, asker: Asker, _message: Any) -> None:
    asker.tell(session.ways())


def _show(session: ViewerSession, _asker: Asker, message: Any) -> None:
    session.show(str(message["execution_id"]))


def _steer(session: ViewerSession, asker: Asker, message: Any) -> None:
    deed = str(message["deed"])
    given = message.get("given") or {}
    if not isinstance(given, Mapping):
        msg = f"{deed}: expected names and values, found {type(given).__name__}"
        raise ConflictError(msg)
    made = session.steer(deed, asker, **given)
    asker.tell({"kind": "done", "deed": deed, "execution_id": made})


def _number(message: Mapping[str, Any], name: str) -> int | None:
    found = message.get(name)
    return None if found is None else int(found)


_ANSWERS: dict[str, Callable[[ViewerSession, Asker, Any], None]] = {
    "hello": _hello,
    "part": _part,
    "moment": _moment,
    "step": _step,
    "evaluate": _evaluate,
    "compare": _compare,
    "sides": _sides,
    "others": _others,
    "show": _show,
    "steer": _steer,
    "ways": _ways,
}
