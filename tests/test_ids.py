import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from flowforge_lab.ids import new_id


def test_an_id_is_a_uuid_of_version_7():
    found = uuid.UUID(new_id())

    assert (found.version, found.variant) == (7, uuid.RFC_4122)


def test_an_id_tells_the_time_to_the_microsecond():
    before = time.time_ns()
    number = uuid.UUID(new_id()).int
    after = time.time_ns()

    nanoseconds = (number >> 80) * 1_000_000 + (number >> 64 & 0xFFF) * 1_000_000 // 4096
    assert before - 1_000 <= nanoseconds <= after + 1_000


def test_ids_of_one_process_only_rise():
    found = [new_id() for _ in range(20_000)]

    assert found == sorted(set(found))


def test_ids_of_many_threads_are_all_different_and_rise_in_each():
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda _: [new_id() for _ in range(2_000)], range(8)))

    assert len({id for run in runs for id in run}) == 16_000
    assert all(run == sorted(run) for run in runs)


def start(program):
    return subprocess.Popen(  # nothing but our own text
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_ids_of_processes_that_start_at_once_are_all_different():
    program = "from flowforge_lab.ids import new_id; print(*[new_id() for _ in range(5000)])"
    started = [start(program) for _ in range(4)]

    found = [id for process in started for id in process.communicate()[0].split()]

    assert len(set(found)) == 20_000


def test_ids_go_on_rising_after_a_fork():
    program = (
        "import os\n"
        "from flowforge_lab.ids import new_id\n"
        "first = new_id()\n"
        "child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "print(new_id() > first, new_id(), flush=True)\n"
    )

    words = start(program).communicate()[0].split()

    assert words[0] == words[2] == "True"
    assert words[1] != words[3]


def test_a_fork_draws_chances_of_its_own():
    program = (
        "import os\n"
        "from flowforge_lab.ids import new_id\n"
        "new_id()\n"
        "child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "print(*[new_id()[-12:] for _ in range(20)], flush=True)\n"
    )

    words = start(program).communicate()[0].split()

    assert len(set(words)) == len(words) == 40
