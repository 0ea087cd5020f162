"""What services post to us, each known by its own signature: updates of bots, fires by QStash."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Header, Path, Request
from starlette.responses import Response

from flowforge_lab.api.problems import problem
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.errors import AccessError, ConflictError, NotFoundError
from flowforge_lab.services import WEBHOOK

router = APIRouter(responses=FAILURES)
Bot = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
_REFUSALS = {
    "refused": "this is no call that QStash has signed for this address",
    "replayed": "this call was taken before",
    "inactive": "nothing here asks for this schedule any more",
}
Secret = Annotated[str, Header(alias="X-Telegram-Bot-Api-Secret-Token", max_length=256)]


@router.post("/api/telegram/{bot}", tags=["telegram"])
async def take_update(
    parts: TheLab, bot: Bot, update: Annotated[dict[str, Any], Body()], secret: Secret = ""
) -> Response:
    """Take an update that Telegram posts; it is stored before this answers, and counts once."""
    try:
        delivered = await parts.bots.deliver(bot, update, secret=secret)
    except ConflictError as error:
        raise AccessError(str(error)) from error
    return json_answer(msgspec.structs.asdict(delivered))


@router.post(WEBHOOK, tags=["cron"])
async def take_fire(parts: TheLab, request: Request) -> Response:
    """Take a signed call by QStash, which starts what its schedule asks for."""
    if parts.qstash_calls is None:
        msg = "QStash carries no schedules of this lab: set FLOWFORGE_QSTASH_TOKEN and FLOWFORGE_PUBLIC_URL"
        raise NotFoundError(msg)
    received = await parts.qstash_calls.receive(request.headers, await request.body())
    facts = msgspec.structs.asdict(received)
    if received.http_status < HTTPStatus.BAD_REQUEST:
        return json_answer(facts)
    told = received.reason or _REFUSALS[received.status]
    id = received.execution_id
    return problem(received.http_status, f"qstash.{received.status}", told, execution_id=id)
