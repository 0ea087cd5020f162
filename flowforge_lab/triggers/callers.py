"""Whether a caller has proved who it is. What is compared is compared in a time that tells nothing."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime

from flowforge_lab.nodes import CallerAuth, HmacAuth, NoAuth, TokenAuth, UserAuth

from .calls import Call, CallError

_MILLISECONDS = 100_000_000_000
"""From here on a number is milliseconds since 1970, not seconds."""


def check_head(auth: CallerAuth, call: Call) -> None:
    """Do nothing where the headers prove who calls, or where only the body can.

    Raises:
        CallError: they do not.
    """
    if isinstance(auth, TokenAuth):
        _check_token(auth, call)
    elif isinstance(auth, UserAuth):
        _check_user(auth, call)
    elif isinstance(auth, HmacAuth) and not call.header(auth.header):
        msg = f"the header {auth.header} is missing"
        raise _refused(msg)


def check_body(auth: CallerAuth, call: Call, now: datetime) -> str:
    """Return the signature of a signed call with a time stamp, which comes once only; else an empty text.

    Raises:
        CallError: the call is not signed as it should be, or too old.
    """
    if not isinstance(auth, HmacAuth):
        return ""
    stamp = call.header(auth.timestamp_header) if "{timestamp}" in auth.signs else ""
    if "{timestamp}" in auth.signs:
        _check_time(stamp, auth, now)
    given = call.header(auth.header).strip()
    if not given.startswith(auth.prefix):
        msg = f"the header {auth.header} does not begin with {auth.prefix!r}"
        raise _refused(msg)
    if not hmac.compare_digest(
        _read(given[len(auth.prefix) :], auth), _signature(auth, call, stamp)
    ):
        raise _refused("the signature is not that of this body")
    return given if stamp else ""


def hidden_headers(auth: CallerAuth) -> frozenset[str]:
    """Return which headers hold credentials, and are not kept with the request."""
    always = {"authorization", "proxy-authorization", "cookie"}
    return frozenset(always | ({auth.header.lower()} if isinstance(auth, TokenAuth) else set()))


def is_open(auth: CallerAuth) -> bool:
    """Whether anybody may call."""
    return isinstance(auth, NoAuth)


def _check_token(auth: TokenAuth, call: Call) -> None:
    given = call.header(auth.header)
    if not given:
        msg = f"the header {auth.header} is missing"
        raise _refused(msg, scheme="Bearer")
    if given[:7].lower() == "bearer ":
        given = given[7:].strip()
    if not hmac.compare_digest(given.encode(), auth.token.get_secret_value().encode()):
        raise _refused("the token is not the right one", scheme="Bearer")


def _check_user(auth: UserAuth, call: Call) -> None:
    given = call.header("authorization")
    if given[:6].lower() != "basic ":
        raise _refused("user and password are missing", scheme='Basic realm="webhook"')
    try:
        found = base64.b64decode(given[6:].strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    wanted = f"{auth.user}:{auth.password.get_secret_value()}".encode()
    if not hmac.compare_digest(found, wanted):
        raise _refused("user or password is wrong", scheme='Basic realm="webhook"')


def _check_time(stamp: str, auth: HmacAuth, now: datetime) -> None:
    if not stamp:
        msg = f"the header {auth.timestamp_header} is missing"
        raise _refused(msg)
    try:
        said = _moment(stamp)
    except (ValueError, OverflowError, OSError):
        msg = f"the header {auth.timestamp_header} holds no time"
        raise _refused(msg) from None
    if abs((now - said).total_seconds()) > auth.tolerance:
        msg = f"the time stamp is further than {auth.tolerance:g} s from our clock"
        raise _refused(msg)


def _moment(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        number = int(text)
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _signature(auth: HmacAuth, call: Call, stamp: str) -> bytes:
    before, _, after = auth.signs.replace("{timestamp}", stamp).partition("{body}")
    message = before.encode() + call.body + after.encode()
    return hmac.digest(auth.secret.get_secret_value().encode(), message, auth.algorithm)


def _read(text: str, auth: HmacAuth) -> bytes:
    try:
        if auth.encoding == "hex":
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return bytes(hashlib.new(auth.algorithm).digest_size - 1)


def _refused(message: str, *, scheme: str = "") -> CallError:
    headers = {"WWW-Authenticate": scheme} if scheme else {}
    return CallError(401, "webhook.credentials", message, headers=headers)
