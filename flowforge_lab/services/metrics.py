"""Metrics for Prometheus, made of the events of this process and of how the journal stands."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from flowforge_lab.clock import Clock
from flowforge_lab.events import (
    AttemptFailed,
    Entry,
    ExecutionFinished,
    ExecutionResumed,
    ExecutionStarted,
    Measured,
    VisitCancelled,
    VisitFailed,
    VisitParked,
    VisitSucceeded,
)
from flowforge_lab.store import History

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STANDING = """select status, count(*) as many,
  coalesce(epoch(now() - min(started_at)), 0) as oldest from live_executions group by status"""
_LETTERS = "select count(*) as many from dead_letters where status = 'open'"
_STATES = ("queued", "running", "waiting", "paused")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
_APPEND_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_MAX_SERIES = 1000
_MAX_KNOWN = 100_000


def _unknown(_execution_id: str) -> str:
    return ""


class StoreFigures(Collector):
    """The figures of the database behind the journal, where there is one: of its pool and its questions."""

    def __init__(self, figures: Callable[[], Mapping[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each figure as it is now."""
        asked: dict[str, GaugeMetricFamily] = {}
        for name, value in self._figures().items():
            if not name.startswith("query_"):
                yield GaugeMetricFamily(f"flowforge_store_{name}", "Of the pool.", value=value)
                continue
            question, _, fact = name.removeprefix("query_").rpartition("_")
            if fact not in asked:
                told = f"flowforge_store_query_{fact}"
                asked[fact] = GaugeMetricFamily(told, "Of questions.", labels=["question"])
            asked[fact].add_metric([question], value)
        yield from asked.values()


