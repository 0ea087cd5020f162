"""The official SDK's server over a desk: lists, calls, and the news that the list is another."""

import asyncio
import contextlib
import logging
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from flowforge_lab.api.access import LOCAL, Caller, caller_of
from flowforge_lab.errors import FlowForgeError, NotFoundError

from .answers import OUTPUT_SCHEMA, Answer
from .desk import Desk
from .offers import Offer, input_schema
from .own import OWN_TOOLS, OwnTool
from .reporting import Tell

logger = logging.getLogger(__name__)
MAX_SESSIONS = 1000
_LOOK_SECONDS = 1.0
_HOW = """Each tool runs a workflow of a FlowForge lab and gives its result. What takes longer goes on \
behind the answer, which then has the id of the execution: ask flowforge_get_execution for its end."""
Context = ServerRequestContext[Any, Any]


class ToolServer(Server[Any]):
    """The SDK's server, which says to clients of all protocol versions that it tells of other lists."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """Return what a client is told at first."""
        options = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(
            options, experimental_capabilities, extensions
        )


class Tools:
    """The tools of one lab, served to any number of clients, each as whoever it is."""

    def __init__(self, desk: Desk, version: str) -> None:
        self._desk = desk
        self._news = InMemorySubscriptionBus()
        self._sessions: dict[int, ServerSession] = {}
        self.listen = ListenHandler(self._news)
        self.server = ToolServer(
            "flowforge-lab",
            version=version,
            title="FlowForge Lab",
            instructions=_HOW,
            on_list_tools=self._list,
            on_call_tool=self._call,
            on_subscriptions_listen=self.listen,
            get_tool_input_schema=_no_headers,
        )
        self.server.add_notification_handler(
            "notifications/initialized", types.NotificationParams, self._initialized
        )

    async def watch(self) -> None:
        """Tell clients whenever the list is another, until cancelled."""
        before = await self._state()
        while True:
            await asyncio.sleep(_LOOK_SECONDS)  # noqa: TID251  # other processes activate in real time
            now = await self._state()
            if now is not None and now != before:
                before = now
                await self._tell_all()

    async def _state(self) -> tuple[int, frozenset[tuple[str, str]]] | None:
        try:
            return await self._desk.offers.state()
        except FlowForgeError:
            logger.exception("could not look for other workflows")
            return None

    async def _tell_all(self) -> None:
        await self._news.publish(ToolsListChanged())
        for session in list(self._sessions.values()):
            with contextlib.suppress(
                Exception
            ):  # a client that has gone is none of the others' business
                await session.send_tool_list_changed()

    async def _initialized(self, context: Context, _params: types.NotificationParams) -> None:
        """Note a client of the older protocol, which is told without having asked."""
        self._sessions[id(context.session)] = context.session
        while len(self._sessions) > MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    async def _list(
        self, context: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        caller = _caller_in(context)
        offers = await self._desk.offers.all(caller)
        own = [_own_tool(tool) for tool in OWN_TOOLS.values() if caller.may_somewhere(tool.needed)]
        return types.ListToolsResult(tools=[*map(_tool, offers), *own])

    async def _call(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        caller = _caller_in(context)
        given = params.arguments or {}
        own = OWN_TOOLS.get(params.name)
        if own is not None:
            return _result(await own.call(self._desk, caller, given))
        try:
            offer = await self._desk.offers.find(params.name, caller)
        except NotFoundError as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from error
        answer = await self._desk.call(caller, offer, given, tell=_teller(context))
        return _result(answer)


def _teller(context: Context) -> Tell | None:
    """Return how to tell a client how far its call is, if it wants to know."""
    if not context.meta or "progress_token" not in context.meta:
        return None

    async def tell(how_far: float, line: str) -> None:
        await context.session.report_progress(how_far, message=line)

    return tell


def _caller_in(context: Context) -> Caller:
    """Return who the guard let in; over stdio it is whoever started this program."""
    return LOCAL if context.request is None else caller_of(context.request.scope)


def _tool(offer: Offer) -> types.Tool:
    is_pure = all(step.effects != "writes" for step in offer.plan.steps.values())
    return types.Tool(
        name=offer.name,
        title=offer.workflow.name or None,
        description=offer.description,
        input_schema=input_schema(offer.workflow),
        output_schema=OUTPUT_SCHEMA,
        annotations=types.ToolAnnotations(read_only_hint=is_pure),
    )


def _own_tool(tool: OwnTool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.schema,
        annotations=types.ToolAnnotations(read_only_hint=tool.needed == "viewer"),
    )


def _result(answer: Answer) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=answer.text)],
        structured_content=answer.told,
        is_error=answer.is_error,
    )


def _no_headers(_name: str) -> None:
    """Tell the SDK that no argument of ours is repeated in a header, so that it looks at no schema."""
