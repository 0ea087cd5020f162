"""The speed of the queue that was promised for an idle machine."""

import pytest

from tests.bench.drain_queue import drain

PER_SECOND = 500


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_two_workers_on_redis_drain_500_executions_a_second(capsys):
    figures = drain(5000)
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:>24}  {value}" for name, value in figures.items()))

    assert figures["per second"] >= PER_SECOND
