"""Work shared by two threads: in parts that no thread owns, put together in their order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

Part = TypeVar("Part")
Found = TypeVar("Found")


@contextmanager
def helper(threads: int) -> Iterator[Executor | None]:
    """Give a second thread where there are two, for as long as the block lasts."""
    if threads == 1:
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool


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
