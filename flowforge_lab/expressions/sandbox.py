"""The sandbox: Python expressions in worker processes of their own, with limits of time and memory."""

import asyncio
import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pydantic_monty import (
    AsyncMonty,
    MontyConversionError,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    OSPolicy,
    ResourceLimits,
)

from flowforge_lab.errors import ExpressionError

from .aside import Aside
from .compiled import Field, dotted
from .gates import enter, leave
from .limits import Limits
from .lookup import MissingError, Scope
from .rewriting import PRELUDE, find_offset, sandbox_code
from .template import in_field

logger = logging.getLogger(__name__)

_IMPORTS = (
    "import json, math, re\nfrom datetime import date, datetime, time, timedelta, timezone\n"
)
_HEAD = f"{_IMPORTS}{PRELUDE}[\n"
_HEAD_LINES = _HEAD.count("\n")
_MAX_RECURSION = 200
_INPUT = re.compile(r"_p[0-9a-f]{12}")
_CRASHES = 2  # how often a killed worker may spoil one rendering before it fails


class _Feed(msgspec.Struct):
    """One trip to the sandbox: all expressions of a config that need it."""

    fields: Sequence[Field]
    inputs: dict[str, Any]
    missing: dict[tuple[int, str], ExpressionError]
    now: datetime | None

    @property
    def code(self) -> str:
        return _HEAD + "".join(f"_out(\n{_code_of(one)}\n),\n" for one in self.fields) + "]"


class Sandbox:
    """A few worker processes, started on first use; `close()` ends them and may be called twice."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pool: AsyncMonty | None = None
        self._aside = Aside()
        self._opening = asyncio.Lock()

    async def evaluate(self, fields: Sequence[Field], scope: Scope) -> list[Any]:
        """Return the values of the fields' expressions, in order.

        May be cancelled; the process that worked on it is then ended.

        Raises:
            ExpressionError: the first that fails, with its place; or all of them take too much.
        """
        feed = _prepare(fields, scope, self._limits)
        try:
            values = await self._run(feed)
        except MontyError as error:
            if said := self._aside.said():
                logger.warning("a sandbox process said: %s", said)
            raise _told(error, feed, self._limits) from None
        except TimeoutError:
            msg = f"no sandbox process was free for {self._limits.max_wait_seconds:g} s"
            raise _placed(ExpressionError(msg), fields[0]) from None
        return [_leave(value, field) for value, field in zip(values, fields, strict=True)]

    async def close(self) -> None:
        """End all worker processes."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)
        self._aside.close()

    async def _run(self, feed: _Feed) -> Sequence[Any]:
        for _ in range(_CRASHES - 1):
            try:
                return await self._run_once(feed)
            except MontyCrashedError as error:
                if error.timed_out:
                    raise
        return await self._run_once(feed)

    async def _run_once(self, feed: _Feed) -> Sequence[Any]:
        pool = await self._open()
        policy: OSPolicy = {"sleep": "zero"}
        if feed.now is not None:
            policy["datetime"] = feed.now
        async with pool.checkout(limits=self._bounds(), os_policy=policy) as session:
            values = await session.feed_run(
                feed.code, inputs=feed.inputs, print_callback=_ignore_output
            )
        return list(values)

    def _bounds(self) -> ResourceLimits:
        return {
            "max_feed_duration_secs": self._limits.max_seconds,
            "max_memory": self._limits.max_memory_bytes,
            "max_recursion_depth": _MAX_RECURSION,
        }

    async def _open(self) -> AsyncMonty:
        async with self._opening:
            if self._pool is None:
                pool = AsyncMonty(
                    binary_path=self._aside.program(),
                    max_processes=self._limits.max_processes,
                    checkout_timeout=self._limits.max_wait_seconds,
                    request_timeout=self._limits.max_seconds + 2.0,
                )
                await pool.__aenter__()
                self._pool = pool
            return self._pool


def _prepare(fields: Sequence[Field], scope: Scope, limits: Limits) -> _Feed:
    """Resolve all paths; what is missing only matters if the sandbox asks for it."""
    now = scope.get("now")
    feed = _Feed(fields, {}, {}, now if isinstance(now, datetime) else None)
    for index, field in enumerate(fields):
        for name, wanted in field.slot.expression.inputs.items():
            try:
                if name not in feed.inputs:
                    feed.inputs[name] = enter(wanted.resolve(scope), limits)
            except MissingError as error:
                feed.missing[index, name] = _placed(error, field)
            except ExpressionError as error:
                error.offset = wanted.reference.offset
                raise _placed(error, field) from None
    return feed


def _code_of(field: Field) -> str:
    return sandbox_code(field.slot.expression.source)


def _ignore_output(_stream: str, _text: str) -> None:
    """Take what an expression prints, and drop it."""


def _leave(value: Any, field: Field) -> Any:
    try:
        return leave(value)
    except ExpressionError as error:
        raise _placed(error, field) from None


def _told(error: MontyError, feed: _Feed, limits: Limits) -> ExpressionError:
    first = feed.fields[0]
    if isinstance(error, MontyRuntimeError):
        return _told_runtime(error, feed, limits)
    if isinstance(error, MontyCrashedError):
        reason = _too_long(limits) if error.timed_out else "the sandbox process was killed"
        return _placed(ExpressionError(reason), first)
    if isinstance(error, MontySyntaxError | MontyConversionError):
        return _placed(ExpressionError(f"not possible in the sandbox: {error}"), first)
    return _placed(ExpressionError(f"the sandbox failed: {error}"), first)


def _told_runtime(error: MontyRuntimeError, feed: _Feed, limits: Limits) -> ExpressionError:
    cause = error.exception()
    index, span = _find_span(error, feed.fields)
    field = feed.fields[index]
    name = _INPUT.search(str(cause)) if isinstance(cause, NameError) else None
    if name is not None and (index, name.group()) in feed.missing:
        return feed.missing[index, name.group()]
    told = ExpressionError(_reason(cause, limits))
    if span is not None:
        expression = field.slot.expression
        told.offset = find_offset(expression.source, span)
    return _placed(told, field)


def _reason(cause: BaseException, limits: Limits) -> str:
    match cause:
        case TimeoutError():
            return _too_long(limits)
        case MemoryError():
            return f"it needs more than the {limits.max_memory_bytes // 1_000_000} MB allowed"
        case RecursionError():
            return "it calls itself too deeply"
        case KeyError():
            return f"there is no {cause.args[0]!r}" if cause.args else "a key is missing"
        case _:
            return str(cause) or type(cause).__name__


def _too_long(limits: Limits) -> str:
    return f"it takes longer than the {limits.max_seconds:g} s allowed"


_Span = tuple[int, int, int, int]


def _find_span(error: MontyRuntimeError, fields: Sequence[Field]) -> tuple[int, _Span | None]:
    """Return which expression the innermost known line belongs to, and the span within its code."""
    frames = [frame for frame in error.traceback() if frame.line > _HEAD_LINES]
    if not frames:
        return 0, None
    inner = frames[-1]
    before = _HEAD_LINES + 1
    for index, field in enumerate(fields):
        count = _code_of(field).count("\n") + 1
        if before < inner.line <= before + count:
            lines = inner.line - before, inner.end_line - before
            return index, (lines[0], inner.column, lines[1], inner.end_column)
        before += count + 2
    return 0, None


def _placed(error: ExpressionError, field: Field) -> ExpressionError:
    placed = in_field(error, field.source, field.slot.start)
    placed.field = dotted(field.path)
    return placed
