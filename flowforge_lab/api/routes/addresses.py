"""The addresses at which waits are answered: by programs with JSON, by people with a button in a browser."""

import contextlib
import json
from html import escape
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Path, Request
from starlette.responses import HTMLResponse, Response

from flowforge_lab.api.problems import answer_to
from flowforge_lab.api.wire import FAILURES, TheLab, json_answer
from flowforge_lab.errors import FlowForgeError, NotFoundError, PlanError, Problem

router = APIRouter(responses=FAILURES)
Token = Annotated[str, Path(max_length=512)]
_FORM = "application/x-www-form-urlencoded"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ font: 18px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem;
         text-align: center; color-scheme: light dark }}
  button {{ font: inherit; padding: .6rem 2rem; border: 0; border-radius: .5rem;
            background: #2563eb; color: #fff }}
</style>
<p>{text}</p>{below}
</html>
"""
_BUTTON = '<form method="post"><button>Confirm</button></form>'


@router.get("/waits/{token}", tags=["waits"], response_class=HTMLResponse)
async def show_wait(parts: TheLab, token: Token) -> Response:
    """Show who opens the address of a wait in a browser a button that answers it.

    Opening it answers nothing: what looks into mails for their reader opens every link.
    """
    try:
        refuse_plain_key(token)
        wait = await parts.waits.find(token)
    except FlowForgeError as error:
        return _page(_told(error), status=answer_to(error).status_code)
    if "schema" in wait.terms:
        return _page("This is answered by a program: send JSON to this address.")
    return _page("One more click, and it is done.", _BUTTON)


@router.post("/waits/{token}", tags=["waits"])
async def answer_at_address(
    parts: TheLab, request: Request, token: Token, given: Annotated[Any, Body()] = None
) -> Response:
    """Answer a wait at the address that `waits.<node>.url` gives; a browser is answered with a page."""
    is_browser = "text/html" in request.headers.get("accept", "")
    try:
        refuse_plain_key(token)
        answered = await parts.waits.answer(token, read_answer(request, given))
    except FlowForgeError as error:
        if not is_browser:
            raise
        return _page(_told(error), status=answer_to(error).status_code)
    if is_browser:
        return _page(answered.response or "Thank you.")
    return json_answer(msgspec.structs.asdict(answered))


def refuse_plain_key(token: str) -> None:
    """Refuse what can be guessed: a token names its execution and ends in what nobody knows.

    Raises:
        NotFoundError: it is no token.
    """
    if "." not in token or ":" in token:
        msg = "nobody waits for this"
        raise NotFoundError(msg)


def read_answer(request: Request, given: Any) -> Any:
    """Return the answer in a request whose body was read as JSON (`given`), or was left as bytes.

    `curl -d` says that it sends a form, and others say nothing: an object or a list in JSON is taken from
    them as well. No form begins like one, and the guard lets no page of others answer, whatever it sends.

    Raises:
        PlanError: it is no JSON, or is said to be something else.
    """
    if not isinstance(given, bytes):
        return given
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"", _FORM}:
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(given)
            if isinstance(found, dict | list):
                return found
    came = kind[:100] or "a body without a content type"
    told = f"an answer must be JSON, found {came}: send JSON with `content-type: application/json`"
    raise PlanError([Problem("answer", told)])


def _told(error: FlowForgeError) -> str:
    """Return what a person is told, who knows nothing of executions."""
    if isinstance(error, PlanError):
        return "This is answered by a program, and what was sent is not what it expects."
    is_known = not isinstance(error, NotFoundError)
    return "This link has been used already, or its time is over." if is_known else "Nothing here."


def _page(text: str, below: str = "", *, status: int = 200) -> Response:
    page = _PAGE.format(title=escape(text), text=escape(text), below=below)
    return HTMLResponse(page, status, headers=_HEADERS)
