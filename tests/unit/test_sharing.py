"""Work that two threads share: every part once, in its order, whoever does it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortnight.contact.sharing import helper, parts, shared

FORKS = """
import os, signal
from fortnight.contact.sharing import helper, shared
with helper(2) as pool:
    assert shared(str, [1, 2], pool) == ["1", "2"]
child = os.fork()
if child == 0:
    signal.alarm(60)  # it would wait for its parent's thread, which it has not got
    with helper(2) as pool:
        os._exit(shared(str, range(9), pool) != [str(k) for k in range(9)])
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@given(length=st.integers(0, 500), count=st.integers(1, 40))
def test_parts_are_all_rows_once_and_nearly_alike(length: int, count: int) -> None:
    cut = parts(length, count)
    assert [row for part in cut for row in range(length)[part]] == list(range(length))
    sizes = {part.stop - part.start for part in cut}
    assert len(cut) == count
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_are_in_the_order_of_the_parts(threads: int) -> None:
    with helper(threads) as pool:
        assert shared(lambda part: part * part, range(50), pool) == [k * k for k in range(50)]
        assert shared(str, [], pool) == []


def test_two_threads_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=30)
    with helper(2) as pool:
        assert shared(lambda _part: both.wait() >= 0, [0, 1], pool) == [True, True]


def test_a_thread_that_is_idle_helps_the_next_and_no_two_at_once() -> None:
    with helper(2) as first, helper(2) as second:
        assert first is not second
    with helper(2) as third:
        assert third in {first, second}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_starts_a_thread_of_its_own() -> None:
    """In a process of its own: what else a test runner's threads hold is none of this."""
    done = subprocess.run([sys.executable, "-c", FORKS], timeout=120, check=False)
    assert done.returncode == 0


def test_what_goes_wrong_in_the_other_thread_is_raised() -> None:
    here = threading.get_ident()
    taken = threading.Event()

    def task(_part: int) -> None:
        if threading.get_ident() == here:
            assert taken.wait(30)  # the other thread has had a part, too
            return
        taken.set()
        raise ValueError("broken")

    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="broken"):
        shared(task, range(2), pool)