class Metrics:
    """A reader of the feed, and the text that Prometheus reads.

    `workflow_of` gives the workflow of an execution that was taken over.
    `clock` tells how long events took to be acknowledged; without it, of the past, that is left out.
    A metric of a node has at most a thousand sets of labels here; the history has all.
    """

    def __init__(
        self,
        history: History,
        *,
        clock: Clock | None = None,
        workflow_of: Callable[[str], str] = _unknown,
    ) -> None:
        self._history = history
        self._find_workflow = workflow_of
        self._clock = clock
        self._registry = CollectorRegistry()
        self._workflows: dict[str, str] = {}
        self._custom: dict[str, Counter | Gauge | None] = {}
        self._labels_of: dict[str, tuple[str, ...]] = {}
        self._series: dict[str, set[tuple[str, ...]]] = {}
        self._make_own()
        self._counts: Mapping[Any, Callable[[Any, str], None]] = {
            ExecutionStarted: self._begin,
            ExecutionFinished: self._end,
            ExecutionResumed: self._resume,
            AttemptFailed: self._retry,
            VisitParked: self._park,
            VisitSucceeded: partial(self._end_step, "succeeded"),
            VisitFailed: partial(self._end_step, "failed"),
            VisitCancelled: partial(self._end_step, "cancelled"),
            Measured: self._measure,
        }

    def _make_own(self) -> None:
        place: dict[str, Any] = {"registry": self._registry, "namespace": "flowforge"}
        by_workflow = ["workflow"]
        self._started = Counter(
            "executions_started", "Executions started.", ["workflow", "trigger"], **place
        )
        self._finished = Counter(
            "executions_finished", "Executions that ended.", ["workflow", "status"], **place
        )
        self._duration = Histogram(
            "execution_duration_seconds",
            "From start to end, waits included.",
            by_workflow,
            buckets=_SECONDS,
            **place,
        )
        self._steps = Counter(
            "steps_finished",
            "Visits of nodes that ended.",
            ["workflow", "kind", "status"],
            **place,
        )
        self._step_duration = Histogram(
            "step_duration_seconds", "Visits of nodes.", ["kind"], buckets=_SECONDS, **place
        )
        self._retries = Counter("retries", "Attempts made again.", ["workflow", "error"], **place)
        self._waits = Counter("waits", "Visits that were parked.", by_workflow, **place)
        self._resumed = Counter(
            "executions_resumed", "Executions taken over.", by_workflow, **place
        )
        self._events = Counter("journal_events", "Events acknowledged.", **place)
        self._append = Histogram(
            "journal_append_seconds",
            "From an event to its acknowledgement by the journal.",
            buckets=_APPEND_SECONDS,
            **place,
        )
        self._standing = Gauge("executions", "Executions without an end.", ["status"], **place)
        self._queue_age = Gauge("queue_oldest_seconds", "Age of the oldest in the queue.", **place)
        self._letters = Gauge("dead_letters", "Failed executions nobody has seen to.", **place)

    def add(self, collector: Collector) -> None:
        """Let another part tell its own metrics, such as a pool of connections."""
        self._registry.register(collector)

    def note(self, entry: Entry) -> None:
        """Count one acknowledged event; this is a reader of the feed."""
        event = entry.event
        self._events.inc()
        if self._clock is not None:
            self._append.observe(max(self._clock.stamp() - entry.at, 0) / 1e6)
        counts = self._counts.get(type(event))
        if counts is not None:
            counts(event, self._workflow_of(entry))

    def _know(self, execution_id: str, workflow_id: str) -> None:
        if len(self._workflows) >= _MAX_KNOWN:
            self._workflows.pop(next(iter(self._workflows)))
        self._workflows[execution_id] = workflow_id

    def text(self) -> str:
        """Return everything in the text format of Prometheus; asks the journal how it stands now."""
        self._look()
        return generate_latest(self._registry).decode()

    def _look(self) -> None:
        found = {row["status"]: row for row in self._history.rows(_STANDING)}
        for status in {*_STATES, *found}:
            self._standing.labels(status).set(found[status]["many"] if status in found else 0)
        self._queue_age.set(found["queued"]["oldest"] if "queued" in found else 0)
        self._letters.set(self._history.rows(_LETTERS)[0]["many"])

    def _workflow_of(self, entry: Entry) -> str:
        event = entry.event
        if isinstance(event, ExecutionStarted):
            self._know(entry.execution_id, event.workflow_id)
        elif isinstance(event, ExecutionFinished):
            self._workflows.pop(entry.execution_id, None)
            return event.workflow_id
        elif isinstance(event, ExecutionResumed) and entry.execution_id not in self._workflows:
            self._know(entry.execution_id, self._find_workflow(entry.execution_id))
        return self._workflows.get(entry.execution_id, "")

    def _begin(self, event: ExecutionStarted, workflow: str) -> None:
        self._started.labels(workflow, event.trigger).inc()

    def _end(self, event: ExecutionFinished, workflow: str) -> None:
        self._finished.labels(workflow, event.status).inc()
        self._duration.labels(workflow).observe(max(event.duration, 0.0))

    def _end_step(self, status: str, event: Any, workflow: str) -> None:
        self._steps.labels(workflow, event.kind, status).inc()
        self._step_duration.labels(event.kind).observe(max(event.duration, 0.0))

    def _measure(self, event: Measured, workflow: str) -> None:
        names = ("workflow", "node", *sorted(event.labels))
        metric = self._metric(event, names)
        values = (workflow, event.node, *(event.labels[name] for name in sorted(event.labels)))
        series = self._series.setdefault(event.name, set())
        if metric is None or (values not in series and len(series) >= _MAX_SERIES):
            return
        series.add(values)
        if isinstance(metric, Counter):
            metric.labels(*values).inc(event.value)
        else:
            metric.labels(*values).set(event.value)

    def _metric(self, event: Measured, names: tuple[str, ...]) -> Counter | Gauge | None:
        """Return what counts a metric of a node; `None` if its labels are others than at first."""
        kind = Gauge if event.measure == "gauge" else Counter
        if event.name not in self._custom:
            name = f"flowforge_custom_{event.name}"
            try:
                made: Counter | Gauge | None = kind(
                    name, "Measured by nodes.", names, registry=self._registry
                )
            except ValueError:  # a label or a name that Prometheus keeps for itself
                made = None
            self._custom[event.name] = made
            self._labels_of[event.name] = names
        known = self._custom[event.name]
        is_same = self._labels_of[event.name] == names and isinstance(known, kind)
        return known if is_same else None

    def _retry(self, event: AttemptFailed, workflow: str) -> None:
        self._retries.labels(workflow, event.error.type).inc()

    def _park(self, _event: VisitParked, workflow: str) -> None:
        self._waits.labels(workflow).inc()

    def _resume(self, _event: ExecutionResumed, workflow: str) -> None:
        self._resumed.labels(workflow).inc()
