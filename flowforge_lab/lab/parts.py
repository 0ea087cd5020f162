"""The parts of a lab, wired: the one place that knows which concrete part fills which port."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self  # noqa: TID251  # hides no cycle: the library is an extra

from flowforge_lab.access import Gatehouse
from flowforge_lab.clients import Broker, Clients, credentials_of
from flowforge_lab.clock import SystemClock
from flowforge_lab.engine import Addresses, Engine, World
from flowforge_lab.expressions import Evaluator
from flowforge_lab.nodes import Registry
from flowforge_lab.plan import Surroundings
from flowforge_lab.services import (
    Alerts,
    Bots,
    Callees,
    Crashes,
    DeadLetters,
    Documents,
    Executions,
    Feed,
    Firing,
    Handing,
    Host,
    LabAlarm,
    LabCalls,
    Listing,
    Mailboxes,
    Measuring,
    Migrations,
    Operations,
    Pins,
    Polling,
    QstashCalls,
    Queue,
    Routing,
    Slos,
    VariablesFor,
    Versions,
    Waits,
    Webhooks,
    Worker,
    Workflows,
    send_traces,
)
from flowforge_lab.settings import Settings, load_connections
from flowforge_lab.store import SecondLevel, Store, Terms, open_store
from flowforge_lab.variables import redact

from .circuits import Circuits
from .databases import shared_place, target_of
from .directory import directory_of
from .keepers import SecretsForNodes, open_secrets
from .key_file import read_key
from .limits import client_limits, engine_limits, expression_limits, housekeeping_plan
from .loop import until_exit
from .notices import notices_of
from .place import FOLDER
from .qstash import receiver_of, remote_schedules, secrets_of
from .rates import read_rates
from .tracing import default_exporter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


class Parts:
    """Everything a lab is made of. Open it on the loop that shall run it, as an async context."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.clock, self.feed = SystemClock(), Feed()
        self.registry = Registry(root / "nodes")
        self.access = Gatehouse(shared_place(root, settings), self.clock, self._hidden)
        self.secrets = open_secrets(root / FOLDER, settings, noted=self.access.audit.write)
        self._secret = SecretsForNodes(self.secrets)
        self._own_secrets = secrets_of(settings)
        self.connections = load_connections(root / FOLDER)
        self.rates = read_rates(root / FOLDER, self.registry)
        self._stack = AsyncExitStack()
        terms = Terms(linger=settings.owner_linger_seconds, lease=settings.lease_seconds)
        target = target_of(settings)
        self.store: Store = open_store(root / FOLDER, clock=self.clock, terms=terms, target=target)
        self.listing = Listing(self.store.history)

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
        self.notices = notices_of(settings, self.clients, self.store, clock=self.clock)
        self.remote_schedules = remote_schedules(settings, self.store, self.clock)
        evaluator = self.evaluator = Evaluator(expression_limits(settings))
        self.users = directory_of(self.store, self.clients, self.clock, settings=settings)
        self._stack.push_async_callback(evaluator.close)
        self._set_up_workflows()
        self.engine = Engine(self._world(evaluator), self.store.journal, listeners=[self.feed])
        await self._stack.enter_async_context(self.engine)
        if settings.traces and (exporter := default_exporter()) is not None:
            self.trace_to(exporter, is_late=True)
        self.executions = Executions(
            self.engine,
            self.store.journal,
            self.workflows,
            clock=self.clock,
            audit=self.access.audit,
        )
        self._set_up_services()
        self._open_queue()
        self._open_qstash()
        if not self.store.is_read_only:
            await self._keep_house()
        self._set_up_host()
        self._stack.push_async_callback(self.engine.come_to_rest, settings.stop_seconds)

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
            remote=self.remote_schedules,
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

    def trace_to(self, exporter: "SpanExporter", *, is_late: bool = False) -> None:
        """Send spans to an exporter of OpenTelemetry; requests carry them on where `traces` is set."""
        find_trace = self.engine.trace_of
        self._stack.callback(send_traces(self.feed, exporter, find_trace, is_late=is_late))

    def _open_queue(self) -> None:
        """Make the queue, and with a broker what carries it to other processes and what works there."""
        store, settings = self.store, self.settings
        kept = (self.executions, store.journal, store.variables)
        self.queue = Queue(*kept, clock=self.clock, audit=self.access.audit)
        self.handing: Handing | None = None
        self.worker: Worker | None = None
        if not settings.queue_url:
            return
        broker = Broker(settings.queue_url, settings.queue_name or f"lab-{store.lab_id}")
        self._stack.push_async_callback(broker.close)
        self.handing = Handing(
            broker,
            self.executions,
            store.variables,
            clock=self.clock,
            visibility=settings.queue_visibility_seconds,
        )
        self.worker = Worker(broker, self.executions, self.queue, clock=self.clock)
        self._stack.push_async_callback(self.worker.close)

    def _open_qstash(self) -> None:
        """Make what takes the calls of QStash, where it carries schedules."""
        self.qstash_calls: QstashCalls | None = None
        if self.remote_schedules is None:
            return
        firing = Firing(self.store.catalogue, self.workflows, self.executions)
        self.qstash_calls = QstashCalls(
            receiver_of(self.settings),
            firing,
            self.store,
            address=self.remote_schedules.address,
            clock=self.clock,
        )

    def _set_up_host(self) -> None:
        """Make what is alive of the lab; it looks for work once somebody lets it."""
        self.host = Host(
            self.store,
            self.workflows,
            self.executions,
            clock=self.clock,
            queue=self.queue,
            handing=self.handing,
            has_carrier=self.remote_schedules is not None,
            poll=self.settings.poll_seconds,
            alerts=self.alerts,
        )
        self._stack.push_async_callback(self.host.close)
        self._watch_mailboxes()

    def _open_clients(self) -> None:
        settings = self.settings
        self.circuits = Circuits(self.store.variables, self.clock)
        self._stack.push_async_callback(self.circuits.close)
        self.clients = Clients(
            **client_limits(settings, self.rates),
            on_circuit=self.circuits.note,
            connections=self.connections,
            folder=self.root,
            secret=self._secret,
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
            audit=self.access.audit,
        )
        self.crashes = Crashes(self.store.journal, self.executions)
        self.waits = Waits(
            self.store.journal, self.executions, workflows=self.workflows, clock=self.clock
        )
        self.documents = Documents(
            self.root, self.workflows, self.store.catalogue, audit=self.access.audit
        )
        self._set_up_watching()
        self._set_up_callers()

    def _set_up_watching(self) -> None:
        """Make what measures, warns and looks after promises."""
        self.measuring = Measuring(
            self.feed, self.store, clock=self.clock, workflow_of=self.engine.workflow_of
        )
        self.alerts = Alerts(self.root, self.store, self.notices, clock=self.clock)
        self.slos = Slos(self.root, self.store.history, self.clock)

    def _set_up_callers(self) -> None:
        """Make what takes the calls of others: webhooks and bots."""
        self.webhooks = Webhooks(
            self.workflows,
            self.executions,
            self.documents,
            catalogue=self.store.catalogue,
            variables=self.store.variables,
            restarts=self.operations.restarts,
            evaluator=self.evaluator,
            secret=self.secrets.get,
            clock=self.clock,
        )
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
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        for name, work in (
            ("keep house", partial(self.store.keep_house, housekeeping_plan(self.settings))),
            ("run turns", self.executions.run_turns),
        ):
            task = group.create_task(until_exit(work), name=name)
            self._stack.callback(task.cancel)

    def _hidden(self, value: Any) -> Any:
        """Return a value without the secrets that were handed out."""
        given = self.given_secrets()
        return redact(value, given) if given else value

    def given_secrets(self) -> frozenset[str]:
        """Return what must be hidden in everything that is written."""
        tokens = self.clients.http.given_tokens
        return self.secrets.given | tokens | self._own_secrets

    def _world(self, evaluator: Evaluator) -> World:
        settings = self.settings
        return World(
            clock=self.clock,
            evaluator=evaluator,
            clients=self.clients,
            blobs=self.store.blobs,
            variables=VariablesFor(self.store.variables, self.clock, self.access.projects),
            secret=self._secret,
            given_secrets=self.given_secrets,
            artifacts=self.store.layout.artifacts,
            folder_of=self.workflows.folder_of,
            limits=engine_limits(settings, self.rates),
            alarm=self.alarm,
            users=self.users,
            is_traced=settings.traces,
            calls=LabCalls(self.callees, lambda: self.executions),
            addresses=Addresses(read_key(self.store.layout.depot), settings.public_url),
        )

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
        known, faults = frozenset(self.connections), self.clients.connections.faults
        return Surroundings(known, names, self.root, needed, shelf, faults=faults)

    async def close(self) -> None:
        """Leave what runs to others and close every part; may be called twice."""
        try:
            await self._stack.aclose()
        finally:
            self.store.close()
