"""The user directory of the lab."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from flowforge_lab.api.shapes import Shape
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.errors import NotFoundError
from flowforge_lab.nodes import User
from flowforge_lab.services import MAX_PAGE_SIZE, PAGE_SIZE

router = APIRouter(prefix="/api/users", tags=["users"], responses=FAILURES)
UserId = Annotated[str, Path(min_length=1, max_length=255)]
TelegramId = Annotated[int, Field(ge=1, le=2**53)]


class Facts(Shape):
    """What can be said of a user; what is not named stays as it is."""

    name: str = Field(default="", max_length=255)
    phone: str = Field(default="", max_length=64)
    email: str = Field(default="", max_length=320)
    telegram_id: TelegramId | None = None
    telegram_name: str = Field(default="", max_length=255)
    data: dict[str, Any] = Field(default_factory=dict)


class NewUser(Facts):
    """A user; an id is made where none is given, and the balance is a decimal number as text."""

    id: str = Field(default="", max_length=255, pattern=r"^[^/\\\x00-\x1f]*$")
    balance: str = Field(default="0", max_length=64)


class Linked(Shape):
    """Whose Telegram account it is; `relink` says what may give way."""

    telegram_id: TelegramId
    telegram_name: str = Field(default="", max_length=255)
    relink: Literal["never", "user", "account"] = "never"


class Credit(Shape):
    """What is added to a balance, a decimal number as text; a `key` counts once."""

    amount: str = Field(max_length=64)
    reason: str = Field(default="", max_length=1000)
    key: str = Field(default="", max_length=255)


def _plain(user: User) -> Any:
    return msgspec.to_builtins(user, enc_hook=str)


@router.get("")
async def list_users(
    parts: TheLab,
    text: Annotated[str, Query(max_length=255)] = "",
    after: Annotated[str, Query(max_length=255, description="The id to go on after.")] = "",
    size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE,
) -> Response:
    """List users by id, or those with a text in name, phone or e-mail address."""
    found = await parts.users.all(text=text, after=after, limit=size + 1)
    page = found[:size]
    following = page[-1].id if len(found) > size else None
    return json_answer({"items": [_plain(one) for one in page], "next_after": following})


@router.post("", status_code=201)
async def add(parts: TheLab, given: NewUser) -> Response:
    """Add a user."""
    added = await parts.users.add(**given.model_dump(include=given.model_fields_set))
    await parts.access.audit.note("user.added", added.id, after=_plain(added))
    return json_answer(_plain(added), 201)


@router.get("/find")
async def find(
    parts: TheLab,
    id: Annotated[str, Query(max_length=255)] = "",
    phone: Annotated[str, Query(max_length=64)] = "",
    email: Annotated[str, Query(max_length=320)] = "",
    telegram_id: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Return who has all that is given, in any spelling."""
    found = await parts.users.find(id=id, phone=phone, email=email, telegram_id=telegram_id)
    if found is None:
        raise NotFoundError("there is no such user")
    return json_answer(_plain(found))


@router.get("/{id}")
async def get(parts: TheLab, id: UserId) -> Response:
    """Return a user."""
    return json_answer(_plain(await parts.users.get(id)))


@router.patch("/{id}")
async def change(parts: TheLab, id: UserId, facts: Facts) -> Response:
    """Change what is named of a user, but neither id nor balance."""
    before = await parts.users.get(id)
    after = await parts.users.change(id, **facts.model_dump(include=facts.model_fields_set))
    noted = {"before": _plain(before), "after": _plain(after)}
    await parts.access.audit.note("user.changed", id, **noted)
    return json_answer(_plain(after))


@router.delete("/{id}", status_code=204)
async def remove(parts: TheLab, id: UserId) -> Response:
    """Remove a user with the history of the balance."""
    before = await parts.users.get(id)
    await parts.users.remove(id)
    await parts.access.audit.note("user.removed", id, before=_plain(before))
    return Response(status_code=204)


@router.put("/{id}/link")
async def link(parts: TheLab, id: UserId, linked: Linked) -> Response:
    """Let a Telegram account be a user's own, and tell what became of that."""
    made = await parts.users.link(
        id, linked.telegram_id, telegram_name=linked.telegram_name, relink=linked.relink
    )
    told = msgspec.to_builtins(made, enc_hook=str)
    await parts.access.audit.note("user.linked", id, after=told)
    return json_answer(told)


@router.delete("/{id}/link")
async def unlink(parts: TheLab, id: UserId) -> dict[str, bool]:
    """Take the Telegram account away from a user."""
    is_unlinked = await parts.users.unlink(id)
    if is_unlinked:
        await parts.access.audit.note("user.unlinked", id)
    return {"is_unlinked": is_unlinked}


@router.post("/{id}/credit")
async def credit(parts: TheLab, id: UserId, given: Credit) -> Response:
    """Add to a balance exactly (below 0: take away), and return the change."""
    booking = await parts.users.credit(id, given.amount, reason=given.reason, key=given.key)
    told = msgspec.to_builtins(booking, enc_hook=str)
    await parts.access.audit.note("user.credited", id, after=told)
    return json_answer(told)


@router.get("/{id}/history")
async def history(
    parts: TheLab, id: UserId, limit: Annotated[int, Query(ge=1, le=1000)] = PAGE_SIZE
) -> Response:
    """List the newest changes of a balance, the newest first."""
    await parts.users.get(id)
    found = await parts.users.bookings(id, limit=limit)
    return json_answer([msgspec.to_builtins(one, enc_hook=str) for one in found])
