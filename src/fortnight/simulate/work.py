"""Work that is done ahead by threads and told about as it gets on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future, ThreadPoolExecutor

_Done = TypeVar("_Done")


class Steps:
    """Counts what is done and tells whoever asked."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self._done = 0
        self._total = total
        self._tell = on_progress

    def advance(self) -> None:
        """Count one step more."""
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)


@dataclass(frozen=True, slots=True)
class Work:
    """Threads that work ahead of whoever writes, but never far."""

    pool: ThreadPoolExecutor
    ahead: int

    def in_order(self, make: Callable[[int], _Done], count: int) -> Iterator[_Done]:
        """Yield what `make` returns for 0, 1, ... in that order."""
        waiting: deque[Future[_Done]] = deque()
        for number in range(count):
            waiting.append(self.pool.submit(make, number))
            if len(waiting) > self.ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
