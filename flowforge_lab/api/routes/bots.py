"""The bots of the lab: their routes, who would get a text, their webhooks and menus."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.api.problems import problem
from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.errors import NodeError
from flowforge_lab.services import Tried
from flowforge_lab.triggers import Route

router = APIRouter(prefix="/api/bots", tags=["telegram"], responses=FAILURES)
BotName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Bot = Annotated[str, Query(max_length=64)]
ChatType = Literal["private", "group", "supergroup", "channel"]


class Update(Shape):
    """An update as the Bot API gives it, for one of several bots."""

    update: dict[str, Any]
    bot: str = Field(default="", max_length=64)


class Posted(Shape):
    """Where Telegram shall post the updates of a bot; nothing ends it."""

    url: str = Field(default="", max_length=2000)


def _route(route: Route) -> dict[str, Any]:
    plain = msgspec.structs.asdict(route)
    return {**plain, "content_types": sorted(route.content_types), "rule": route.rule}


def _tried(tried: Tried) -> dict[str, Any]:
    judged = [
        {"route": _route(one.route), "takes": one.takes, "why": one.why} for one in tried.judged
    ]
    return {"bot": tried.bot, "judged": judged}


@router.get("")
async def names(parts: TheLab) -> list[str]:
    """List the names of the Telegram connections."""
    return list(parts.bots.routing.names())


@router.get("/routes")
async def routes(parts: TheLab, bot: Bot = "") -> Response:
    """List the triggers of active workflows for one bot or all, in the order they are asked."""
    found = await parts.bots.routing.routes()
    return json_answer([_route(one) for one in found if bot in {"", one.bot}])


@router.post("/try")
async def try_update(parts: TheLab, tried: Update) -> Response:
    """Tell who would get an update, and why; nothing is sent or started."""
    try:
        parts.clients.connections.bot(tried.bot)
    except NodeError as error:
        return problem(404, "bot.unknown", str(error))
    return json_answer(_tried(await parts.bots.routing.try_update(tried.update, bot=tried.bot)))


@router.put("/{bot}/webhook", status_code=204)
async def set_webhook(parts: TheLab, bot: BotName, posted: Posted) -> Response:
    """Let Telegram post the updates of a bot to an address; without one it ends."""
    await parts.bots.set_webhook(bot, posted.url)
    return Response(status_code=204)


@router.put("/{bot}/menu")
async def set_menu(parts: TheLab, bot: BotName) -> Response:
    """Show the commands that have a description in the menu of a bot, and list them."""
    return json_answer([_route(one) for one in await parts.bots.set_menu(bot)])
