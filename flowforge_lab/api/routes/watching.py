"""What warns and what waits: alert rules, promises, circuits, rates, crashes, all events live."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.streaming import stream_workflow
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.services import MAX_PAGE_SIZE, PAGE_SIZE, AlertFiring
from flowforge_lab.values import Rate

router = APIRouter(responses=FAILURES)
RuleName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_. -]{1,80}$")]


class Checked(Shape):
    """Which rule is asked; without a name all active ones."""

    name: str = ""


def _fired(firing: AlertFiring) -> dict[str, Any]:
    return {**msgspec.structs.asdict(firing), "rows": list(firing.rows)}


# -- alerts and promises


@router.get("/api/alerts", tags=["alerts"])
async def list_fired(
    parts: TheLab,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE,
) -> Response:
    """List what people were told of in the last ninety days, the latest first."""
    found = await parts.alerts.fired()
    start = (page - 1) * size
    items = [_fired(one) for one in found[start : start + size]]
    pages = -(-len(found) // size)
    told = {"items": items, "total": len(found), "page": page, "size": size, "pages": pages}
    return json_answer(told)


@router.get("/api/alerts/rules", tags=["alerts"])
async def list_rules(parts: TheLab) -> Response:
    """List the rules as they are written now."""
    return json_answer([rule.model_dump(mode="json") for rule in parts.alerts.rules()])


@router.post("/api/alerts/check", tags=["alerts"])
async def check(parts: TheLab, checked: Checked | None = None) -> Response:
    """Ask all active rules now, or one; people are told of what is not silent."""
    fired = await parts.alerts.check(checked.name if checked else "")
    return json_answer([_fired(one) for one in fired])


@router.get("/api/alerts/rules/{name}/preview", tags=["alerts"])
async def preview(parts: TheLab, name: RuleName, since: datetime) -> Response:
    """Tell when a rule would have told people, had it been there since then."""
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    found = await parts.alerts.preview(name, since=aware)
    return json_answer(
        {**msgspec.structs.asdict(found), "fired": [_fired(one) for one in found.fired]}
    )


@router.get("/api/slo", tags=["alerts"])
async def slo(parts: TheLab) -> Response:
    """Tell how workflows stand to what is promised of them."""
    found = await parts.slos.standings()
    return json_answer([msgspec.structs.asdict(one) for one in found])


# -- what is held back


@router.get("/api/circuits", tags=["operating"])
async def circuits(parts: TheLab) -> Response:
    """List the hosts that are left alone for now because they failed."""
    return json_answer([msgspec.structs.asdict(one) for one in await parts.circuits.all()])


@router.get("/api/rates", tags=["operating"])
async def rates(parts: TheLab) -> Response:
    """Tell how often things may happen: by kind of node, by host."""
    kinds, hosts = parts.rates.kinds, parts.rates.hosts
    return json_answer({"kinds": _texts(kinds), "hosts": _texts(hosts)})


def _texts(rates: Any) -> dict[str, dict[str, float]]:
    return {name: _rate(rate) for name, rate in sorted(rates.items())}


def _rate(rate: Rate) -> dict[str, float]:
    return dict(msgspec.structs.asdict(rate))


@router.get("/api/crashed", tags=["operating"])
async def crashed(parts: TheLab) -> Response:
    """List the steps that a crash cut off and that ask whether to run again."""
    return json_answer([msgspec.structs.asdict(one) for one in await parts.crashes.all()])


@router.get("/api/queue/due", tags=["queue"])
async def due(parts: TheLab, patience: Annotated[float, Query(ge=0, le=1e6)] = 0.0) -> Response:
    """List the executions that wait for a host: cut off, or past the time they waited for."""
    found = await parts.executions.due(patience=patience)
    return json_answer([msgspec.structs.asdict(one) for one in found])


@router.get("/api/events/stream", tags=["executions"], response_class=Response)
async def stream(request: Request) -> Response:
    """Send the events of all executions that the caller may see, as they are acknowledged."""
    return stream_workflow(request, "")
