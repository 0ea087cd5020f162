"""The parts of a lab, wired: the one place that knows which concrete part fills which port."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from flowforge_lab.clients import Clients, HttpPolicy, credentials_of
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Engine, Limits, World
from flowforge_lab.expressions import Evaluator
from flowforge_lab.expressions import Limits as ExpressionLimits
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import Executions, Feed, Host, LabVariables, Workflows
from flowforge_lab.settings import Settings, load_connections
from flowforge_lab.store import HousekeepingPlan, Store, Terms, open_store
from flowforge_lab.variables import Secrets, Variables

from .place import FOLDER


class Parts:
    """Everything a lab is made of. Open it on the loop that shall run it, as an async context."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.clock = SystemClock()
        self.registry = Registry(root / "nodes")
        self.feed = Feed()
        terms = Terms(linger=settings.owner_linger_seconds, lease=settings.lease_seconds)
        self.store: Store = open_store(root / FOLDER, clock=self.clock, terms=terms)
        self.secrets = Secrets(root / FOLDER)
        self.connections = load_connections(root / FOLDER)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _open(self) -> None:
        settings = self.settings
        self.clients = Clients(
            http=HttpPolicy(
                private_addresses="always" if settings.private_addresses_allowed else "by_request"
            ),
            connections=self.connections,
            folder=self.root,
            secret=self.secrets.get,
            warm_workers=settings.warm_workers,
            warm_kernels=settings.warm_kernels,
        )
        self._stack.push_async_callback(self.clients.close)
        limits = ExpressionLimits(
            max_seconds=settings.expression_seconds,
            max_memory_bytes=settings.expression_memory_bytes,
        )
        evaluator = Evaluator(limits)
        self._stack.push_async_callback(evaluator.close)
        self.workflows = Workflows(
            self.root,
            self.registry,
            catalogue=self.store.catalogue,
            schedules=self.store.schedules,
            surroundings=self.surroundings,
            clock=self.clock,
            default_zone=settings.default_timezone,
        )
        self.engine = Engine(self._world(evaluator), self.store.journal, listeners=[self.feed])
        await self._stack.enter_async_context(self.engine)
        self.executions = Executions(
            self.engine, self.store.journal, self.workflows, clock=self.clock
        )
        if not self.store.is_read_only:
            await self._keep_house()
        self.host = Host(
            self.store,
            self.workflows,
            self.executions,
            clock=self.clock,
            poll=settings.poll_seconds,
        )

    async def _keep_house(self) -> None:
        """Seal, publish and sweep in the background; processes on one lab step aside for one another."""
        days = self.settings.retention_days or 0.0
        plan = HousekeepingPlan(
            seal_rows=self.settings.segment_rows,
            seal_idle=self.settings.idle_seal_seconds,
            retention=days * 86400.0,
        )
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        task = group.create_task(self.store.keep_house(plan), name="keep house")
        self._stack.callback(task.cancel)

    def _world(self, evaluator: Evaluator) -> World:
        settings = self.settings
        return World(
            clock=self.clock,
            evaluator=evaluator,
            clients=self.clients,
            blobs=self.store.blobs,
            variables=self._variables,
            secret=self.secrets.get,
            given_secrets=lambda: self.secrets.given | self.clients.http.given_tokens,
            artifacts=self.store.layout.artifacts,
            folder_of=self.workflows.folder_of,
            limits=Limits(
                inline_bytes=settings.inline_bytes,
                max_payload_bytes=settings.max_payload_bytes,
                max_log_bytes=settings.max_log_bytes,
            ),
        )

    def _variables(self, workflow_id: str, user: str) -> Variables:
        return LabVariables(self.store.variables, self.clock, workflow_id=workflow_id, user=user)

    def surroundings(self) -> Surroundings:
        """Return which connections, secrets and files a workflow may name now."""
        names = frozenset(self.secrets.names())
        needed = credentials_of(self.connections)
        return Surroundings(frozenset(self.connections), names, self.root, needed)

    async def close(self) -> None:
        """Leave what runs to others and close every part; may be called twice."""
        try:
            await self._stack.aclose()
        finally:
            self.store.close()
