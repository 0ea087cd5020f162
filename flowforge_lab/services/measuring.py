"""The metrics of a lab, made when somebody first asks for them; until then they cost nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING  # noqa: TID251  # hides no cycle: the library behind it is heavy

import msgspec

from flowforge_lab.clock import Clock
from flowforge_lab.events import AnyEvent, Entry
from flowforge_lab.store import Store

from .feed import Feed

if TYPE_CHECKING:
    from .metrics import Metrics

_PAST = """select execution_id, seq, event_id, epoch_us(happened_at) as at, payload from events
  where happened_at >= $since and type in ('execution.started', 'execution.finished',
  'execution.resumed', 'attempt.failed', 'visit.parked', 'visit.succeeded', 'visit.failed',
  'visit.cancelled', 'step.measured') order by happened_at, seq"""


class Measuring:
    """The metrics of what happens in this process, and of the past."""

    def __init__(
        self,
        feed: Feed,
        store: Store,
        *,
        clock: Clock,
        workflow_of: Callable[[str], str],
    ) -> None:
        self._feed = feed
        self._history = store.history
        self._clock = clock
        self._workflow_of = workflow_of
        self._figures = store.statistics
        self._live: Metrics | None = None

    @property
    def live(self) -> "Metrics":
        """The metrics of this process, counted from the first time they are asked for."""
        if self._live is None:
            from .metrics import Metrics, StoreFigures

            self._live = Metrics(self._history, clock=self._clock, workflow_of=self._workflow_of)
            self._live.add(StoreFigures(self._figures))
            self._feed.subscribe(self._live.note)
        return self._live

    def text(self) -> str:
        """Return what Prometheus reads; blocks this thread while the journal is asked how it stands."""
        return self.live.text()

    def past(self, since: datetime) -> str:
        """Return what a process would tell that has seen everything since then, whoever did it."""
        from .metrics import Metrics

        metrics = Metrics(self._history)
        decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
        for row in self._history.rows(_PAST, {"since": since}):
            event = decoder.decode(row["payload"])
            place = (row["execution_id"], row["seq"], row["event_id"], row["at"])
            metrics.note(Entry(*place, event))
        return metrics.text()
