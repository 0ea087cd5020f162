"""Who may enter: signing in and out, accounts, sessions, tokens, and the log of what was changed."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from flowforge_lab.access import LONGEST, Account, proof_of
from flowforge_lab.api.access import PROOF_COOKIE, SESSION_COOKIE, Access, Caller, cookie_of
from flowforge_lab.api.guard import too_many
from flowforge_lab.api.pages import login_page
from flowforge_lab.api.problems import problem
from flowforge_lab.api.shapes import AccountChange, Login, NewAccount, NewPassword, NewToken
from flowforge_lab.api.wire import FAILURES, TheCaller, TheLab, json_answer, when
from flowforge_lab.errors import NotFoundError
from flowforge_lab.lab import Parts

router = APIRouter(responses=FAILURES)
_AFTER_LOGIN = "/"
_WRONG = "name or password is wrong, or the account is disabled"
Name = Annotated[str, Path(max_length=100)]
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}


def _access(request: Request) -> Access:
    found: Access = request.app.state.access
    return found


# -- signing in and out


@router.get("/login", include_in_schema=False)
async def show_login(parts: TheLab, request: Request, next: str = "/") -> Response:
    """Show the page on which people sign in."""
    fault = (
        ""
        if _access(request).has_accounts
        else "Nobody can sign in yet: `flowforge account add NAME`."
    )
    theme = request.cookies.get("flowforge_theme", "")
    page = login_page(parts.root.name, following=_ours(next), fault=fault, theme=theme)
    return HTMLResponse(page, headers=_PAGE_HEADERS)


@router.post("/login", include_in_schema=False)
async def login_by_page(
    parts: TheLab,
    request: Request,
    caller: TheCaller,
    given: Annotated[Login, Form()],
) -> Response:
    """Sign in from the page, and lead on to where the person wanted to go."""
    person = await _signed_in(request, caller, given)
    if not isinstance(person, Account):
        delay = person or 0
        fault = f"Too many tries: wait {delay} s." if delay else "Name or password is wrong."
        page = login_page(
            parts.root.name,
            following=_ours(given.next),
            name=given.name,
            fault=fault,
            theme=request.cookies.get("flowforge_theme", ""),
        )
        headers = _PAGE_HEADERS | ({"Retry-After": str(delay)} if delay else {})
        return HTMLResponse(page, 429 if delay else 401, headers=headers)
    text = await _session(parts, request, person, address=caller.address)
    return _with_cookies(RedirectResponse(_ours(given.next), 303), request, text)


@router.post("/api/login", tags=["access"])
async def login(parts: TheLab, request: Request, caller: TheCaller, given: Login) -> Response:
    """Sign in. The cookie is the session; changes also need its `csrf` in the header `X-CSRF-Token`."""
    person = await _signed_in(request, caller, given)
    if not isinstance(person, Account):
        return too_many(person) if person else problem(401, "access.credentials", _WRONG)
    text = await _session(parts, request, person, address=caller.address)
    told = {
        "name": person.name,
        "role": person.role,
        "roles": person.roles,
        "csrf": proof_of(text),
    }
    return _with_cookies(json_answer(told), request, text)


async def _signed_in(request: Request, caller: Caller, given: Login) -> Account | int | None:
    password = given.password.get_secret_value()
    return await _access(request).sign_in(given.name, password, address=caller.address)


async def _session(parts: Parts, request: Request, person: Account, *, address: str) -> str:
    """Open a session and return what its cookie holds."""
    agent = request.headers.get("user-agent", "")
    return await asyncio.to_thread(
        parts.access.sessions.open, person.name, address=address, agent=agent
    )


def _with_cookies(answer: Response, request: Request, text: str) -> Response:
    is_secure = request.url.scheme == "https" or _access(request).is_secure
    seconds = int(LONGEST.total_seconds())
    answer.set_cookie(
        SESSION_COOKIE, text, seconds, secure=is_secure, httponly=True, samesite="lax"
    )
    answer.set_cookie(PROOF_COOKIE, proof_of(text), seconds, secure=is_secure, samesite="strict")
    return answer


@router.post("/api/logout", tags=["access"], status_code=204)
async def logout(parts: TheLab, request: Request) -> Response:
    """End the session of this browser."""
    session = parts.access.sessions.find(cookie_of(request.headers))
    if session is not None:
        await asyncio.to_thread(parts.access.sessions.end, session.id)
    answer = Response(status_code=204)
    for name in (SESSION_COOKIE, PROOF_COOKIE):
        answer.delete_cookie(name)
    return answer


@router.get("/api/me", tags=["access"])
async def me(parts: TheLab, caller: TheCaller) -> Response:
    """Return who asks, what they may, and what time it is here."""
    return json_answer(
        {
            "name": caller.name,
            "way": caller.way,
            "role": caller.role,
            "roles": dict(caller.roles),
            "projects": dict(caller.projects),
            "now": parts.clock.now(),
        }
    )


@router.put("/api/me/password", tags=["access"], status_code=204)
async def change_password(
    parts: TheLab, request: Request, caller: TheCaller, given: NewPassword
) -> Response:
    """Give oneself another password; all other sessions end."""
    if not caller.session_id:
        return problem(403, "access.forbidden", "only who is signed in has a password")
    old, new = given.old.get_secret_value(), given.new.get_secret_value()
    person = await _access(request).sign_in(caller.name, old, address=caller.address)
    if not isinstance(person, Account):
        return (
            too_many(person)
            if person
            else problem(403, "access.credentials", "the old password is wrong")
        )
    try:
        await asyncio.to_thread(
            parts.access.accounts.set_password, caller.name, new, session=caller.session_id
        )
    except ValueError as error:
        return problem(422, "request.invalid", str(error))
    return Response(status_code=204)


# -- sessions


@router.get("/api/sessions", tags=["access"])
async def list_sessions(parts: TheLab, caller: TheCaller) -> Response:
    """List one's own sessions; an admin sees those of all."""
    found = [one for one in parts.access.sessions.all() if _sees(caller, one.account)]
    return json_answer(
        [
            {
                "id": one.id[:16],
                "account": one.account,
                "created_at": when(one.created_at),
                "seen_at": when(one.seen_at),
                "ends_at": when(one.ends_at),
                "address": one.address,
                "agent": one.agent,
                "is_this": one.id == caller.session_id,
            }
            for one in found
        ]
    )


