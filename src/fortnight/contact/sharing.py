"""Work shared by two threads: in parts that no thread owns, put together in their order."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

Part = TypeVar("Part")
Found = TypeVar("Found")


PARTS: Final = 10
"""Into which a search is cut: enough for two threads to end at the same time."""

_idle: deque[ThreadPoolExecutor] = deque()
"""Threads that wait for the next search: to start one takes as long as a small search."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child has none of its parent's threads


@contextmanager
def helper(threads: int) -> Iterator[Executor | None]:
    """Give a second thread where there are two, for as long as the block lasts."""
    if threads == 1:
        yield None
        return
    try:
        pool = _idle.pop()
    except IndexError:
        pool = ThreadPoolExecutor(1, "fortnight-helper")
    try:
        yield pool
    finally:
        _idle.append(pool)


def parts(length: int, count: int) -> list[slice]:
    """Cut ``length`` rows into ``count`` parts of nearly the same length, one behind the other."""
    edges = [length * k // count for k in range(count + 1)]
    return [slice(first, last) for first, last in pairwise(edges)]


def shared(
    task: Callable[[Part], Found], work: Sequence[Part], pool: Executor | None
) -> list[Found]:
    """Do a task on all parts, side by side where there is a pool; results are in their order.

    Each thread takes the next part that nobody has: parts may be of very different weight.
    """
    waiting = deque(enumerate(work))
    found: dict[int, Found] = {}

    def take() -> None:
        while True:
            try:
                place, part = waiting.popleft()
            except IndexError:
                return
            found[place] = task(part)

    other = None if pool is None else pool.submit(take)
    take()
    if other is not None:
        other.result()
    return [found[place] for place in range(len(work))]
