"""A broker that carries the ids of executions to workers: Redis or RabbitMQ, spoken to by dramatiq."""

import asyncio
import contextlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flowforge_lab.errors import ServiceError, SettingsError

logger = logging.getLogger(__name__)
_ACTOR = "run_execution"
_THREADS = 16  # each holds one id for as long as it takes to claim it
_IDLE_MS = 200
_STOP_MS = 800
_STOP_SECONDS = 2.0
_HEARTBEAT_MS = 15_000
_MAINTENANCE_OF_A_MILLION = 20_000
_TIMEOUT_SECONDS = 2.0


class Broker:
    """Carries ids at least once, in no promised order; what it loses, somebody must send again.

    Calls to it are made one after the other in a thread of their own, so that a broker that is gone
    holds up nobody else. `name` is the queue; two labs on one broker need two.
    """

    def __init__(self, url: str, name: str) -> None:
        extra = "redis" if url.startswith("redis") else "amqp"
        needed = ("dramatiq", "redis" if extra == "redis" else "pika")
        if any(importlib.util.find_spec(one) is None for one in needed):
            msg = f"queue_url is set, and {' or '.join(needed)} is not installed: "
            raise SettingsError(msg + f"pip install 'flowforge-lab[{extra}]'")
        self._url = url
        self._name = name
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="broker")
        self._made: Any = None

    async def send(self, ids: Sequence[str]) -> None:
        """Give ids to whichever workers there are.

        Raises:
            ServiceError: the broker does not answer; some of the ids may have gone out.
        """
        await self._ask(lambda broker: _enqueue(broker, self._name, ids))

    async def backlog(self) -> int:
        """Return how many ids no worker is done with yet.

        Raises:
            ServiceError: the broker does not answer.
        """
        counted: int = await self._ask(lambda broker: _count(broker, self._name))
        return counted

    def consume(
        self, take: Callable[[str], None], *, threads: int = _THREADS
    ) -> Callable[[], None]:
        """Call `take` for each id that comes, in threads, and return what stops that within two seconds.

        An id is done with when `take` returns. A broker that is gone is called again until it is back.
        """
        import dramatiq
        from dramatiq.worker import Worker

        logging.getLogger("dramatiq.worker").setLevel(logging.CRITICAL + 1)  # told by the host
        broker = _made(self._url)
        actor = dramatiq.actor(actor_name=_ACTOR, queue_name=self._name, broker=broker)
        actor(take)
        worker = Worker(broker, worker_timeout=_IDLE_MS, worker_threads=threads)
        worker.start()

        def stop() -> None:
            stopping = threading.Thread(target=self._stop, args=(worker, broker), daemon=True)
            stopping.start()
            stopping.join(_STOP_SECONDS)

        return stop

    def _stop(self, worker: Any, broker: Any) -> None:
        """Give back what was not begun; a broker that is gone keeps it, or has lost it anyhow."""
        with contextlib.suppress(*_failures(self._url)):
            worker.stop(timeout=_STOP_MS)
            broker.close()

    async def close(self) -> None:
        """Hang up; may be called twice."""
        made, self._made = self._made, None
        if made is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, made.close)
        self._thread.shutdown(wait=False)

    async def _ask(self, ask: Callable[[Any], Any]) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._asked, ask)

    def _asked(self, ask: Callable[[Any], Any]) -> Any:
        try:
            self._made = self._made or _made(self._url)
            return ask(self._made)
        except _failures(self._url) as error:
            msg = f"the queue's broker does not answer: {error}"
            raise ServiceError(msg) from error


def _made(url: str) -> Any:
    """Return dramatiq's broker, without its retries and limits: those are the engine's."""
    if not url.startswith("redis"):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, confirm_delivery=True, middleware=[])
    from dramatiq.brokers.redis import RedisBroker
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    make: Any = RedisBroker
    return make(
        client=client,
        middleware=[],
        namespace="flowforge",
        heartbeat_timeout=_HEARTBEAT_MS,
        maintenance_chance=_MAINTENANCE_OF_A_MILLION,
    )


def _failures(url: str) -> tuple[type[Exception], ...]:
    """Return what is raised where a broker does not answer."""
    import dramatiq

    if url.startswith("redis"):
        from redis.exceptions import RedisError

        return (RedisError, dramatiq.BrokerError, OSError)
    from pika.exceptions import AMQPError

    return (AMQPError, dramatiq.BrokerError, OSError)


def _enqueue(broker: Any, queue: str, ids: Sequence[str]) -> None:
    from dramatiq import Message

    broker.declare_queue(queue)
    for id in ids:
        broker.enqueue(
            Message(queue_name=queue, actor_name=_ACTOR, args=(id,), kwargs={}, options={})
        )


def _count(broker: Any, queue: str) -> int:
    broker.declare_queue(queue)
    if hasattr(broker, "client"):
        return int(broker.do_qsize(queue))
    declared = broker.channel.queue_declare(queue=queue, passive=True)
    return int(declared.method.message_count)