@router.delete("/api/sessions/{id}", tags=["access"], status_code=204)
async def end_session(
    parts: TheLab, caller: TheCaller, id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
) -> Response:
    """End one of one's own sessions; an admin, of anybody's."""
    for one in parts.access.sessions.all():
        if one.id.startswith(id) and _sees(caller, one.account):
            await asyncio.to_thread(parts.access.sessions.end, one.id)
            return Response(status_code=204)
    msg = "there is no such session"
    raise NotFoundError(msg)


def _sees(caller: Caller, account: str) -> bool:
    return caller.may("admin") or (bool(caller.session_id) and caller.name == account)


# -- accounts and tokens


@router.get("/api/accounts", tags=["access"])
async def list_accounts(parts: TheLab) -> Response:
    """List the accounts."""
    return json_answer([_account(one) for one in parts.access.accounts.all()])


@router.post("/api/accounts", tags=["access"], status_code=201)
async def add_account(parts: TheLab, given: NewAccount) -> Response:
    """Make an account; `roles` are those in single workflows."""
    try:
        made = await asyncio.to_thread(
            parts.access.accounts.add,
            given.name,
            given.password.get_secret_value(),
            role=given.role,
            roles=given.roles,
        )
    except ValueError as error:
        return problem(422, "request.invalid", str(error))
    return json_answer(_account(made), 201)


@router.get("/api/accounts/{name}", tags=["access"])
async def get_account(parts: TheLab, name: Name) -> Response:
    """Return an account."""
    return json_answer(_account(parts.access.accounts.get(name)))


@router.patch("/api/accounts/{name}", tags=["access"])
async def change_account(parts: TheLab, name: Name, given: AccountChange) -> Response:
    """Change a role, a password, or whether somebody may sign in; with `workflow`, the role in that one."""
    accounts = parts.access.accounts
    try:
        if given.role is not None:
            await asyncio.to_thread(accounts.grant, name, given.role, workflow=given.workflow)
        if given.password is not None:
            await asyncio.to_thread(accounts.set_password, name, given.password.get_secret_value())
        if given.is_disabled is not None:
            await asyncio.to_thread(accounts.disable, name, is_disabled=given.is_disabled)
    except ValueError as error:
        return problem(422, "request.invalid", str(error))
    return json_answer(_account(accounts.get(name)))


@router.delete("/api/accounts/{name}", tags=["access"], status_code=204)
async def remove_account(parts: TheLab, name: Name) -> Response:
    """Remove an account and end its sessions."""
    await asyncio.to_thread(parts.access.accounts.remove, name)
    return Response(status_code=204)


def _account(one: Account) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "roles": one.roles,
        "is_disabled": one.is_disabled,
        "created_at": when(one.created_at),
        "changed_at": when(one.changed_at),
    }


@router.get("/api/tokens", tags=["access"])
async def list_tokens(parts: TheLab) -> Response:
    """List the tokens; none is shown itself."""
    return json_answer(
        [
            {
                "id": one.id,
                "name": one.name,
                "role": one.role,
                "roles": one.roles,
                "created_at": when(one.created_at),
                "expires_at": when(one.expires_at),
            }
            for one in parts.access.tokens.all()
        ]
    )


@router.post("/api/tokens", tags=["access"], status_code=201)
async def create_token(parts: TheLab, given: NewToken) -> Response:
    """Make a token and return it, this once."""
    text = await asyncio.to_thread(
        parts.access.tokens.create, given.name, given.role, roles=given.roles, days=given.days
    )
    return json_answer({"token": text, "name": given.name, "role": given.role}, 201)


@router.delete("/api/tokens/{id}", tags=["access"], status_code=204)
async def revoke_token(parts: TheLab, id: Name) -> Response:
    """Take a token away, by its id or its name."""
    await asyncio.to_thread(parts.access.tokens.revoke, id)
    return Response(status_code=204)


# -- what was changed


@router.get("/api/audit", tags=["access"])
async def audit(
    parts: TheLab,
    who: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=100)] = "",
    target: Annotated[str, Query(max_length=255)] = "",
    since: datetime | None = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """List what was changed, the newest first; `before` is the number to go on after."""
    found = await asyncio.to_thread(
        parts.access.audit.lines,
        who=who,
        action=action,
        target=target,
        since=0 if since is None else int(since.timestamp() * 1e6),
        before=before,
        limit=limit,
    )
    lines = [{**msgspec.structs.asdict(one), "at": when(one.at)} for one in found]
    for line in lines:
        del line["chain"]
    return json_answer(lines)


def _ours(path: str) -> str:
    """Return a path of this server to lead on to, whatever somebody wrote into the address."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if is_ours and path != "/" and path.isprintable() else _AFTER_LOGIN
