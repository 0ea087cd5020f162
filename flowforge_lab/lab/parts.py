"""The parts of a lab, wired: the one place that knows which concrete part fills which port."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flowforge_lab.access import Gatehouse
from flowforge_lab.clients import Clients, HttpPolicy, credentials_of
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Addresses, Engine, Limits, World
from flowforge_lab.expressions import Evaluator
from flowforge_lab.expressions import Limits as ExpressionLimits
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import (
    Bots,
    Callees,
    Crashes,
    DeadLetters,
    Documents,
    Executions,
    Feed,
    Host,
    LabAlarm,
    LabCalls,
    LabVariables,
    Listing,
    Mailboxes,
    Migrations,
    Notices,
    Operations,
    Pins,
    Polling,
    Recipients,
    Routing,
    SentNotices,
    Users,
    Versions,
    Waits,
    Webhooks,
    Workflows,
)
from flowforge_lab.settings import Settings, load_connections
from flowforge_lab.store import HousekeepingPlan, SecondLevel, Store, Terms, open_store
from flowforge_lab.variables import Secrets, Variables, redact

from .circuits import Circuits
from .databases import target_of
from .key_file import read_key
from .place import FOLDER
from .rates import read_rates


class Parts:
    """Everything a lab is made of. Open it on the loop that shall run it, as an async context."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.clock = SystemClock()
        self.registry = Registry(root / "nodes")
        self.feed = Feed()
        terms = Terms(linger=settings.owner_linger_seconds, lease=settings.lease_seconds)
        target = target_of(settings)
        self.store: Store = open_store(root / FOLDER, clock=self.clock, terms=terms, target=target)
        self.secrets = Secrets(root / FOLDER)
        self.access = Gatehouse(self.store.layout.depot, self.clock, self._hidden)
        self.listing = Listing(self.store.history)
        self.connections = load_connections(root / FOLDER)
        self.rates = read_rates(root / FOLDER, self.registry)
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
        self._open_clients()
        self.notices = self._notices()
        limits = ExpressionLimits(
            max_seconds=settings.expression_seconds,
            max_memory_bytes=settings.expression_memory_bytes,
        )
        evaluator = self.evaluator = Evaluator(limits)
        self.users = Users(self.store.users, self.clock, region=settings.default_region)
        self._stack.push_async_callback(evaluator.close)
        self._set_up_workflows()
        self.engine = Engine(self._world(evaluator), self.store.journal, listeners=[self.feed])
        await self._stack.enter_async_context(self.engine)
        self.executions = Executions(
            self.engine,
            self.store.journal,
            self.workflows,
            clock=self.clock,
            audit=self.access.audit,
        )
        self._set_up_services()
        if not self.store.is_read_only:
            await self._keep_house()
        self.host = Host(
            self.store,
            self.workflows,
            self.executions,
            clock=self.clock,
            poll=settings.poll_seconds,
        )
        self._watch_mailboxes()

    def _set_up_workflows(self) -> None:
        settings = self.settings
        self.workflows = Workflows(
            self.root,
            self.registry,
            catalogue=self.store.catalogue,
            schedules=self.store.schedules,
            surroundings=self.surroundings,
            clock=self.clock,
            default_zone=settings.default_timezone,
            second_level=self._second_level(),
            audit=self.access.audit,
        )
        self.callees = Callees(self.store.catalogue, self.workflows)
        self.alarm = LabAlarm(
            self.callees,
            self.store.journal,
            lambda: self.executions,
            notices=self.notices,
            default=settings.error_workflow,
        )
        self.versions = Versions(
            self.store.catalogue, self.workflows, clock=self.clock, audit=self.access.audit
        )

    def _watch_mailboxes(self) -> None:
        """Let the host look after the mailboxes that workflows wait on."""
        mailboxes = Mailboxes(
            self.store,
            self.workflows,
            self.executions,
            connections=self.clients.connections,
            clock=self.clock,
        )
        self.host.beside.append(mailboxes.look)
        self._stack.push_async_callback(mailboxes.close)

    def _notices(self) -> Notices:
        settings = self.settings
        return SentNotices(
            Recipients(settings.error_email, settings.error_telegram_chat),
            self.clients,
            self.store.variables,
            clock=self.clock,
            mail=settings.error_connection,
        )

    def _open_clients(self) -> None:
        settings = self.settings
        self.circuits = Circuits(self.store.variables, self.clock)
        self._stack.push_async_callback(self.circuits.close)
        self.clients = Clients(
            http=HttpPolicy(
                private_addresses="always" if settings.private_addresses_allowed else "by_request",
                breaker_failures=settings.breaker_failures,
                breaker_seconds=settings.breaker_seconds,
                breaker_window=settings.breaker_window,
                host_rates=self.rates.hosts,
                proxy=settings.http_proxy,
            ),
            on_circuit=self.circuits.note,
            connections=self.connections,
            folder=self.root,
            secret=self.secrets.get,
            warm_workers=settings.warm_workers,
            warm_kernels=settings.warm_kernels,
            telegram_url=settings.telegram_api_url,
        )
        self._stack.push_async_callback(self.clients.close)

    def _set_up_services(self) -> None:
        """Make what works with executions that are there."""
        self.migrations = Migrations(
            self.store.journal,
            self.executions,
            self.workflows,
            versions=self.versions,
            payloads=self.engine.payloads,
            clock=self.clock,
        )
        self.operations = Operations(
            self.engine,
            self.store,
            self.workflows,
            executions=self.executions,
            clock=self.clock,
            audit=self.access.audit,
        )
        self.pins = Pins(
            self.store.catalogue,
            self.workflows,
            self.executions,
            payloads=self.engine.payloads,
            clock=self.clock,
            audit=self.access.audit,
        )
        self.dead_letters = DeadLetters(
            self.store.journal,
            self.executions,
            self.operations.restarts,
            catalogue=self.store.catalogue,
            audit=self.access.audit,
        )
        self.crashes = Crashes(self.store.journal, self.executions)
        self.waits = Waits(self.store.journal, self.executions)
        self.documents = Documents(
            self.root, self.workflows, self.store.catalogue, audit=self.access.audit
        )
        self.webhooks = Webhooks(
            self.workflows,
            self.executions,
            self.documents,
            catalogue=self.store.catalogue,
            restarts=self.operations.restarts,
            evaluator=self.evaluator,
            secret=self.secrets.get,
            clock=self.clock,
        )
        self._set_up_bots()

    def _set_up_bots(self) -> None:
        connections = self.clients.connections
        routing = Routing(
            connections, self.store.catalogue, workflows=self.workflows, clock=self.clock
        )
        self.bots = Bots(
            connections,
            routing,
            self.store.journal,
            workflows=self.workflows,
            executions=self.executions,
            clock=self.clock,
        )
        self.polling = Polling(
            self.bots,
            connections,
            self.store.variables,
            journal=self.store.journal,
            clock=self.clock,
            lease_seconds=self.settings.lease_seconds,
            poll_seconds=self.settings.poll_seconds,
        )

    def _second_level(self) -> SecondLevel | None:
        if not self.settings.cache_url:
            return None
        second_level = SecondLevel(self.settings.cache_url, self.clock)
        self._stack.push_async_callback(second_level.close)
        return second_level

    async def _keep_house(self) -> None:
        """Seal, publish and sweep in the background; processes on one lab step aside for one another."""
        days = self.settings.retention_days or 0.0
        plan = HousekeepingPlan(
            seal_rows=self.settings.segment_rows,
            seal_idle=self.settings.idle_seal_seconds,
            retention=days * 86400.0,
            retention_bytes=int(self.settings.retention_bytes or 0),
        )
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        for name, work in (
            ("keep house", self.store.keep_house(plan)),
            ("run turns", self.executions.run_turns()),
        ):
            task = group.create_task(work, name=name)
            self._stack.callback(task.cancel)

    def _hidden(self, value: Any) -> Any:
        """Return a value without the secrets that were handed out."""
        given = self.secrets.given
        return redact(value, given) if given else value

    def _given_secrets(self) -> frozenset[str]:
        tokens = self.clients.http.given_tokens
        return self.secrets.given | tokens if tokens else self.secrets.given

    def _world(self, evaluator: Evaluator) -> World:
        settings = self.settings
        return World(
            clock=self.clock,
            evaluator=evaluator,
            clients=self.clients,
            blobs=self.store.blobs,
            variables=self._variables,
            secret=self.secrets.get,
            given_secrets=self._given_secrets,
            artifacts=self.store.layout.artifacts,
            folder_of=self.workflows.folder_of,
            limits=Limits(
                inline_bytes=settings.inline_bytes,
                max_payload_bytes=settings.max_payload_bytes,
                max_log_bytes=settings.max_log_bytes,
                max_visits=settings.max_visits,
                max_running=settings.max_running,
                max_journal_bytes=settings.max_journal_bytes,
                kind_rates=self.rates.kinds,
            ),
            alarm=self.alarm,
            users=self.users,
            calls=LabCalls(self.callees, lambda: self.executions),
            addresses=Addresses(read_key(self.store.layout.depot), settings.public_url),
        )

    def _variables(self, workflow_id: str, user: str) -> Variables:
        return LabVariables(self.store.variables, self.clock, workflow_id=workflow_id, user=user)

    async def be_host(self) -> None:
        """Be a live host of the lab until cancelled: schedules, waits, mailboxes, bots."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poll(), name="poll bots")
            await self.host.run()

    async def poll(self) -> None:
        """Take the updates of the lab's bots until cancelled; a copied lab takes none."""
        if not self.store.is_copy:
            await self.polling.run()

    def surroundings(self) -> Surroundings:
        """Return which connections, secrets, files and workflows a workflow may name now."""
        names = frozenset(self.secrets.names())
        needed = credentials_of(self.connections)
        shelf = self.workflows.shelf
        return Surroundings(frozenset(self.connections), names, self.root, needed, shelf)

    async def close(self) -> None:
        """Leave what runs to others and close every part; may be called twice."""
        try:
            await self._stack.aclose()
        finally:
            self.store.close()
